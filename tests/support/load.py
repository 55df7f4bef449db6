"""Connections as the database server sees them, and bursts of requests that need some."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, Popen
from threading import Event, Thread

import httpx

from tests.support.stack import GATEWAYS, Stack, run

# Client address and server PID of each connection. psql itself uses the Unix socket, so it is not included.
CLIENTS = "SELECT host(client_addr), pid FROM pg_stat_activity WHERE usename = current_user AND client_addr IS NOT NULL"
# Only the addresses, in one line.
SAMPLE = """
SELECT coalesce(string_agg(host(client_addr), ' '), '') FROM pg_stat_activity
WHERE usename = current_user AND client_addr IS NOT NULL;
"""


def addresses(stack: Stack) -> dict[str, str]:
    """The gateway behind each address that PostgreSQL sees."""
    found = {}
    for gateway in GATEWAYS:
        for container in json.loads(run("docker", "inspect", *stack.containers(gateway)).stdout):
            found |= {network["IPAddress"]: gateway for network in container["NetworkSettings"]["Networks"].values()}
    return found


def connections(stack: Stack, psql: list[str]) -> dict[str, set[int]]:
    """The PIDs of the server processes that serve each gateway."""
    found: dict[str, set[int]] = {gateway: set() for gateway in GATEWAYS}
    gateways = addresses(stack)
    for line in run(*psql, input=CLIENTS).stdout.splitlines():
        address, pid = line.split("|")
        found[gateways[address]].add(int(pid))
    return found


@contextmanager
def peaks(stack: Stack, psql: list[str]) -> Iterator[Counter[str]]:
    """The largest number of connections at once, by gateway and for `all`. One session samples without a pause."""
    most: Counter[str] = Counter()
    gateways, over = addresses(stack), Event()

    def watch(session: Popen[str]) -> None:
        assert session.stdin
        assert session.stdout
        while not over.is_set():
            session.stdin.write(SAMPLE)
            session.stdin.flush()
            now = Counter(gateways[address] for address in session.stdout.readline().split())
            now["all"] = now.total()
            most["samples"] += 1
            most.update({name: count - most[name] for name, count in now.items() if count > most[name]})

    with Popen(psql, stdin=PIPE, stdout=PIPE, text=True) as session:
        watcher = Thread(target=watch, args=(session,))
        watcher.start()
        try:
            yield most
        finally:
            over.set()
            watcher.join()
            session.communicate()


def burst(url: str, requests: list[tuple[str, str]]) -> list[int]:
    """The status of each request (gateway, path). All are sent at once."""

    async def send() -> list[int]:
        unlimited = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, limits=unlimited, timeout=90) as client:
            jobs = [client.get(path, headers={"Host": f"{gateway}.localhost"}) for gateway, path in requests]
            return [response.status_code for response in await asyncio.gather(*jobs)]

    return asyncio.run(send())
