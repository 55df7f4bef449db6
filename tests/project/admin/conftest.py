"""A superuser, created as documented and deleted afterwards, and browsers on each gateway's pinned host."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.support.admin import superuser_of
from tests.support.stack import Stack

Browser = Callable[[str], httpx.Client]


@pytest.fixture(scope="package")
def superuser(stack: Stack) -> Iterator[tuple[str, str]]:
    """Name and password of a superuser."""
    with superuser_of(stack) as superuser:
        yield superuser


@pytest.fixture(scope="module")
def browser(stack: Stack) -> Iterator[Browser]:
    """browser("daphne"): a new browser without cookies on that gateway's pinned host, also after links."""
    port = stack.port()
    with ExitStack() as browsers:

        def browser(gateway: str) -> httpx.Client:
            host = f"{gateway}.localhost:{port}"
            headers = {"Host": host, "Origin": f"http://{host}"}
            client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30)
            return browsers.enter_context(client)

        yield browser
