"""The gateways' database account, and how many connections they may open with it."""

from collections.abc import Callable

import pytest

from tests.support.stack import Stack


@pytest.fixture(scope="module")
def psql(stack: Stack, setting: Callable[[str], str]) -> list[str]:
    """The psql command for a session of the gateways' user. It reads SQL from standard input."""
    account = [f"--username={setting('POSTGRES_USER')}", f"--dbname={setting('POSTGRES_DB')}"]
    return ["docker", "exec", "--interactive", stack.container("postgres"), "psql", "--no-psqlrc", "-qAt", *account]


@pytest.fixture(scope="session")
def budget(setting: Callable[[str], str]) -> dict[str, int]:
    """How many connections each gateway may open with all its replicas: the formula of .env.example."""
    pool = int(setting("DATABASE_POOL_SIZE"))
    return {
        "uwsgi": int(setting("UWSGI_PROCESSES")) * int(setting("UWSGI_THREADS")),
        "gunicorn": int(setting("WEB_CONCURRENCY")) * pool,
        "daphne": int(setting("DAPHNE_REPLICAS")) * pool,
    }
