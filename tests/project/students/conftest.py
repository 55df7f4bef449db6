"""Both twins, the synchronous and the asynchronous view, on every gateway; and students, deleted after the test."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.stack import GATEWAYS, Stack

Create = Callable[..., dict[str, Any]]

# The list's URL of each twin. A student's URL has an id and a slash after it.
TWINS = [f"/gateways/{gateway}{path}" for gateway in GATEWAYS for path in ("/students/", "/async/students/")]

ADA = {
    "name": "Ada Lovelace",
    "age": 36,
    "sex": "female",
    "mobile": "+44 7700 900123",
    "classmate": None,
    "description": "Wrote the first program.",
    "status": "enrolled",
}


@pytest.fixture(params=TWINS)
def twin(request: pytest.FixtureRequest) -> str:
    """Each twin on each gateway, in turn."""
    return request.param


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx.Client]:
    """The same client as `http`, but once per module: there are many short tests here."""
    with httpx.Client(base_url=stack.url(), headers={"Host": "localhost"}, timeout=30) as client:
        yield client


@pytest.fixture
def create(client: httpx.Client) -> Iterator[Create]:
    """create(age=20): stores Ada with other fields."""
    made: list[int] = []

    def create(path: str = "/students/", **fields: object) -> dict[str, Any]:
        response = client.post(path, json={**ADA, **fields})
        assert response.status_code == 201, response.text
        made.append(response.json()["id"])
        return response.json()

    yield create
    for pk in made:
        client.delete(f"/students/{pk}/")
