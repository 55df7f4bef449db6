"""The gateways together never open more connections than PostgreSQL allows, not even in a burst of requests."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.load import burst, peaks
from tests.support.stack import GATEWAYS, Stack, run

REQUESTS = 150
PATHS = ("/students/", "/async/students/")


@dataclass
class Burst:
    statuses: dict[str, Counter[int]]
    most: Counter[str]


@pytest.fixture(scope="module")
def after_burst(stack: Stack, psql: list[str]) -> Burst:
    """150 requests at once on one gateway after another, half of them to the asynchronous view.

    Connections of one burst stay open during the next, so the last count includes all of them.
    """
    url, statuses = stack.url(), {}
    with peaks(stack, psql) as most:
        for gateway in GATEWAYS:
            statuses[gateway] = Counter(burst(url, [(gateway, PATHS[number % 2]) for number in range(REQUESTS)]))
    return Burst(statuses, most)


def limit(psql: list[str], name: str) -> int:
    return int(run(*psql, input=f"SHOW {name}").stdout)


def test_postgres_allows_as_many_connections_as_the_settings_say(
    psql: list[str], setting: Callable[[str], str]
) -> None:
    assert limit(psql, "max_connections") == int(setting("POSTGRES_MAX_CONNECTIONS"))


def test_the_budget_stays_below_that_even_while_one_version_replaces_another(
    psql: list[str], budget: dict[str, int]
) -> None:
    reserved = limit(psql, "superuser_reserved_connections") + limit(psql, "reserved_connections")
    assert 2 * sum(budget.values()) < limit(psql, "max_connections") - reserved


def test_every_request_of_the_burst_gets_a_response_or_a_503_with_retry_after(after_burst: Burst, gateway: str) -> None:
    statuses = after_burst.statuses[gateway]
    # A busy machine may answer some of them with 503. With PostgreSQL's "too many clients", each would get 503.
    assert set(statuses) <= {200, 503}
    assert statuses[200] > REQUESTS / 2


def test_a_gateway_stays_within_its_budget_during_the_burst(
    after_burst: Burst, gateway: str, budget: dict[str, int]
) -> None:
    assert after_burst.most[gateway] <= budget[gateway]


def test_the_gateways_together_stay_within_the_budget_during_the_burst(
    after_burst: Burst, budget: dict[str, int]
) -> None:
    assert after_burst.most["all"] <= sum(budget.values())


def test_the_burst_was_a_burst(after_burst: Burst, gateway: str) -> None:
    # If it was none, the tests above prove nothing.
    assert after_burst.most["samples"] > 10
    assert after_burst.most[gateway] > 1


def test_readiness_uses_one_more_connection_in_each_process(
    stack: Stack, psql: list[str], budget: dict[str, int], setting: Callable[[str], str]
) -> None:
    processes = sum(int(setting(name)) for name in ("UWSGI_PROCESSES", "WEB_CONCURRENCY", "DAPHNE_REPLICAS"))
    allowed = sum(budget.values()) + processes
    with peaks(stack, psql) as most:
        burst(stack.url(), [(gateway, "/readyz") for gateway in GATEWAYS for _ in range(REQUESTS // 3)])
    assert most["samples"] > 10
    assert most["all"] <= allowed
    assert 2 * allowed < limit(psql, "max_connections")
