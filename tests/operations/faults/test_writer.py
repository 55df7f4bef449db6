"""PostgreSQL is killed again and again under writers: every acknowledged row exists, and none exists twice."""

import time

from tests.operations.faults.figures import Figures
from tests.operations.faults.writer import Writers
from tests.support.kill import Killer, main_process
from tests.support.long_form import IS_FULL, repeat
from tests.support.stack import Stack, run, wait_until
from tests.support.traffic import TIMEOUT, Traffic, failures, pinned

KILLS = repeat(short=2, full=20)
# Seconds. The engine restarts a container at once if it has run for ten seconds, else after twice the previous wait.
LIFE = 10.5


def test_acknowledged_writes_are_stored_exactly_once(stack: Stack, kill9: Killer, figures: Figures) -> None:
    postgres = stack.container("postgres")

    def accepts() -> bool:
        # Asked only after PID 1 has changed: the old process, which is about to die, cannot answer here.
        ready = run("docker", "exec", postgres, "pg_isready", "--quiet", "--host=127.0.0.1", check=False)
        return ready.returncode == 0

    with Traffic(stack, *pinned(20)) as traffic, Writers(stack) as writers:
        for number in range(KILLS):
            seen = {gateway: len(record.acknowledged) for gateway, record in writers.written.items()}
            wait_until(
                lambda seen=seen: all(
                    len(record.acknowledged) > seen[gateway] + 5 for gateway, record in writers.written.items()
                ),
                30,
                f"both write again after {number} kills",
            )
            old = main_process(postgres)
            kill9.kill(old)
            wait_until(lambda old=old: main_process(postgres) not in (0, old) and accepts(), 30, "PostgreSQL is back")
            time.sleep(LIFE if IS_FULL else 0)
        wait_until(lambda: all(record.answers[201] for record in writers.written.values()), 5)

    rows = writers.rows()
    written = writers.written.values()
    answers = sum((record.answers for record in written), writers.written["uwsgi"].answers.__class__())
    acknowledged = set.union(*(record.acknowledged for record in written))
    longest = max(record.longest for record in written)
    figures.add(
        f"postgres killed {KILLS} times under writers",
        sent=answers.total(),
        failed=answers.total() - answers[201],
        longest_gap=longest,
        note=f"{len(acknowledged)} acknowledged, {len(acknowledged - set(rows))} of them missing",
    )
    assert len(acknowledged) == answers[201] > 10 * KILLS
    assert acknowledged - set(rows) == set()
    assert {name: count for name, count in rows.items() if count > 1} == {}
    # Failures have a clear status, and no client waited longer than the timeout.
    assert set(answers) <= {201, 502, 503, 504}, answers
    assert longest < TIMEOUT
    # Requests that need no database did not fail.
    assert failures(traffic.records.values()) == {}
