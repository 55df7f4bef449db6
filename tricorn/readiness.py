"""Whether this process can reach what it needs. Each check uses a new connection.

`database` is PostgreSQL, at DATABASES["default"]. `valkey` is checked if the project's settings have VALKEY: the
arguments of redis.Redis, or None if it is not configured.

The request's own database connection would show something else under load: whether the pool has a free one. Each check
has a thread, because nothing else limits every step: no timeout of psycopg or redis-py covers the look-up of a name.
"""

import asyncio
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.conf import settings

logger = logging.getLogger(__name__)

OK = "ok"
TIMED_OUT = "timed out"
SECONDS = 2

# Checks that are running. Requests that arrive meanwhile share their result: each check is one more connection on top
# of the database's budget, and checks of a service that hangs would pile up.
pending: dict[str, Future[str]] = {}
lock = threading.Lock()


# A function imports its library itself: a project need not have both.


def ping_database() -> None:
    import psycopg

    database = settings.DATABASES.get("default")
    if not database:
        raise LookupError("DATABASES has no default")
    try:
        with psycopg.connect(
            host=database.get("HOST"),
            port=database.get("PORT"),
            dbname=database.get("NAME"),
            user=database.get("USER"),
            password=database.get("PASSWORD"),
            connect_timeout=SECONDS,
            autocommit=True,
        ) as connection:
            connection.execute("SELECT 1")
    except psycopg.errors.ConnectionTimeout as error:
        raise TimeoutError from error


def ping_valkey() -> None:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    if not settings.VALKEY:
        raise LookupError("VALKEY is not set")
    # No retries: the health check repeats anyway.
    options = {**settings.VALKEY, "socket_timeout": SECONDS, "retry": Retry(NoBackoff(), 0)}
    try:
        with redis.Redis(**options) as client:
            client.ping()
    except redis.TimeoutError as error:
        raise TimeoutError from error


CHECKS = {"database": ping_database, "valkey": ping_valkey}

# One thread for each service, created when it is first needed. A process without checks has none.
executor = ThreadPoolExecutor(max_workers=len(CHECKS), thread_name_prefix="readiness")


def probe(name: str) -> str:
    """Returns `ok`, `timed out` or the error's type. Only the log has the message, which names hosts and users."""
    try:
        CHECKS[name]()
    except TimeoutError:
        return TIMED_OUT
    except Exception as error:
        logger.warning("not ready: %s: %s", name, error)
        return type(error).__name__
    return OK


def start() -> dict[str, Future[str]]:
    with lock:
        for name in CHECKS:
            if name == "valkey" and not hasattr(settings, "VALKEY"):
                continue
            if name not in pending or pending[name].done():
                pending[name] = executor.submit(probe, name)
        return dict(pending)


def collect(futures: dict[str, Future[str]]) -> dict[str, str]:
    return {name: future.result() if future.done() else TIMED_OUT for name, future in futures.items()}


def check() -> dict[str, str]:
    futures = start()
    wait(futures.values(), timeout=SECONDS)
    return collect(futures)


async def acheck() -> dict[str, str]:
    """The same as check(), without blocking the event loop."""
    futures = start()
    await asyncio.wait([asyncio.wrap_future(future) for future in futures.values()], timeout=SECONDS)
    return collect(futures)
