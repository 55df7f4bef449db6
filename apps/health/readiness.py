"""Whether this process can reach what it needs. Each check uses a new connection.

The request's own database connection would show something else under load: whether the pool has a free one. Each check
has a thread, because nothing else limits every step: no timeout of psycopg or redis-py covers the look-up of a name.
"""

import asyncio
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

import psycopg
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

OK = "ok"
TIMED_OUT = "timed out"
SECONDS = 2

# One thread for each service, created when it is first needed. A process without checks has none.
executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="readiness")
# Checks that are running. Requests that arrive meanwhile share their result: each check is one more connection on top
# of the database's budget, and checks of a service that hangs would pile up.
pending: dict[str, Future[str]] = {}
lock = threading.Lock()


def ping_database() -> None:
    database = settings.DATABASES.get("default")
    if not database:
        raise LookupError("POSTGRES_HOST is not set")
    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        dbname=database["NAME"],
        user=database["USER"],
        password=database["PASSWORD"],
        connect_timeout=SECONDS,
        autocommit=True,
    ) as connection:
        connection.execute("SELECT 1")


def ping_valkey() -> None:
    if not settings.VALKEY:
        raise LookupError("VALKEY_HOST is not set")
    # No retries: the health check repeats anyway.
    options = {**settings.VALKEY, "socket_timeout": SECONDS, "retry": Retry(NoBackoff(), 0)}
    with redis.Redis(**options) as client:
        client.ping()


CHECKS = {"database": ping_database, "valkey": ping_valkey}


def probe(name: str) -> str:
    """Returns `ok`, `timed out` or the error's type. Only the log has the message, which names hosts and users."""
    try:
        CHECKS[name]()
    except (psycopg.errors.ConnectionTimeout, redis.TimeoutError):
        return TIMED_OUT
    except (LookupError, OSError, psycopg.Error, redis.RedisError) as error:
        logger.warning("not ready: %s: %s", name, error)
        return type(error).__name__
    return OK


def start() -> dict[str, Future[str]]:
    with lock:
        for name in CHECKS:
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
