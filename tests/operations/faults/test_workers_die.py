"""`kill -9` of workers and of whole containers under load: almost nothing is lost, and all of them are replaced."""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.operations.faults.figures import Figures
from tests.support.containers import inspect
from tests.support.kill import Killer, main_process, workers
from tests.support.long_form import IS_FULL, repeat
from tests.support.sockets import Sockets
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, Stack, run, wait_until
from tests.support.traffic import (
    RATE,
    RECOVERY,
    Flow,
    Sent,
    Traffic,
    failures,
    pinned,
)

COUNTS = {"uwsgi": "UWSGI_PROCESSES", "gunicorn": "WEB_CONCURRENCY"}

# What each gateway serves on the default host. Each request takes 0.05 s, so that a killed worker is processing some,
# as on a real site.
SITE = {"uwsgi": "/hello/sync/?seconds=0.05", "gunicorn": "/async/hello/async/?seconds=0.05"}
SOCKETS = 6
KILLS = repeat(short=2, full=20)
# Rounds in which all workers are killed at once: more deaths in a row than uWSGI takes for an accident.
ROUNDS = repeat(short=3, full=10)
# Seconds after a worker's death in which nginx may still send a request on an open connection to it.
LATE = 0.2

# When a kill began and when it was done: seconds of time.monotonic().
type Kill = tuple[float, float]


def site(rate: float) -> list[Flow]:
    return [Flow(f"site {gateway}", path=path, rate=rate) for gateway, path in SITE.items()]


def others(gateway: str) -> list[str]:
    return [name for name in GATEWAYS if name != gateway]


def was_in_flight(lost: Sent, killed: list[Kill]) -> bool:
    """Whether a killed process was processing it. nginx does not repeat such a request: it may have caused the crash.

    Each kill is a span: on a busy machine a second passes before the signal is sent.
    """
    return lost.status == 502 and any(lost.due - LATE <= ended and begun <= lost.answered for begun, ended in killed)


@pytest.mark.parametrize("gateway", COUNTS)
def test_killed_workers_cost_few_requests(
    stack: Stack, kill9: Killer, figures: Figures, setting: Callable[[str], str], gateway: str
) -> None:
    seed = time.time_ns()
    print(f"{seed=}")
    chance, container = random.Random(seed), stack.container(gateway)  # noqa: S311  # no secret
    killed: list[Kill] = []
    with (
        Traffic(stack, *pinned(), *site(2 * RATE)) as traffic,
        Sockets(stack, dict.fromkeys(ASGI_GATEWAYS, SOCKETS)) as sockets,
    ):
        for _ in range(KILLS):
            begun = time.monotonic()
            kill9.kill(chance.choice(workers(container)))
            killed.append((begun, time.monotonic()))
            # Random pauses, so that the kills hit new workers in every state.
            time.sleep(chance.uniform(0.5, 2))
        wait_until(lambda: len(workers(container)) == int(setting(COUNTS[gateway])), 10, "as many workers as before")
        wait_until(lambda: traffic[gateway].is_calm(time.monotonic() - 2), 10, "requests succeed again")

    records = traffic.of("site uwsgi", "site gunicorn")
    figures.add(
        f"{KILLS} {gateway} workers killed",
        *records,
        sockets=sockets,
        note=f"default host; on its own host {traffic[gateway].failed} of {len(traffic[gateway].sent)} failed",
    )
    assert failures(traffic.of(*others(gateway))) == {}
    for lost in [lost for record in records for lost in record.failures()]:
        assert was_in_flight(lost, killed), (lost, killed)
    for other in set(ASGI_GATEWAYS) - {gateway}:
        assert sockets[other].closes == {"open": SOCKETS}
    assert inspect(container)[0]["RestartCount"] == inspect(stack.container(gateway))[0]["RestartCount"]


@pytest.mark.parametrize("gateway", COUNTS)
def test_all_workers_killed_again_and_again_are_replaced_at_once(
    stack: Stack, kill9: Killer, figures: Figures, setting: Callable[[str], str], gateway: str
) -> None:
    """Without our settings, uWSGI's master sleeps after several deaths in a row. gunicorn has no such rule."""
    count, container = int(setting(COUNTS[gateway])), stack.container(gateway)
    before = datetime.now(UTC).isoformat()
    with Traffic(stack, *pinned(), *site(RATE)) as traffic:
        for _ in range(ROUNDS):
            dying = workers(container)
            for pid in dying:
                kill9.kill(pid)
            wait_until(
                lambda dying=dying: len(set(workers(container)) - set(dying)) == count, 20, "every worker is replaced"
            )
        last = time.monotonic()
        wait_until(lambda: traffic[gateway].is_calm(last), 20, "requests succeed again")
    figures.add(f"all {gateway} workers killed {ROUNDS} times", *traffic.of(gateway))
    assert failures(traffic.of(*others(gateway))) == {}
    assert traffic[gateway].recovery(last) < RECOVERY
    log = run("docker", "logs", "--since", before, container)
    assert "respawning too fast" not in log.stdout + log.stderr
    # The container keeps running.
    assert inspect(container)[0]["State"]["Running"]


def serves_again(container: str, restarts: int) -> bool:
    details = inspect(container)[0]
    return details["RestartCount"] > restarts and details["State"]["Health"]["Status"] == "healthy"


@pytest.mark.skipif(not IS_FULL, reason="make test-full runs it: a second replica, half a minute")
def test_killing_a_daphne_replica_loses_no_request(stack: Stack, kill9: Killer, figures: Figures) -> None:
    with Traffic(stack, *pinned()) as traffic, stack.changed("daphne", DAPHNE_REPLICAS="2"):
        began, kills = time.monotonic(), list[Kill]()
        for container in stack.containers("daphne"):
            restarts = inspect(container)[0]["RestartCount"]
            begun = time.monotonic()
            kill9.kill(main_process(container))
            kills.append((begun, time.monotonic()))
            # Before the other replica is killed: with both down, no replica serves.
            wait_until(
                lambda container=container, restarts=restarts: serves_again(container, restarts), 90, "it serves again"
            )
        ended = time.monotonic()
    figures.add("each of 2 daphne replicas killed", traffic["daphne"])
    for lost in traffic["daphne"].failures(since=began, until=ended):
        assert was_in_flight(lost, kills)
    assert failures(traffic.of(*others("daphne"))) == {}


@pytest.mark.parametrize("service", [*GATEWAYS, "nginx"])
def test_a_container_whose_main_process_is_killed_serves_again_soon(
    stack: Stack, kill9: Killer, figures: Figures, service: str
) -> None:
    container = stack.container(service)
    restarts = inspect(container)[0]["RestartCount"]
    hit = [*GATEWAYS] if service == "nginx" else [service]
    clients = dict.fromkeys(ASGI_GATEWAYS, SOCKETS)
    with Traffic(stack, *pinned(), *site(RATE)) as traffic, Sockets(stack, clients) as sockets:
        # Requests that the kill can hit.
        wait_until(lambda: all(len(record.sent) > 10 for record in traffic.records.values()), 10, "traffic")
        process, killed = main_process(container), time.monotonic()
        kill9.kill(process)
        wait_until(
            lambda: all(record.is_calm(killed) for record in traffic.records.values()), 20, "requests succeed again"
        )

    site_failed = sum(record.failed for record in traffic.of("site uwsgi", "site gunicorn"))
    recovery = max(record.recovery(killed) for record in traffic.of(*hit))
    figures.add(
        f"{service} killed",
        *traffic.of(*hit),
        sockets=sockets,
        note=f"back after {recovery:.1f} s; default host: {site_failed} failed",
    )
    assert recovery < RECOVERY
    assert failures(traffic.of(*(name for name in GATEWAYS if name not in hit))) == {}
    for gateway in set(ASGI_GATEWAYS) - set(hit):
        assert sockets[gateway].closes == Counter(open=SOCKETS)
    # The engine restarted it, without help.
    assert inspect(container)[0]["RestartCount"] == restarts + 1
