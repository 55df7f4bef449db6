"""Claims of the teaching notes (lab/notes.md), shown or corrected. 1: test_websockets.py."""

import statistics
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.lab.gallery.table import Server
from tests.support.stack import Stack, wait_until
from tests.support.tree import tree

ROUNDS, REQUESTS = 5, 40

ONE_LOOP = "runserver-asgi"  # one process, so one event loop


def longest_beside(url: str, path: str) -> float:
    """Seconds of the slowest of 8 requests that arrive while `path` is processed on the same event loop."""
    with ThreadPoolExecutor(9) as pool:
        beside = pool.submit(httpx.get, f"{url}/gateways/{ONE_LOOP}{path}", timeout=30)
        answers = list(pool.map(lambda _: httpx.get(f"{url}/gateways/{ONE_LOOP}/livez", timeout=30), range(8)))
        assert beside.result().status_code == 200
    assert {answer.status_code for answer in answers} == {200}
    return max(answer.elapsed.total_seconds() for answer in answers)


def test_claim_3_a_blocking_call_in_an_asynchronous_view_delays_all_requests(stack: Stack) -> None:
    """Corrected: a synchronous view does not block others, because Django runs it in a thread."""
    url = stack.url()
    longest_beside(url, "/livez")
    assert max(longest_beside(url, "/async/blocking/") for _ in range(3)) > 0.5
    assert min(longest_beside(url, "/hello/sync/?seconds=1") for _ in range(3)) < 0.5
    assert min(longest_beside(url, "/hello/async/?seconds=1") for _ in range(3)) < 0.5


def test_claim_3_the_orm_rejects_calls_in_an_event_loop(ask: httpx.Client, server: Server) -> None:
    """Under WSGI too: Django runs an asynchronous view in a new event loop."""
    answer = ask.get("/async/orm/")
    assert (answer.status_code, answer.json()) == (500, {"error": "SynchronousOnlyOperation"})


def test_claim_4_a_wsgi_application_runs_in_an_asgi_server_through_a_wrapper(http: httpx.Client) -> None:
    """With the limits of WSGI: no WebSocket (test_websockets.py), and one request at a time (test_waiting.py)."""
    told = http.get("/gateways/wsgi-in-asgi/gateway/").json()
    assert told["server"].startswith("uvicorn")
    assert told["interface"] == "WSGI"


def test_claim_6_cgi_starts_a_process_for_each_request_and_fastcgi_does_not(http: httpx.Client) -> None:
    def ask(name: str) -> list[httpx.Response]:
        return [http.get(f"/gateways/{name}/gateway/") for _ in range(6)]

    cgi, fastcgi = ask("cgi"), ask("fastcgi")
    assert len({answer.json()["pid"] for answer in cgi}) == 6
    assert len({answer.json()["pid"] for answer in fastcgi}) <= 4
    # CGI is slow: even its fastest answer takes ten times as long, because it starts Python and Django.
    assert min(answer.elapsed for answer in cgi) > 10 * min(answer.elapsed for answer in fastcgi)


def cpu_seconds(container: str) -> float:
    """CPU time of all processes of a container, as the engine counts it."""
    with httpx.Client(transport=httpx.HTTPTransport(uds="/var/run/docker.sock"), base_url="http://docker") as engine:
        stats = engine.get(f"/containers/{container}/stats", params={"stream": "false", "one-shot": "true"}).json()
    return stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9


def costs(stack: Stack, *names: str) -> dict[str, tuple[float, float]]:
    """CPU seconds and seconds of one request, sent one after another: medians of rounds that alternate the servers."""
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with httpx.Client(base_url=stack.url(), timeout=30) as client:
        for _ in range(ROUNDS):
            for name in names:
                before = cpu_seconds(container := stack.container(name))
                answers = [client.get(f"/gateways/{name}/livez") for _ in range(REQUESTS)]
                assert {answer.status_code for answer in answers} == {200}
                took = statistics.median(answer.elapsed.total_seconds() for answer in answers)
                rounds[name].append(((cpu_seconds(container) - before) / REQUESTS, took))
    return {
        name: (statistics.median(cpu for cpu, _ in found), statistics.median(took for _, took in found))
        for name, found in rounds.items()
    }


def test_claim_7_the_development_server_of_wsgi_delays_responses(stack: Stack) -> None:
    """Shown, but its work is not the reason. wsgiref writes head and body of an answer separately. Its kernel holds
    the body back until nginx's kernel acknowledges the head, which takes 40 ms (Nagle's algorithm, delayed
    acknowledgement).
    """
    found = costs(stack, "wsgiref", "gunicorn-sync")
    (cpu, took), (cpu_of_gunicorn, took_by_gunicorn) = found.values()
    assert took > 5 * took_by_gunicorn, found
    assert cpu < 3 * cpu_of_gunicorn, found


def test_claim_7_the_development_server_of_asgi_is_one_process_of_a_production_server(stack: Stack) -> None:
    """Corrected: it is Daphne, and as fast. It lacks a second process, and finishes no requests when it stops."""
    found = costs(stack, "runserver-asgi", "daphne")
    (cpu, took), (cpu_of_daphne, took_by_daphne) = found.values()
    assert took < 3 * took_by_daphne, found
    assert cpu < 3 * cpu_of_daphne, found


@pytest.mark.parametrize("name", ["gunicorn", "uvicorn", "gunicorn-asgi"])
def test_claim_9_a_worker_that_dies_is_replaced(stack: Stack, http: httpx.Client, name: str) -> None:
    """Corrected: gunicorn replaces it, and so does uvicorn with --workers."""

    def worker() -> int:
        return http.get(f"/gateways/{name}/gateway/").json()["pid"]

    container, victim = stack.container(name), worker()
    with stack.observer(name) as observer:
        before = tree(observer)
        stack.compose("exec", "-T", name, "python", "-I", "-c", f"import os; os.kill({victim}, 9)")

        def is_replaced() -> bool:
            # The answers' PIDs prove nothing: one remaining worker can give all answers.
            now = tree(observer)
            dead = [it for it in now if it.pid == victim or "<defunct>" in it.arguments]
            return len(now) == len(before) and not dead

        assert victim in {it.pid for it in before}
        wait_until(is_replaced, 30, "as many processes as before")
    assert all(worker() != victim for _ in range(8))
    assert stack.container(name) == container
