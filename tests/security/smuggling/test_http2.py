"""HTTP/2 becomes HTTP/1.1 on the way to the gateways: no part of it becomes a second request."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import pytest

from tests.security.cases import Cases
from tests.security.conftest import IS_FULL
from tests.security.smuggling.bystanders import Bystanders
from tests.security.smuggling.conftest import CLIENTS, Logged, PathsSeen, logged, paths_seen
from tests.security.smuggling.exchange import DEADLINE, Trial, Way, is_of
from tests.security.smuggling.http2 import HTTP2, Http2Case
from tests.support.echo.secure import SecureEcho
from tests.support.http2 import Failure, Http2
from tests.support.stack import GATEWAYS
from tests.support.wire import Answer

CASES = HTTP2
pytestmark = pytest.mark.timeout(600)  # the first test waits until everything is sent
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)

WAYS = [
    Way("POST", is_read=True, is_pinned=False, at_once=False),
    Way("POST", is_read=False, is_pinned=True, at_once=False),
]
if IS_FULL:
    WAYS = [Way(*way, at_once=False) for way in product(("POST", "GET"), (True, False), (True, False))]


@dataclass(frozen=True)
class Outcome:
    trial: Trial[Http2Case]
    result: Answer | Failure | OSError  # OSError: a hang
    after: Answer | Failure | OSError  # to a good request on the same connection

    @property
    def end(self) -> object:
        if isinstance(self.result, Answer):
            return self.result.status
        if isinstance(self.result, OSError):
            return repr(self.result)
        return "connection ended" if self.result.ends_connection else "stream reset"


@dataclass(frozen=True)
class Tried:
    outcomes: dict[str, list[Outcome]]  # by the case's name
    bystanders: Bystanders
    seen: PathsSeen
    logged: Logged


def exchange(edge: SecureEcho, trial: Trial[Http2Case]) -> Outcome:
    after = [(":method", "GET"), (":scheme", "https"), (":authority", "localhost")]
    after += [(":path", f"/gateways/{trial.gateway}/after/{trial.token}")]
    with edge.connect(DEADLINE, "h2") as connection:
        client = Http2(connection)
        try:
            result = client.ask(*trial.case.render(**trial.fields()))
            return Outcome(trial, result, client.ask(after))
        except OSError as error:
            return Outcome(trial, error, error)


@pytest.fixture(scope="module")
def tried(secure_echo: SecureEcho, cases: Cases) -> Tried:
    trials = [Trial(case, gateway, way) for case in CASES for gateway in GATEWAYS for way in WAYS]
    cases.add("smuggling: HTTP/2", *(case.name for case in CASES), tried=len(trials))
    with Bystanders(secure_echo) as bystanders, ThreadPoolExecutor(CLIENTS) as pool:
        results = list(pool.map(lambda trial: exchange(secure_echo, trial), trials))
    cases.add("smuggling: other clients meanwhile", *GATEWAYS, tried=bystanders.answered)
    outcomes: dict[str, list[Outcome]] = {}
    for outcome in results:
        outcomes.setdefault(outcome.trial.case.name, []).append(outcome)
    answers = [outcome.result for outcome in results if isinstance(outcome.result, Answer)]
    return Tried(outcomes, bystanders, paths_seen(secure_echo), logged(secure_echo, answers))


@each_case
def test_the_request_gets_a_status_or_a_reset_and_the_next_its_own_response(tried: Tried, case: Http2Case) -> None:
    for outcome in tried.outcomes[case.name]:
        assert outcome.end == case.end, outcome
        if outcome.end == "connection ended":
            assert isinstance(outcome.after, Failure), outcome
        else:
            assert isinstance(outcome.after, Answer), outcome
            assert is_of(outcome.after, f"/after/{outcome.trial.token}"), outcome


@each_case
def test_the_project_sees_only_the_requests_that_were_sent(tried: Tried, case: Http2Case) -> None:
    for outcome in tried.outcomes[case.name]:
        token, gateway = outcome.trial.token, outcome.trial.gateway
        seen = tried.seen[gateway].get(token, [])
        assert [path for path in seen if path.startswith("/smuggled/")] == [], outcome
        assert len(seen) == (outcome.end == 200) + isinstance(outcome.after, Answer), (outcome, seen)
        assert [other for other in GATEWAYS if other != gateway and token in tried.seen[other]] == [], outcome


@each_case
def test_the_project_reads_the_body_that_nginx_read(tried: Tried, case: Http2Case) -> None:
    for outcome in tried.outcomes[case.name]:
        if isinstance(outcome.result, Answer) and outcome.result.status == 200 and outcome.trial.way.is_read:
            told, (_, body, _) = outcome.result.json(), case.render(**outcome.trial.fields())
            assert (told["length"], told["sha256"]) == (len(body), hashlib.sha256(body).hexdigest()), outcome


@each_case
def test_the_project_receives_no_header_of_another_connection(tried: Tried, case: Http2Case) -> None:
    """HTTP/2 forbids these headers. If nginx does not reject the request, it removes them."""
    names = {f"HTTP_{name}" for name in ("CONNECTION", "KEEP_ALIVE", "TE", "TRANSFER_ENCODING", "UPGRADE", "EXPECT")}
    for outcome in tried.outcomes[case.name]:
        if isinstance(outcome.result, Answer) and outcome.result.status == 200:
            assert not names & outcome.result.json()["META"].keys(), outcome


@each_case
def test_requests_rejected_by_nginx_reach_no_gateway(tried: Tried, case: Http2Case) -> None:
    for outcome in tried.outcomes[case.name]:
        if isinstance(outcome.result, Answer) and outcome.result.status >= 400:
            assert tried.logged[outcome.result.one("X-Request-ID")]["upstream_addr"] == "", outcome


def test_other_clients_get_their_own_responses(tried: Tried) -> None:
    assert tried.bystanders.problems == []
    assert tried.bystanders.answered > 50
