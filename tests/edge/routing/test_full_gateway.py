"""UWSGI_MAX_CONNECTIONS: requests beyond a uWSGI container's limit go to gunicorn, or get 503."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.stack import Stack
from tests.support.variant import variant
from tests.support.wire import Edge

SLOW = "/hello/sync/?seconds=1"


def at_once(edge: Edge, host: str) -> list[tuple[int, list[str]]]:
    """Status and X-Stepped-In of three slow requests."""
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: edge.get(SLOW, host), range(3)))
    return sorted((answer.status, answer.all("X-Stepped-In")) for answer in answers)


def test_uwsgi_gets_no_more_requests_than_its_maximum(stack: Stack) -> None:
    with variant(stack, COMPARE="1", UWSGI_MAX_CONNECTIONS="1") as edge:
        assert at_once(edge, "localhost") == [(200, []), *[(200, ["gunicorn for uwsgi"])] * 2]
        # A pinned host has no fallback.
        assert at_once(edge, "uwsgi.localhost") == [(200, []), (503, []), (503, [])]
    with variant(stack, COMPARE="1", UWSGI_MAX_CONNECTIONS="3") as edge:
        assert at_once(edge, "uwsgi.localhost") == [(200, [])] * 3
