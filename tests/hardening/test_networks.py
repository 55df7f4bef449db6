"""nginx cannot reach PostgreSQL or Valkey, nobody but the gateways can, and they cannot reach the world."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.stack import GATEWAYS, PORTS, run

type Containers = dict[str, dict[str, Any]]

# Prints which of the targets HOST:PORT accept a connection; each is tried for two seconds, all at once.
PROBE = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def opens(target):
    host, port = target.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    return True
targets = sys.argv[1:]
with ThreadPoolExecutor(len(targets)) as pool:
    print(json.dumps([target for target, is_open in zip(targets, pool.map(opens, targets)) if is_open]))
"""


def in_network(network: str, *command: str) -> str:
    """The output of a command in a throw-away container: on a network, or `container:ID` to share that one's."""
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    return run(
        *("docker", "run", "--rm", "--label", label, "--network", network, os.environ["TOOLS_IMAGE"]), *command
    ).stdout


def reachable(network: str, targets: set[str]) -> set[str]:
    return set(json.loads(in_network(network, "python3", "-c", PROBE, *sorted(targets))))


def address(containers: Containers, service: str, network: str) -> str:
    networks = containers[service]["NetworkSettings"]["Networks"]
    (found,) = (entry["IPAddress"] for name, entry in networks.items() if name.endswith(f"_{network}"))
    return found


@pytest.fixture(scope="module")
def stores(containers: Containers) -> set[str]:
    """PostgreSQL and Valkey, by name and by address."""
    ports = {"postgres": 5432, "valkey": 6379}
    return {f"{host}:{port}" for name, port in ports.items() for host in (name, address(containers, name, "data"))}


@pytest.fixture(scope="module")
def edge(containers: Containers) -> set[str]:
    """nginx and the gateways, by address."""
    return {f"{address(containers, gateway, 'edge')}:{PORTS[gateway]}" for gateway in GATEWAYS} | {
        f"{address(containers, 'nginx', 'edge')}:8080"
    }


def networks_of(containers: Containers, service: str) -> set[str]:
    return {name.rpartition("_")[2] for name in containers[service]["NetworkSettings"]["Networks"]}


def test_a_service_is_on_the_networks_that_it_needs(containers: Containers) -> None:
    gateways = {gateway: {"edge", "data"} for gateway in GATEWAYS}
    stores = {store: {"data"} for store in ("postgres", "valkey", "migrate")}
    assert {name: networks_of(containers, name) for name in containers} == {"nginx": {"edge"}} | gateways | stores


def test_a_gateway_reaches_both_stores(containers: Containers, gateway: str, stores: set[str]) -> None:
    assert reachable(f"container:{containers[gateway]['Id']}", stores) == stores


def test_nginx_reaches_the_gateways_and_no_store(containers: Containers, stores: set[str]) -> None:
    gateways = {f"{gateway}:{PORTS[gateway]}" for gateway in GATEWAYS}
    assert reachable(f"container:{containers['nginx']['Id']}", gateways | stores) == gateways


def test_nginx_cannot_reach_the_gateways_from_the_stores_side(containers: Containers) -> None:
    inner = {f"{address(containers, gateway, 'data')}:{PORTS[gateway]}" for gateway in GATEWAYS}
    assert not reachable(f"container:{containers['nginx']['Id']}", inner)


def test_nobody_but_uwsgi_itself_reaches_its_port_for_the_health_check(containers: Containers) -> None:
    own = f"{address(containers, 'uwsgi', 'edge')}:8001"
    assert not reachable(f"container:{containers['nginx']['Id']}", {"uwsgi:8001", own})


def test_a_stranger_on_the_edge_network_reaches_no_store(containers: Containers, stores: set[str]) -> None:
    (network,) = containers["nginx"]["NetworkSettings"]["Networks"]
    assert reachable(network, stores | {"nginx:8080"}) == {"nginx:8080"}


def test_a_stranger_on_another_network_reaches_nothing(stores: set[str], edge: set[str]) -> None:
    assert not reachable("bridge", stores | edge)


@pytest.mark.parametrize("service", ["postgres", "valkey"])
def test_a_store_has_no_way_out(containers: Containers, service: str, edge: set[str]) -> None:
    network = f"container:{containers[service]['Id']}"
    assert "default" not in in_network(network, "ip", "route")
    assert not reachable(network, edge)


def test_the_engine_knows_the_stores_network_as_internal(containers: Containers) -> None:
    (network,) = containers["postgres"]["NetworkSettings"]["Networks"]
    assert json.loads(run("docker", "network", "inspect", network).stdout)[0]["Internal"] is True


def test_valkey_answers_nobody_without_the_password(containers: Containers) -> None:
    assert run("docker", "exec", containers["valkey"]["Id"], "valkey-cli", "ping").stdout.startswith("NOAUTH")


@pytest.mark.parametrize("password", ["", "guessed"])
def test_postgres_lets_nobody_in_without_the_password(
    containers: Containers,
    setting: Callable[[str], str],
    password: str,
) -> None:
    host = address(containers, "postgres", "data")
    connection = f"host={host} user={setting('POSTGRES_USER')} dbname={setting('POSTGRES_DB')}"
    command = ("psql", "--no-password", connection, "--command", "SELECT 1")
    result = run(
        "docker", "exec", "--env", f"PGPASSWORD={password}", containers["postgres"]["Id"], *command, check=False
    )
    assert result.returncode != 0
    assert "password" in result.stderr
