"""The project's own middlewares, a function and a class, serve WSGI and ASGI on the thread that calls them."""

import asyncio
import json
import re
from datetime import UTC, datetime

import httpx
import pytest

from tests.support.stack import GATEWAYS, HTTP_PORTS, Stack

SERVER_TIMING = re.compile(r'app;dur=(?P<ms>[0-9.]+);desc="(?P<klass>[^"]+)", id;desc="(?P<function>[^"]+)"')


def threads(response: httpx.Response) -> tuple[str, str]:
    """The threads of the class middleware and of the function middleware."""
    found = SERVER_TIMING.fullmatch(response.headers["Server-Timing"])
    assert found, response.headers["Server-Timing"]
    return found["klass"], found["function"]


@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_on_asgi_both_stay_on_the_event_loop(http: httpx.Client, asgi_gateway: str, path: str) -> None:
    response = http.get(f"/gateways/{asgi_gateway}{path}")
    assert threads(response) == ("MainThread", "MainThread")
    # An asynchronous view runs on the loop, a synchronous one in a thread.
    assert (response.json()["thread"] == "MainThread") == path.startswith("/async/")


@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_on_wsgi_both_stay_on_the_worker_s_thread(http: httpx.Client, path: str) -> None:
    response = http.get(f"/gateways/uwsgi{path}")
    klass, function = threads(response)
    assert klass == function
    assert klass.startswith("uWSGIWorker")
    if path == "/gateway/":
        assert response.json()["thread"] == klass


@pytest.mark.parametrize(
    "path", ["/", "/livez", "/students/", "/async/students/", "/nothing/", "/hello/sync/?seconds=x"]
)
def test_every_answer_of_the_project_has_both_headers_once(http: httpx.Client, gateway: str, path: str) -> None:
    response = http.get(f"/gateways/{gateway}{path}")
    assert len(response.headers.get_list("Server-Timing")) == 1
    threads(response)
    assert len(response.headers.get_list("X-Request-ID")) == 1
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_server_timing_includes_the_views_waiting_time(http: httpx.Client, gateway: str) -> None:
    response = http.get(f"/gateways/{gateway}/hello/async/?seconds=0.3")
    found = SERVER_TIMING.fullmatch(response.headers["Server-Timing"])
    assert found
    assert 300 <= float(found["ms"]) <= response.elapsed.total_seconds() * 1000


@pytest.mark.parametrize("sent", ["0" * 32, "forged", ""])
def test_the_proxys_request_id_is_used_and_a_clients_is_not(http: httpx.Client, gateway: str, sent: str) -> None:
    response = http.get(f"/gateways/{gateway}/gateway/", headers={"X-Request-ID": sent})
    assert response.json()["request_id"] == response.headers["X-Request-ID"]
    assert response.headers["X-Request-ID"] != sent


# Runs in a gateway's container, without nginx: sends each id in turn and prints the ids that were used.
ASK = """
import json, sys, urllib.request
port, *sent = sys.argv[1:]
for request_id in sent:
    headers = {"Host": "localhost", "X-Request-ID": request_id}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/gateway/", headers=headers)
    print(json.load(urllib.request.urlopen(request))["request_id"])
"""


def test_without_a_proxy_a_valid_request_id_is_kept_and_an_invalid_one_is_replaced(stack: Stack, gateway: str) -> None:
    port = HTTP_PORTS[gateway]
    valid = "0123456789abcdef" * 2
    bad = ["", "short", "G" * 32, "A" * 32, "a" * 33, f'{"a" * 32}", "forged": "']
    used = stack.inside(gateway).run("python -I -c %s" + " %s" * (2 + len(bad)), ASK, str(port), valid, *bad)
    assert used.rc == 0, used.stderr
    kept, *made_up = used.stdout.split()
    assert kept == valid
    assert len(set(made_up)) == len(bad)
    assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in made_up)


def test_ids_of_concurrent_requests_do_not_mix_in_answers_or_logs(stack: Stack) -> None:
    async def ask(paths: list[str]) -> list[str]:
        async with httpx.AsyncClient(base_url=stack.url(), headers={"Host": "localhost"}, timeout=30) as client:
            headers = {"Accept": "application/json"}
            answers = await asyncio.gather(*(client.get(path, headers=headers) for path in paths))
        assert [answer.json()["request_id"] for answer in answers] == [a.headers["X-Request-ID"] for a in answers]
        return [answer.headers["X-Request-ID"] for answer in answers]

    # Django logs a line for each missing page.
    missing = [f"/gateways/{GATEWAYS[number % len(GATEWAYS)]}/not-here-{number}/" for number in range(60)]
    since = datetime.now(UTC).isoformat()
    ids = asyncio.run(ask([*missing, *(f"/gateways/{gateway}/gateway/" for gateway in GATEWAYS * 20)]))
    assert len(set(ids)) == len(ids)
    lines = stack.compose("logs", "--no-color", "--no-log-prefix", "--since", since, *GATEWAYS).stdout.splitlines()
    logged = [json.loads(line[line.index("{") :]) for line in lines if "/not-here-" in line]
    pages = {record["message"].removeprefix("Not Found: "): record["request_id"] for record in logged}
    assert pages == {f"/not-here-{number}/": ids[number] for number in range(60)}
