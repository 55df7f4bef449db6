"""The networks of each service. The stores have no route out, and reject clients without a password."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.containers import inspect_all
from tests.support.stack import GATEWAYS, Stack, run

type Containers = dict[str, list[dict[str, Any]]]

STORES = ("postgres", "valkey")


@pytest.fixture(scope="module")
def found(stack: Stack) -> Containers:
    return inspect_all(stack)


def networks_of(stack: Stack, container: dict[str, Any]) -> set[str]:
    return {name.removeprefix(f"{stack.project}_") for name in container["NetworkSettings"]["Networks"]}


def test_a_service_is_on_the_networks_that_it_needs(stack: Stack, found: Containers) -> None:
    wanted = {"nginx": ["edge"], "migrate": ["data"]} | {gateway: ["data", "edge"] for gateway in GATEWAYS}
    wanted |= {store: ["data"] for store in STORES}
    assert {name: sorted(networks_of(stack, containers[0])) for name, containers in found.items()} == wanted


def test_the_engine_knows_the_stores_network_as_internal(stack: Stack) -> None:
    assert json.loads(run("docker", "network", "inspect", f"{stack.project}_data").stdout)[0]["Internal"] is True


@pytest.mark.parametrize("store", STORES)
def test_a_store_cannot_reach_the_internet(stack: Stack, store: str) -> None:
    _, route = stack.inside(store).check_output("cat /proc/net/route").splitlines()
    _, destination, gateway, *_ = route.split()
    # The route of its own network, without a gateway. Destination 0 would be the default route.
    assert int(destination, 16) != 0
    assert int(gateway, 16) == 0


def test_valkey_rejects_clients_without_the_password(found: Containers) -> None:
    assert run("docker", "exec", found["valkey"][0]["Id"], "valkey-cli", "ping").stdout.startswith("NOAUTH")


@pytest.mark.parametrize("password", ["", "guessed"])
def test_postgres_rejects_clients_without_the_password(
    stack: Stack, found: Containers, setting: Callable[[str], str], password: str
) -> None:
    (postgres,) = found["postgres"]
    host = postgres["NetworkSettings"]["Networks"][f"{stack.project}_data"]["IPAddress"]
    connection = f"host={host} user={setting('POSTGRES_USER')} dbname={setting('POSTGRES_DB')}"
    command = ("psql", "--no-password", connection, "--command", "SELECT 1")
    result = run("docker", "exec", "--env", f"PGPASSWORD={password}", postgres["Id"], *command, check=False)
    assert result.returncode != 0
    assert "password" in result.stderr
