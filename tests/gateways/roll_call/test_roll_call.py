"""/async/roll-call/ asks all gateways at once for their identity. A gateway that does not answer is reported too."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import ceil

import httpx
import pytest

from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, Stack, wait_until


def test_every_gateway_reports_its_own_identity(http: httpx.Client) -> None:
    answer = http.get("/async/roll-call/").json()
    assert answer["asked_by"] == "gunicorn"
    for name, who in answer["gateways"].items():
        identity = http.get(f"/gateways/{name}/gateway/").json()
        for field in ("gateway", "server", "version", "interface", "protocol", "python", "django"):
            assert who[field] == identity[field]
    assert answer["gateways"].keys() == set(GATEWAYS)


@pytest.mark.parametrize("asker", GATEWAYS)
def test_any_gateway_can_run_the_roll_call(http: httpx.Client, asker: str) -> None:
    # Under WSGI, Django runs the view in a new event loop for this request.
    answer = http.get(f"/gateways/{asker}/async/roll-call/").json()
    assert answer["asked_by"] == asker
    assert [who["gateway"] for who in answer["gateways"].values()] == list(GATEWAYS)


def test_all_gateways_are_queried_at_once(http: httpx.Client, setting: Callable[[str], str]) -> None:
    at_once = int(setting("UWSGI_PROCESSES")) * int(setting("UWSGI_THREADS"))
    started = time.monotonic()
    answer = http.get(f"/async/roll-call/?waits={at_once}&seconds=1").json()
    elapsed = (time.monotonic() - started) * 1000
    took = [who["milliseconds"] for who in answer["gateways"].values()]
    assert min(took) >= 1000
    # As long as the slowest gateway, plus the rest of the request; less than all gateways one after another.
    assert max(took) <= elapsed < sum(took)
    assert elapsed < 1.5 * max(took)


def test_the_requests_to_one_gateway_are_sent_at_once_too(http: httpx.Client, setting: Callable[[str], str]) -> None:
    at_once = int(setting("UWSGI_PROCESSES")) * int(setting("UWSGI_THREADS"))
    waits = 2 * at_once
    gateways = http.get(f"/async/roll-call/?waits={waits}&seconds=1").json()["gateways"]
    assert gateways["uwsgi"]["milliseconds"] >= 1000 * ceil(waits / at_once)
    for name in ASGI_GATEWAYS:
        assert gateways[name]["milliseconds"] < gateways["uwsgi"]["milliseconds"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("waits=0", "waits"),
        ("waits=33", "waits"),
        ("waits=x", "waits"),
        ("seconds=-1", "seconds"),
        ("seconds=2.1", "seconds"),
        ("seconds=nan", "seconds"),
    ],
)
def test_more_requests_than_the_maximum_are_rejected(http: httpx.Client, query: str, field: str) -> None:
    response = http.get(f"/async/roll-call/?{query}")
    assert response.status_code == 400
    assert response.json()["errors"].keys() == {field}


def test_a_stopped_gateway_is_reported_with_a_reason_and_the_others_as_usual(stack: Stack, http: httpx.Client) -> None:
    missing = "daphne"
    with stack.stopped(missing):
        response = http.get("/async/roll-call/")
    assert response.status_code == 200
    gateways = response.json()["gateways"]
    assert gateways.pop(missing)["error"].startswith("HTTP 50")  # 502 or 504, from nginx
    assert [who["gateway"] for who in gateways.values()] == [name for name in GATEWAYS if name != missing]


def test_the_command_says_the_same_as_the_page(stack: Stack, http: httpx.Client) -> None:
    spoken = json.loads(stack.compose("exec", "-T", "uwsgi", "python", "-m", "django", "roll_call").stdout)
    page = http.get("/async/roll-call/").json()["gateways"]
    assert {name: who["server"] for name, who in spoken.items()} == {name: who["server"] for name, who in page.items()}


def test_the_site_is_measured_by_one_client_at_a_time(http: httpx.Client, stack: Stack) -> None:
    """One measurement sends 96 requests: several at once would take every thread."""
    askers, path = 6, "/async/roll-call/?waits=32&seconds=1"
    with ThreadPoolExecutor(askers) as pool:
        answers = list(pool.map(lambda number: ask(stack, GATEWAYS[number % len(GATEWAYS)], path), range(askers)))
    measured = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(measured) + len(refused) == askers
    # One measurement takes uWSGI's eight threads for 4 s, so the measurements overlap.
    assert measured
    assert refused
    assert {answer.headers["Retry-After"] for answer in refused} == {"5"}
    assert all(answer.json()["errors"].keys() == {"waits"} for answer in refused)
    # The limit ends with the measurement, and a plain roll call is never rejected.
    wait_until(lambda: http.get("/async/roll-call/?waits=1&seconds=0").status_code == 200)
    assert http.get("/async/roll-call/").status_code == 200


def ask(stack: Stack, gateway: str, path: str) -> httpx.Response:
    return httpx.get(stack.url() + path, headers={"Host": f"{gateway}.localhost"}, timeout=60)
