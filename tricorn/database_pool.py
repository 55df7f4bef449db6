"""After a restart of PostgreSQL, a pool of psycopg (OPTIONS["pool"] in DATABASES) finds its new connections quickly.

After a restart every pooled connection is broken. For each of them that a request draws, the pool waits before it tries
the next: by default 1 s, 2 s, 4 s. With four, a usual `timeout` of 5 s would be over although the database is back.
"""

from psycopg_pool.base import AttemptWithBackoff

from tricorn import versions


def retry_quickly() -> None:
    """Patches psycopg_pool in this process: its first delay is 0.05 s. There is no option for it."""
    versions.check("pool")
    AttemptWithBackoff.INITIAL_DELAY = 0.05
