"""WebSockets over TLS, in an event loop.

The synchronous client of websockets reads in one thread and writes in another, and Python lets both call OpenSSL at
once. Session tickets arrive right after the handshake, and then one request in a hundred was never sent.
https://github.com/python/cpython/issues/151508
"""

import ssl

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.support.background import Background
from tests.support.tls_stack import TlsStack

# Seconds allowed for a handshake or an echo on a busy machine.
PATIENCE = 30


class SecureSockets(Background):
    """`with SecureSockets(stack, trust) as sockets:`, then sockets.open("/ws/echo/", "daphne.localhost").

    All are closed at the end.
    """

    def __init__(self, stack: TlsStack, trust: ssl.SSLContext) -> None:
        self.stack, self.trust = stack, trust
        self.connections: list[ClientConnection] = []

    def open(self, path: str, host: str = "localhost") -> ClientConnection:
        connection = self.wait_for(self.connect(path, host, self.origin(host)), PATIENCE)
        self.connections.append(connection)
        return connection

    def refusal(self, path: str, host: str, origin: str) -> int:
        """The status of a rejected handshake."""

        async def refused() -> int:
            try:
                await (await self.connect(path, host, origin)).close()
            except InvalidStatus as refusal:
                return refusal.response.status_code
            return 101

        return self.wait_for(refused(), PATIENCE)

    def echo(self, connection: ClientConnection, message: str) -> str | bytes:
        async def echoed() -> str | bytes:
            await connection.send(message)
            return await connection.recv()

        return self.wait_for(echoed(), PATIENCE)

    def origin(self, host: str) -> str:
        return f"https://{host}:{self.stack.https_port}"

    async def connect(self, path: str, host: str, origin: str) -> ClientConnection:
        return await connect(
            f"wss://{host}:{self.stack.https_port}{path}",
            host="127.0.0.1",
            port=self.stack.https_port,
            server_hostname=host,
            ssl=self.trust,
            origin=origin,
            proxy=None,
            compression=None,
            open_timeout=PATIENCE,
        )

    async def finish(self) -> None:
        for connection in self.connections:
            await connection.close()
