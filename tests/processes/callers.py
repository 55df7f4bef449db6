"""Clients of one gateway, past nginx, that count which of their requests came to nothing."""

import asyncio
import random
import struct
from contextlib import suppress
from dataclasses import dataclass

from tests.faults.background import Background
from tests.processes.conftest import inspect
from tests.support.stack import PORTS, Stack

# More new connections at once than uWSGI has threads, so that some always wait in its queue.
CALLERS = 40
PATH = "/hello/sync/?seconds=0.02"


@dataclass
class Fates:
    answered: int = 0
    refused: int = 0  # nothing was sent: nginx goes elsewhere
    closed: int = 0  # the same, on a connection that was open
    lost: int = 0  # sent, and no answer: nginx cannot repeat a POST


def request_for(gateway: str, kept: bool) -> bytes:
    """GET of PATH, in the protocol that the gateway speaks."""
    path, _, query = PATH.partition("?")
    if gateway != "uwsgi":
        connection = "keep-alive" if kept else "close"
        return f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n".encode()
    variables = {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": PATH,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
    }
    words = [word.encode() for pair in variables.items() for word in pair]
    body = b"".join(struct.pack("<H", len(word)) + word for word in words)
    # https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html
    return struct.pack("<BHB", 0, len(body), 0) + body


class Callers(Background):
    """`with Callers(stack, "uwsgi", container) as callers:`, then callers.new and callers.kept (ASGI alone)."""

    def __init__(self, stack: Stack, gateway: str, container: str) -> None:
        networks = inspect(container)[0]["NetworkSettings"]["Networks"]
        (address,) = (network["IPAddress"] for name, network in networks.items() if name == f"{stack.project}_edge")
        self.address, self.gateway = (address, PORTS[gateway]), gateway
        self.new, self.kept = Fates(), Fates()

    async def start(self) -> None:
        self.over = asyncio.Event()
        callers = [self.call(self.new, kept=False) for _ in range(CALLERS)]
        if self.gateway != "uwsgi":
            callers += [self.call(self.kept, kept=True) for _ in range(CALLERS)]
        self.tasks = [asyncio.create_task(caller) for caller in callers]
        while min(fates.answered for fates in (self.new, self.kept if self.gateway != "uwsgi" else self.new)) < 100:
            await asyncio.sleep(0.1)

    async def finish(self) -> None:
        self.over.set()
        await asyncio.gather(*self.tasks)

    async def call(self, fates: Fates, kept: bool) -> None:
        """One request after another, each over a connection of its own, or all over one; until there is none to be had."""
        request = request_for(self.gateway, kept)
        while not self.over.is_set():
            try:
                async with asyncio.timeout(0.5):
                    reader, writer = await asyncio.open_connection(*self.address)
            except (OSError, TimeoutError):
                fates.refused += 1
                await asyncio.sleep(0.1)
                continue
            with suppress(OSError):
                while await self.exchange(fates, reader, writer, request, kept):
                    await asyncio.sleep(random.uniform(0, 0.02))  # noqa: S311  # no secret
            writer.close()

    async def exchange(
        self, fates: Fates, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, kept: bool
    ) -> bool:
        """One request; whether the connection can have another."""
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
        if kept and b"connection: close" in answer.lower():
            fates.closed += 1
        return kept and b"connection: close" not in answer.lower()
