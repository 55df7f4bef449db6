"""Who is on which network; and behind it: the stores have no way out, and let nobody in without a password."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.processes.conftest import inspect_all
from tests.support.stack import DATAS, EDGES, GATEWAYS, Stack, run

type Containers = dict[str, list[dict[str, Any]]]

STORES = ("postgres", "valkey")


@pytest.fixture(scope="module")
def found(stack: Stack) -> Containers:
    return inspect_all(stack)


def networks_of(stack: Stack, container: dict[str, Any]) -> set[str]:
    return {name.removeprefix(f"{stack.project}_") for name in container["NetworkSettings"]["Networks"]}


def test_a_service_is_on_the_networks_that_it_needs(stack: Stack, found: Containers) -> None:
    wanted = {gateway: {EDGES[gateway], DATAS[gateway]} for gateway in GATEWAYS}
    wanted |= {"nginx": set(EDGES.values()), "migrate": {"data"}} | {store: set(DATAS.values()) for store in STORES}
    assert {service: [networks_of(stack, each) for each in containers] for service, containers in found.items()} == {
        service: [wanted[service]] * len(containers) for service, containers in found.items()
    }


def test_uwsgi_shares_no_network_with_another_gateway(stack: Stack, found: Containers) -> None:
    shared = {gateway: networks_of(stack, found[gateway][0]) for gateway in GATEWAYS}
    assert not shared["uwsgi"] & (shared["gunicorn"] | shared["daphne"])


@pytest.mark.parametrize("network", sorted(set(DATAS.values())))
def test_the_engine_knows_the_stores_networks_as_internal(stack: Stack, network: str) -> None:
    assert json.loads(run("docker", "network", "inspect", f"{stack.project}_{network}").stdout)[0]["Internal"] is True


@pytest.mark.parametrize("store", STORES)
def test_a_store_has_no_way_out(stack: Stack, store: str) -> None:
    _, *routes = stack.inside(store).check_output("cat /proc/net/route").splitlines()
    assert len(routes) == len(set(DATAS.values()))
    # Interface, destination, gateway: none, for each is the way to a network that it is on.
    assert {route.split()[2] for route in routes} == {"00000000"}
    assert "00000000" not in {route.split()[1] for route in routes}


def test_valkey_answers_nobody_without_the_password(found: Containers) -> None:
    assert run("docker", "exec", found["valkey"][0]["Id"], "valkey-cli", "ping").stdout.startswith("NOAUTH")


@pytest.mark.parametrize("password", ["", "guessed"])
def test_postgres_lets_nobody_in_without_the_password(
    stack: Stack, found: Containers, setting: Callable[[str], str], password: str
) -> None:
    (postgres,) = found["postgres"]
    host = postgres["NetworkSettings"]["Networks"][f"{stack.project}_data"]["IPAddress"]
    connection = f"host={host} user={setting('POSTGRES_USER')} dbname={setting('POSTGRES_DB')}"
    command = ("psql", "--no-password", connection, "--command", "SELECT 1")
    result = run("docker", "exec", "--env", f"PGPASSWORD={password}", postgres["Id"], *command, check=False)
    assert result.returncode != 0
    assert "password" in result.stderr
