"""`make gallery-down` under traffic. The last module: afterwards the gallery is gone."""

import threading
from collections import Counter

import httpx
import pytest

from tests.lab.gallery.conftest import script
from tests.lab.gallery.table import EVERY_NAME
from tests.support.stack import GATEWAYS, Stack, run

DEFAULT = ("nginx", *GATEWAYS, "postgres", "valkey")


@pytest.fixture(scope="module")
def traffic_meanwhile(stack: Stack) -> Counter[str]:
    """Answers to clients of the default gateways while the gallery was removed, and the number of replaced services."""
    found: Counter[str] = Counter()
    over = threading.Event()

    def visit(gateway: str) -> None:
        with httpx.Client(base_url=stack.url(), timeout=30) as client:
            while not over.is_set():
                try:
                    found[str(client.get(f"/gateways/{gateway}/gateway/").status_code)] += 1
                except httpx.HTTPError as error:
                    found[type(error).__name__] += 1

    before = {service: identity(stack, service) for service in DEFAULT}
    visitors = [threading.Thread(target=visit, args=(gateway,)) for gateway in GATEWAYS]
    for visitor in visitors:
        visitor.start()
    try:
        script("down")
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()
    found["replaced"] = sum(identity(stack, service) != before[service] for service in DEFAULT)
    return found


def identity(stack: Stack, service: str) -> list[str]:
    """Ids and start times of a service's containers. They differ if a container was recreated or restarted."""
    return run(
        "docker", "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", *stack.containers(service)
    ).stdout.split()


def test_no_request_to_the_default_stack_is_lost(traffic_meanwhile: Counter[str]) -> None:
    assert traffic_meanwhile["200"] > 20
    assert set(traffic_meanwhile) == {"200", "replaced"}, traffic_meanwhile


def test_containers_of_the_default_stack_are_unchanged(traffic_meanwhile: Counter[str]) -> None:
    assert traffic_meanwhile["replaced"] == 0


@pytest.mark.usefixtures("traffic_meanwhile")
def test_the_gallery_is_removed_completely(stack: Stack, http: httpx.Client) -> None:
    assert [name for name in EVERY_NAME if stack.containers(name)] == []
    assert http.get("/gateways/uvicorn/gateway/").status_code == 404
    assert http.get("/gateway/", headers={"Host": "uvicorn.localhost"}).status_code == 421
