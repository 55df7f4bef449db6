"""Requests to one gateway, and a wait until the stack has settled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.stack import GATEWAYS, Stack, wait_until


def ask(url: str, gateway: str, path: str = "/gateway/") -> httpx.Response:
    """One request on a new connection, so that any worker may get it."""
    return httpx.get(url + path, headers={"Host": f"{gateway}.localhost"}, timeout=30)


def settle(stack: Stack) -> None:
    """Waits until nginx has every gateway's new address: otherwise the next test could reach the old one."""
    url = stack.url()
    for gateway in GATEWAYS:
        wait_until(lambda gateway=gateway: ask(url, gateway).status_code == 200, message=f"{gateway} answers")


@pytest.fixture(scope="session")
def identities(stack: Stack) -> Callable[[str], list[dict[str, Any]]]:
    """identities("uwsgi"): the answers of /gateway/ to 24 requests at once."""

    def collect(gateway: str) -> list[dict[str, Any]]:
        url = stack.url()
        with ThreadPoolExecutor(8) as pool:
            return [response.json() for response in pool.map(lambda _: ask(url, gateway), range(24))]

    return collect
