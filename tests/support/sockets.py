"""WebSocket clients that stay open and record how each connection ended."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.background import Background
from tests.support.stack import Stack

# Seconds allowed for an echo.
PATIENCE = 10


@dataclass
class Connections:
    """How one gateway's connections ended."""

    # Close codes; 1006: the connection ended without a close frame; "open": still open at the end.
    closes: Counter[int | str] = field(default_factory=Counter)
    closed_at: list[float] = field(default_factory=list)  # seconds of time.monotonic()
    echoes: int = 0
    lost: int = 0  # echoes that did not return in time, on a connection that stayed open


class Sockets(Background):
    """`with Sockets(stack, {"daphne": 10, "gunicorn": 10}) as sockets:`, then sockets["daphne"].closes.

    Opens this many clients on each gateway's pinned host; "site" is the default host. They are idle, or send an echo
    every `every` seconds. A client that is closed does not reconnect.
    """

    def __init__(
        self, stack: Stack, clients: dict[str, int], path: str = "/ws/echo/", every: float | None = None
    ) -> None:
        self.port = stack.port()
        self.path, self.every, self.clients = path, every, clients
        self.records = {gateway: Connections() for gateway in clients}

    def __getitem__(self, gateway: str) -> Connections:
        return self.records[gateway]

    @property
    def closes(self) -> Counter[int | str]:
        """The close codes of all gateways together."""
        return sum((record.closes for record in self.records.values()), Counter())

    async def open(self, gateway: str) -> ClientConnection:
        host = "localhost" if gateway == "site" else f"{gateway}.localhost"
        return await connect(
            f"ws://{host}:{self.port}{self.path}",
            host="127.0.0.1",
            port=self.port,
            origin=f"http://{host}:{self.port}",
            proxy=None,
            compression=None,
            ping_interval=None,  # only the server's pings keep it open, as in a browser
        )

    async def start(self) -> None:
        self.over = asyncio.Event()
        gateways = [gateway for gateway, count in self.clients.items() for _ in range(count)]
        opened = await asyncio.gather(*(self.open(gateway) for gateway in gateways))
        self.tasks = [
            asyncio.create_task(self.stay(connection, self.records[gateway]))
            for gateway, connection in zip(gateways, opened, strict=True)
        ]

    async def finish(self) -> None:
        self.over.set()
        await asyncio.gather(*self.tasks)

    async def stay(self, connection: ClientConnection, record: Connections) -> None:
        work = asyncio.create_task(self.echo(connection, record) if self.every else connection.wait_closed())
        over = asyncio.create_task(self.over.wait())
        await asyncio.wait([work, over], return_when=asyncio.FIRST_COMPLETED)
        for task in (work, over):
            task.cancel()
        if connection.close_code is None:
            record.closes["open"] += 1
            await connection.close()
        else:
            record.closes[connection.close_code] += 1
            record.closed_at.append(time.monotonic())

    async def echo(self, connection: ClientConnection, record: Connections) -> None:
        """Sends echoes until the connection is closed."""
        number = 0
        try:
            while True:
                number += 1
                await connection.send(str(number))
                try:
                    async with asyncio.timeout(PATIENCE):
                        while await connection.recv() != str(number):
                            """An echo that was given up, and came late."""
                    record.echoes += 1
                except TimeoutError:
                    record.lost += 1
                await asyncio.sleep(self.every or 0)
        except ConnectionClosed:
            await connection.wait_closed()
