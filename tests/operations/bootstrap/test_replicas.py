"""What a killed make roll leaves of a gateway that is new in GATEWAYS."""

import os
from collections.abc import Iterator

import pytest

from tests.support.clone import Clone
from tests.support.stack import run


@pytest.fixture
def container(clone: Clone) -> Iterator[str]:
    """A started container of the gateway daphne, in the network of nginx."""
    labels = ("--label", f"com.docker.compose.project={clone.project}")
    edge = f"{clone.project}_edge"
    run("docker", "network", "create", "--internal", *labels, "--label", "com.docker.compose.network=edge", edge)
    service = ("--label", "com.docker.compose.service=daphne", "--label", "com.docker.compose.oneoff=False")
    image = f"{os.environ['COMPOSE_PROJECT_NAME']}-nginx"
    started = run(
        "docker", "run", "--detach", "--network", edge, *labels, *service, "--entrypoint", "sleep", image, "99"
    )
    yield (made := started.stdout.strip())
    run("docker", "rm", "--force", made)
    run("docker", "network", "rm", edge)


def settle(clone: Clone) -> str:
    """Settles the containers, and returns which gateways are new."""
    settled = f". bin/lib/replicas; PROJECT={clone.project}; settle_replicas >&2; new_gateways"
    said = clone.bash(settled, GATEWAYS="gunicorn daphne")
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_a_container_that_was_never_connected_is_removed(clone: Clone, container: str) -> None:
    """It would count as there, and nginx would send requests to no one."""
    run("docker", "network", "disconnect", f"{clone.project}_edge", container)
    assert settle(clone) == "gunicorn\ndaphne\n"
    assert container not in run("docker", "ps", "--all", "--quiet", "--no-trunc").stdout.split()


@pytest.mark.parametrize("state", ["running", "exited"])
def test_a_container_in_the_network_stays(clone: Clone, container: str, state: str) -> None:
    if state == "exited":
        run("docker", "kill", container)
    assert settle(clone) == "gunicorn\n"
    assert run("docker", "inspect", "--format", "{{.State.Status}}", container).stdout.strip() == state
