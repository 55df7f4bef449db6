"""PostgreSQL ends a statement that takes too long, and the client gets an answer. Migrations have no limit."""

import json
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.support.stack import Stack, run, wait_until

SHOW = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout")
    print(cursor.fetchone()[0])
"""
# Otherwise Python, when it ends, waits up to 5 s for each of the four threads of a pool that is still open.
CLOSE = """
from django.db import connection
connection.close()
connection.close_pool()
"""
# A request inside the gateway's container, with a limit of one second: the default is too long for a test.
ASK = """
import json, time
import django
django.setup()
from django.test import Client
started = time.monotonic()
answer = Client(raise_request_exception=False).get("/students/", headers={"host": "localhost"})
print(json.dumps([answer.status_code, answer.get("Retry-After"), time.monotonic() - started]))
"""


@pytest.fixture
def locked(psql: list[str]) -> Iterator[None]:
    """The table is locked: every reader waits."""
    lock = "BEGIN; LOCK TABLE students_student IN ACCESS EXCLUSIVE MODE; SELECT 'locked'; SELECT pg_sleep(60);"
    holder = subprocess.Popen([*psql, "--command", lock], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    waiting = "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
    try:
        wait_until(lambda: int(run(*psql, input=waiting).stdout) > 0, 10, "the table is locked")
        yield
    finally:
        others = "query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
        run(*psql, input=f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608  # ours
        holder.wait(timeout=30)


def test_every_gateways_connections_have_the_configured_statement_timeout(
    stack: Stack, gateway: str, setting: Callable[[str], str]
) -> None:
    shown = stack.compose("exec", "-T", gateway, "python", "-c", SHOW + CLOSE).stdout.strip()
    assert shown == f"{setting('DATABASE_STATEMENT_TIMEOUT')}s"


def test_migrations_have_no_statement_timeout(stack: Stack) -> None:
    assert stack.compose("run", "--rm", "--no-deps", "-T", "migrate", "python", "-c", SHOW).stdout.strip() == "0"


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize("gateway", ["uwsgi", "gunicorn"])
def test_a_statement_that_takes_too_long_gets_503_with_retry_after(stack: Stack, gateway: str) -> None:
    ask = ("exec", "-T", "--env", "DATABASE_STATEMENT_TIMEOUT=1", gateway, "python", "-c", ASK + CLOSE)
    status, retry_after, seconds = json.loads(stack.compose(*ask).stdout.splitlines()[-1])
    assert (status, retry_after) == (503, "5")
    # The limit ended it, not the end of the lock.
    assert 1 <= seconds < 30
