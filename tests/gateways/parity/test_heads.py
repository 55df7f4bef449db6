"""All headers that nginx accepts reach the project unchanged, on each gateway, over HTTP and for a WebSocket."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.echo import Echo
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS
from tests.support.websocket import Client, Handshake
from tests.support.wire import Answer, Headers

# large_client_header_buffers 4 10k: a line must fit into one of four buffers of 10,240 bytes.
LONGEST = 10_200


def lines(count: int, size: int) -> Headers:
    return [(f"X-Long-{number}", "x" * (size - len("X-Long-1: "))) for number in range(count)]


HEADS: dict[str, tuple[str, Headers]] = {
    **{f"a line of {size:,} bytes": ("", lines(1, size)) for size in (8_150, 8_192, 8_193, 9_000, LONGEST)},
    "two lines, 16,500 bytes": ("", lines(2, 8_250)),
    "three lines, 30,600 bytes": ("", lines(3, LONGEST)),
    "four lines, 40,800 bytes": ("", lines(4, LONGEST)),
    # nginx joins them into one header.
    "four cookies, 38,000 bytes": ("", [("Cookie", f"cookie{number}={'x' * 9_500}") for number in range(4)]),
    "an address of 10,000 bytes": ("x" * 10_000, ()),
    "an address of 10,000 bytes and a cookie of 9,000": ("x" * 10_000, [("Cookie", f"cookie={'x' * 9_000}")]),
    "ninety headers": ("", [(f"X-Many-{number}", "x" * 100) for number in range(90)]),
}


def given(query: str, headers: Headers) -> tuple[str, str, dict[str, str]]:
    """The query string, the cookies, and the case's own headers by the names that the project sees."""
    cookies = "; ".join(value for name, value in headers if name == "Cookie")
    return query, cookies, {name.lower(): value for name, value in headers if name != "Cookie"}


def told(answer: Answer) -> tuple[str, str, dict[str, str]]:
    meta = answer.json()["META"]
    ours = {name[5:].replace("_", "-").lower(): value for name, value in meta.items() if name.startswith("HTTP_X_")}
    own = {name: value for name, value in ours.items() if name.startswith(("x-long-", "x-many-"))}
    return meta["QUERY_STRING"], meta.get("HTTP_COOKIE", ""), own


def told_websocket(echo: Echo, path: str, headers: Headers) -> tuple[str, dict[str, str]] | int:
    """Without the query string, which the echo project does not return for WebSockets."""
    with Client(echo.address, Handshake(path, more=headers)) as client:
        if client.answer.status != 101:
            return client.answer.status
        found = dict(json.loads(client.hear())["headers"])
    own = {name: value for name, value in found.items() if name.startswith(("x-long-", "x-many-"))}
    return found.get("cookie", ""), own


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_headers_within_nginxs_limits_reach_every_gateway(echo: Echo, head: tuple[str, Headers]) -> None:
    query, headers = head
    _, cookies, own = given(*head)

    def ask(gateway: str) -> object:
        answer = echo.get(f"/gateways/{gateway}/head?{query}", headers=headers)
        return told(answer) if answer.status == 200 else answer.status

    with ThreadPoolExecutor() as pool:
        answers = dict(zip(GATEWAYS, pool.map(ask, GATEWAYS), strict=True))
        paths = [f"/gateways/{gateway}/ws/head/?{query}" for gateway in ASGI_GATEWAYS]
        sockets = list(pool.map(lambda path: told_websocket(echo, path, headers), paths))
    assert answers == dict.fromkeys(GATEWAYS, (query, cookies, own))
    assert sockets == [(cookies, own)] * len(ASGI_GATEWAYS)


@pytest.mark.parametrize(("query", "headers", "status"), [("", lines(1, 10_300), 431), ("x" * 10_300, (), 414)])
def test_headers_over_nginxs_limits_are_rejected_by_nginx(
    echo: Echo, gateway: str, query: str, headers: Headers, status: int
) -> None:
    assert echo.get(f"/gateways/{gateway}/head?{query}", headers=headers).status == status
