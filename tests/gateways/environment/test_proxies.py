"""Docker's client passes its proxy setting to every container. None uses the proxy for a neighbour or for itself."""

import json

import pytest

from tests.support.echo import Echo
from tests.support.stack import GATEWAYS, Stack, run

SERVICES = ("nginx", *GATEWAYS)
PROXY = "http://127.0.0.1:9"  # nothing listens there


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_with_a_proxy_is_healthy(echo: Echo, service: str) -> None:
    """The echo stack is created with tests/support/echo/docker/config.json. Unhealthy, it would not have started."""
    (container,) = json.loads(run("docker", "inspect", echo.stack.container(service)).stdout)
    assert {f"HTTP_PROXY={PROXY}", f"http_proxy={PROXY}"} <= set(container["Config"]["Env"])
    assert container["State"]["Health"]["Status"] == "healthy"


def test_nginx_reaches_the_gateways_without_the_proxy(echo: Echo, gateway: str) -> None:
    assert echo.get(f"/gateways/{gateway}/").status == 200


def test_the_project_reaches_nginx_without_the_proxy(stack: Stack) -> None:
    variables = [part for name in ("http_proxy", "HTTP_PROXY", "all_proxy") for part in ("--env", f"{name}={PROXY}")]
    said = stack.compose("exec", "-T", *variables, "uwsgi", "python", "-m", "django", "roll_call").stdout
    assert {name: "error" in answer for name, answer in json.loads(said).items()} == dict.fromkeys(GATEWAYS, False)
