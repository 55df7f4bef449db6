"""Clients that replace nginx for one gateway, and count the requests that fail.

calling() runs this file as a program in nginx's network namespace: uWSGI closes connections from every other address.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field

from tests.support.stack import PORTS, ROOT, Stack
from tests.support.uwsgi_protocol import uwsgi_request

# More new connections at once than uWSGI has threads: some are always queued.
CALLERS = 40
PATH = "/hello/sync/?seconds=0.02"
# Requests that are answered before the test does anything.
ENOUGH = 100


@dataclass
class Fates:
    answered: int = 0
    refused: int = 0  # nothing was sent: nginx would try another gateway
    closed: int = 0  # nothing was sent, on a connection that was open: the same
    lost: int = 0  # sent, and no answer: nginx could not repeat a POST


@dataclass
class Calls:
    new: Fates = field(default_factory=Fates)  # first requests of a connection
    kept: Fates = field(default_factory=Fates)  # later requests of a connection; none in the uwsgi protocol


@contextmanager
def calling(stack: Stack, gateway: str) -> Iterator[Calls]:
    """Sends requests to the gateway until the block ends. The counts are complete after the block."""
    network = f"container:{stack.container('nginx')}"
    options = ("--network", network, "--volume", f"{ROOT}:{ROOT}:ro", "--workdir", str(ROOT))
    label = ("--label", f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}")
    command = ("docker", "run", "--rm", "--init", "--interactive", *label, *options, os.environ["TOOLS_IMAGE"])
    program = (*command, "python", "-m", "tests.gateways.processes.callers", gateway)
    calls = Calls()
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "under way\n"
        yield calls
        # The program ends when its standard input is closed.
        process.stdin.close()
        counted = json.loads(process.stdout.read())
    calls.new, calls.kept = Fates(**counted["new"]), Fates(**counted["kept"])


def request_for(gateway: str, kept: bool) -> bytes:
    """A GET of PATH in the gateway's protocol."""
    path, _, query = PATH.partition("?")
    if gateway != "uwsgi":
        connection = "keep-alive" if kept else "close"
        return f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n".encode()
    return uwsgi_request(
        REQUEST_METHOD="GET",
        REQUEST_URI=PATH,
        PATH_INFO=path,
        QUERY_STRING=query,
        SERVER_PROTOCOL="HTTP/1.1",
        SERVER_NAME="localhost",
        SERVER_PORT="80",
        HTTP_HOST="localhost",
    )


async def call(gateway: str, calls: Calls, kept: bool) -> None:
    """One request after another: each on a new connection, or all on one for as long as it lives."""
    request = request_for(gateway, kept)
    while True:
        try:
            async with asyncio.timeout(0.5):
                reader, writer = await asyncio.open_connection(gateway, PORTS[gateway])
        except (OSError, TimeoutError):
            calls.new.refused += 1
            # Random pauses: where the kernel accepts one connection, it lets several begin at once.
            await asyncio.sleep(random.uniform(0, 0.4))  # noqa: S311  # no secret
            continue
        with suppress(OSError):
            fates = calls.new
            while await exchange(fates, reader, writer, request, kept):
                fates = calls.kept
                await asyncio.sleep(random.uniform(0, 0.02))  # noqa: S311  # no secret
        writer.close()


async def exchange(
    fates: Fates, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, kept: bool
) -> bool:
    """Sends one request; returns whether the connection can take another."""
    if reader.at_eof() or writer.transport.is_closing():
        fates.closed += 1
        return False
    writer.write(request)
    answer = b""
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(30):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            answer = head + await reader.readexactly(length)
    if b" 200 " not in answer.split(b"\r\n")[0]:
        fates.lost += 1
        return False
    fates.answered += 1
    is_last = b"connection: close" in answer.lower()
    fates.closed += kept and is_last
    return kept and not is_last


async def main(gateway: str) -> Calls:
    calls = Calls()
    kinds = {False: calls.new} if gateway == "uwsgi" else {False: calls.new, True: calls.kept}
    tasks = [asyncio.create_task(call(gateway, calls, kept)) for kept in kinds for _ in range(CALLERS)]
    while min(fates.answered for fates in kinds.values()) < ENOUGH:  # noqa: ASYNC110  # counters
        await asyncio.sleep(0.1)
    print("under way", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    # Requests in flight do not count as lost.
    for task in tasks:
        task.cancel()
    return calls


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(main(sys.argv[1])))))
