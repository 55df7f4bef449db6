"""No second request passes nginx unseen: nginx and the gateways agree where each request ends, or nginx rejects it."""

import hashlib

import pytest

from tests.security.smuggling.case import Case, message, render
from tests.security.smuggling.conftest import WAYS, Tried
from tests.security.smuggling.exchange import Trial, exchange
from tests.security.smuggling.table import FAMILIES
from tests.support.echo import Echo
from tests.support.stack import GATEWAYS
from tests.support.wire import Edge

CASES = [case for family in FAMILIES.values() for case in family]
# The first test waits until everything is sent: 12,000 requests in the long form.
pytestmark = pytest.mark.timeout(600)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_the_table_is_large_and_each_case_has_a_unique_name() -> None:
    assert len(CASES) == len({case.name for case in CASES}) == len({case.data for case in CASES}) >= 60


def test_a_second_request_that_was_executed_would_be_noticed(echo: Echo) -> None:
    """Sends two good requests instead of one with a hidden one: the other tests look for this result."""
    for gateway in GATEWAYS:
        trial = Trial(Case("two requests", message() + "{smuggled}", (200, 200), "in sync"), gateway, WAYS[0])
        outcome = exchange(echo, trial)
        assert [answer.status for answer in outcome.answers] == [200, 200]
        assert outcome.after is not None
        assert ("GET", f"/smuggled/{trial.token}") in echo.seen(gateway)


@each_case
def test_after_the_response_the_connection_is_closed_or_in_sync(tried: Tried, case: Case) -> None:
    for outcome in tried.outcomes[case.name]:
        statuses = tuple(answer.status for answer in outcome.answers)
        assert outcome.problem == "", outcome
        assert (statuses, "in sync" if outcome.after else "closed") == case.end(outcome.trial.gateway), outcome


@each_case
def test_the_project_sees_only_the_requests_that_were_sent(tried: Tried, case: Case) -> None:
    for outcome in tried.outcomes[case.name]:
        token, gateway = outcome.trial.token, outcome.trial.gateway
        answers, then = case.end(gateway)
        seen = tried.seen[gateway].get(token, [])
        assert [path for path in seen if path.startswith("/smuggled/")] == [], outcome
        expected = (answers[:1] in ((200,), (101,))) + (then == "in sync")
        assert len(seen) == expected, (outcome, seen)
        assert seen.count(f"/after/{token}") == (then == "in sync"), (outcome, seen)
        # No other gateway got it.
        assert [other for other in GATEWAYS if other != gateway and token in tried.seen[other]] == [], outcome


@each_case
def test_the_project_reads_the_body_that_nginx_read(tried: Tried, case: Case) -> None:
    for outcome in tried.outcomes[case.name]:
        if case.end(outcome.trial.gateway)[0][:1] == (200,) and outcome.trial.way.is_read:
            told, body = outcome.answers[0].json(), render(case.body, **outcome.trial.fields())
            assert (told["length"], told["sha256"]) == (len(body), hashlib.sha256(body).hexdigest()), outcome


@each_case
def test_requests_rejected_by_nginx_reach_no_gateway(tried: Tried, case: Case) -> None:
    for outcome in tried.outcomes[case.name]:
        _, then = case.end(outcome.trial.gateway)
        for answer in outcome.answers:
            # After its own 400, nginx closes. Any other 400 is a gateway's, for a request that is valid for nginx.
            if answer.status >= 400 and (answer.status, then) != (400, "in sync"):
                assert tried.logged[answer.one("X-Request-ID")]["upstream_addr"] == "", outcome


def test_other_clients_get_their_own_responses(tried: Tried) -> None:
    assert tried.bystanders.problems == []
    assert tried.bystanders.answered > 100


def test_the_gateways_keep_serving(tried: Tried, echo: Edge, gateway: str) -> None:
    answers = [echo.get(f"/gateways/{gateway}/serves-on") for _ in range(20)]
    assert {(answer.status, answer.json()["path"]) for answer in answers} == {(200, "/serves-on")}
