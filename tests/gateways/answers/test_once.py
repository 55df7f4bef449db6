"""If an answer cannot be passed on, or a request ended its process, no gateway processes the request again."""

import secrets

import httpx
import pytest

from tests.gateways.answers.conftest import Answering
from tests.support.error_pages import assert_is_ours
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS

ACCEPT = {"json": "application/json", "html": "text/html"}
# Each way to a gateway: its pinned path, and its route on the default host, which has a fallback.
WAYS = [*((gateway, f"/gateways/{gateway}", "") for gateway in GATEWAYS), ("uwsgi", "", ""), ("gunicorn", "", "/async")]

# Locations of WebSockets have smaller buffers: 4 kB instead of 16.
SIZES = [*((*way, 17_000) for way in WAYS), ("daphne", "", "/ws", 5000)]
SIZES += [(gateway, f"/gateways/{gateway}", "/ws", 5000) for gateway in ASGI_GATEWAYS]

# Status and explanation for the client if the request ended its process. nginx itself repeats a GET, a PUT or a DELETE
# if it has another replica or sent the request on a connection that was open before. A gateway then refuses it.
UNSURE = (503, "may or may not have been carried out")
OUTCOME = {"GET": (502, "was not repeated"), "POST": UNSURE, "PUT": UNSURE, "PATCH": UNSURE, "DELETE": UNSURE}


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]} at {way[1]}{way[2]}/")
def way(request: pytest.FixtureRequest) -> tuple[str, str, str]:
    """The gateway, the prefix that nginx removes, and the path's beginning that the gateway gets."""
    return request.param


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("gateway", "prefix", "route", "size"), SIZES)
def test_response_headers_that_are_too_large_are_one_clear_error(
    answering: Answering, gateway: str, prefix: str, route: str, size: int, method: str
) -> None:
    body, kinds = (None, ACCEPT) if method == "GET" else (b"", {"json": ACCEPT["json"]})
    for kind, accept in kinds.items():
        path = f"{route}/head/?bytes={size}&mark={secrets.token_hex(4)}"
        answer = answering.ask(method, prefix + path, headers=[("Accept", accept)], body=body)
        assert_is_ours(answer, answering.logged(answer), 500, kind)
        # Without a figure, because the limit depends on the location.
        told = b"The headers of the response are larger than this site allows here. The request was carried out."
        assert told in answer.body
        assert answering.ran(path) == {gateway: 1}


def test_response_headers_of_15_kb_are_passed_on(client: httpx.Client, gateway: str) -> None:
    response = client.get(f"/gateways/{gateway}/head/?bytes=15000")
    assert (response.status_code, len(response.headers["X-Large"])) == (200, 15000)


@pytest.mark.parametrize("method", OUTCOME)
def test_a_request_that_ends_its_process_is_not_repeated(
    answering: Answering, client: httpx.Client, way: tuple[str, str, str], method: str
) -> None:
    gateway, prefix, route = way
    # Let nginx have open connections to every worker: on one of these it could repeat a GET by itself.
    answering.wait_for(gateway)
    for _ in range(20):
        client.get(f"/gateways/{gateway}/quick/")
    path = f"{route}/die/?mark={secrets.token_hex(4)}"
    body = None if method == "GET" else b""
    status, told = OUTCOME[method]
    answer = answering.ask(method, prefix + path, headers=[("Accept", ACCEPT["json"])], body=body)
    assert_is_ours(answer, answering.logged(answer), status, "json")
    assert told in answer.json()["detail"]
    answering.wait_for(gateway)
    assert answering.ran(path) == {gateway: 1}
