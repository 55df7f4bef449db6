"""Sends every case once to each gateway in each way, beside other clients. The tests check the results."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from tests.security.cases import Cases
from tests.security.conftest import IS_FULL
from tests.security.smuggling.bystanders import Bystanders
from tests.security.smuggling.exchange import Outcome, Trial, Way, exchange
from tests.security.smuggling.table import FAMILIES
from tests.security.websockets.idle import start_early
from tests.support.echo import Echo
from tests.support.stack import GATEWAYS, wait_until
from tests.support.wire import Answer, Edge

# By gateway and by the trial's token: the paths of the requests that the project got.
type PathsSeen = dict[str, dict[str, list[str]]]
# nginx's access log, by request id.
type Logged = dict[str, dict[str, Any]]

# Clients at once: enough to use every connection of the gateways, few enough for two cores.
CLIENTS = 16

# The short form varies each property once. The long form tries every combination.
WAYS = [
    Way("POST", is_read=True, is_pinned=False, at_once=True),
    Way("POST", is_read=False, is_pinned=True, at_once=False),
    Way("GET", is_read=False, is_pinned=False, at_once=True),
]
if IS_FULL:
    WAYS = [Way(*way) for way in product(("POST", "GET"), (True, False), (True, False), (True, False))]


@dataclass(frozen=True)
class Tried:
    outcomes: dict[str, list[Outcome]]  # by the case's name
    bystanders: Bystanders
    seen: PathsSeen
    logged: Logged


@pytest.fixture(scope="session", autouse=True)
def waiting_meanwhile(request: pytest.FixtureRequest) -> None:
    """These tests use the gateways of `echo`. The idle clients of the WebSockets' tests use others, and only wait."""
    start_early(request)


@pytest.fixture(scope="session")
def tried(echo: Echo, cases: Cases) -> Tried:
    trials = []
    for family, members in FAMILIES.items():
        family_trials = [Trial(case, gateway, way) for case in members for gateway in GATEWAYS for way in WAYS]
        cases.add(f"smuggling: {family}", *(case.name for case in members), tried=len(family_trials))
        trials += family_trials
    with Bystanders(echo) as bystanders, ThreadPoolExecutor(CLIENTS) as pool:
        results = list(pool.map(lambda trial: exchange(echo, trial), trials))
    cases.add("smuggling: other clients meanwhile", *GATEWAYS, tried=bystanders.answered)

    outcomes: dict[str, list[Outcome]] = {}
    for outcome in results:
        outcomes.setdefault(outcome.trial.case.name, []).append(outcome)
    answers = [answer for outcome in results for answer in outcome.answers]
    return Tried(outcomes, bystanders, paths_seen(echo), logged(echo, answers))


def paths_seen(echo: Echo) -> PathsSeen:
    return {gateway: by_token(echo.seen(gateway)) for gateway in GATEWAYS}


def logged(edge: Edge, answers: Iterable[Answer]) -> Logged:
    ids = {request_id for answer in answers for request_id in answer.all("X-Request-ID")}

    def entries() -> Logged:
        found = {entry["request_id"]: entry for entry in map(json.loads, edge.log())}
        return found if found.keys() >= ids else {}

    return wait_until(entries, 10, "every answer in the access log")


def by_token(seen: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Every path has its trial's token after one of these words, whatever else it contains."""
    paths: dict[str, list[str]] = {}
    for _, path in seen:
        words = path.split("/")
        for word in ("case", "after", "smuggled"):
            if word in words[:-1]:
                paths.setdefault(words[words.index(word) + 1][:16], []).append(path)
                break
    return paths
