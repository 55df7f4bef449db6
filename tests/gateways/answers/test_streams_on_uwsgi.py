"""Under WSGI a stream holds a thread: only half of them, only for a time, and its worker is not killed for it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from tests.gateways.answers.conftest import Answering
from tests.support.stack import run, wait_until

# project/compose.yaml: seconds after which uWSGI kills a worker if a request sends nothing.
HARAKIRI = 6
EVENTS = "type=text/event-stream"


@pytest.fixture(scope="module")
def threads(setting: Callable[[str], str]) -> int:
    """The number of requests that uWSGI processes at once."""
    return int(setting("UWSGI_PROCESSES")) * int(setting("UWSGI_THREADS"))


def test_at_most_half_of_the_threads_stream_and_other_requests_are_served(
    answering: Answering, client: httpx.Client, threads: int
) -> None:
    with ExitStack() as opened:
        stream = client.build_request("GET", f"/gateways/uwsgi/rows/?pieces=600&interval=0.1&{EVENTS}")
        answers = [client.send(stream, stream=True) for _ in range(threads + 2)]
        for answer in answers:
            opened.callback(answer.close)
        accepted = [answer for answer in answers if answer.status_code == 200]
        assert len(accepted) == threads // 2
        for answer in answers:
            if answer not in accepted:
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
                body = httpx.Response(503, content=answer.read()).json()
                assert "half of its threads already stream" in body["detail"]
                assert body["request_id"] == answer.headers["X-Request-ID"]
        for _ in range(2 * threads):
            assert client.get("/gateways/uwsgi/quick/", timeout=5).text == "quick"
    # When they have ended, other streams are accepted.
    wait_until(lambda: client.get("/gateways/uwsgi/rows/").status_code == 200, 10, "a stream is accepted again")


def test_a_killed_worker_releases_its_stream_slots(answering: Answering, client: httpx.Client, threads: int) -> None:
    with ExitStack() as opened:
        for _ in range(threads // 2):
            opened.enter_context(client.stream("GET", "/gateways/uwsgi/rows/?pieces=600&interval=0.1"))
        assert client.get("/gateways/uwsgi/rows/").status_code == 503
        kill = "for it in /proc/[0-9]*; do grep -qsa '^uWSGI worker' $it/cmdline && kill -9 ${it##*/}; done; true"
        run("docker", "exec", answering.stack.container("uwsgi"), "sh", "-c", kill)
    answering.wait_for("uwsgi")
    assert client.get("/gateways/uwsgi/rows/").status_code == 200


@pytest.fixture(autouse=True)
def all_places(answering: Answering, threads: int) -> None:
    """A stream of an earlier test holds its place until uWSGI notices that the client has gone."""
    held = "for it in /tmp/stream-*; do [ ! -e $it ] || flock --nonblock $it true || echo held; done"
    wait_until(lambda: answering.stack.inside("uwsgi").check_output(held) == "", 10, "all places are free")


def test_events_end_before_the_limit_and_other_streams_may_take_longer(
    answering: Answering, client: httpx.Client
) -> None:
    def stream(query: str) -> tuple[float, int]:
        started = time.monotonic()
        response = client.get(f"/gateways/uwsgi/rows/?interval=0.5&{query}")
        assert response.status_code == 200
        return time.monotonic() - started, len(response.text.splitlines())

    with ThreadPoolExecutor() as pool:
        events = pool.submit(stream, f"pieces=60&{EVENTS}")
        rows = pool.submit(stream, f"pieces={2 * HARAKIRI + 6}")
        seconds, lines = events.result()
        assert seconds < HARAKIRI + 2
        assert 2 < lines < 60
        seconds, lines = rows.result()
        assert seconds > HARAKIRI + 1
        assert lines == 2 * HARAKIRI + 6
    assert "HARAKIRI" not in run("docker", "logs", answering.stack.container("uwsgi")).stderr


def test_a_stream_that_sends_nothing_more_is_ended(answering: Answering, client: httpx.Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/gateways/uwsgi/rows/?pieces=2&interval=60")
    assert "HARAKIRI" in run("docker", "logs", answering.stack.container("uwsgi")).stderr
    answering.wait_for("uwsgi")


def test_asynchronous_events_are_rejected_with_the_reason(client: httpx.Client) -> None:
    response = client.get(f"/gateways/uwsgi/async-rows/?{EVENTS}")
    assert response.status_code == 501
    assert "asynchronous iterator" in response.json()["detail"]
    assert response.json()["request_id"] == response.headers["X-Request-ID"]
    # A finite iterator is collected, as Django does.
    assert len(client.get("/gateways/uwsgi/async-rows/?pieces=3").text.splitlines()) == 3
