"""HTTP/3 with aioquic: one connection, one request after another."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, QuicEvent

from tests.support.wire import Answer, Headers


class Server(Protocol):
    """The server's port, and the certificate of the CA that signed its own."""

    @property
    def https_port(self) -> int: ...

    @property
    def authority(self) -> Path: ...


# Seconds allowed for a handshake or an answer.
PATIENCE = 10


@dataclass
class Exchange:
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Http3(QuicConnectionProtocol):
    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.http = H3Connection(self._quic)
        self.exchanges: dict[int, Exchange] = {}

    async def get(self, path: str, host: str = "localhost", headers: Headers = ()) -> Answer:
        stream = self._quic.get_next_available_stream_id()
        exchange = self.exchanges[stream] = Exchange()
        head = [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", path), *headers]
        self.http.send_headers(stream, [(name.encode(), value.encode()) for name, value in head], end_stream=True)
        self.transmit()
        await asyncio.wait_for(exchange.done, PATIENCE)
        named = tuple((name, value) for name, value in exchange.headers if name != ":status")
        return Answer(int(dict(exchange.headers)[":status"]), named, exchange.body)

    def quic_event_received(self, event: QuicEvent) -> None:
        for happened in self.http.handle_event(event):
            self.http_event_received(happened)
        if isinstance(event, ConnectionTerminated):
            for exchange in self.exchanges.values():
                if not exchange.done.done():
                    exchange.done.set_exception(ConnectionError(event.reason_phrase or str(event.error_code)))

    def http_event_received(self, event: H3Event) -> None:
        if not isinstance(event, HeadersReceived | DataReceived):
            return
        exchange = self.exchanges[event.stream_id]
        if isinstance(event, HeadersReceived):
            exchange.headers += [(name.decode(), value.decode()) for name, value in event.headers]
        else:
            exchange.body += event.data
        if event.stream_ended and not exchange.done.done():
            exchange.done.set_result(None)


@asynccontextmanager
async def opened(stack: Server, name: str = "localhost") -> AsyncIterator[Http3]:
    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=H3_ALPN, server_name=name, verify_mode=ssl.CERT_REQUIRED
    )
    configuration.load_verify_locations(cafile=str(stack.authority))
    async with asyncio.timeout(PATIENCE):
        connection = connect("127.0.0.1", stack.https_port, configuration=configuration, create_protocol=Http3)
        client = await connection.__aenter__()
    try:
        yield client  # type: ignore[misc]
    finally:
        await connection.__aexit__(None, None, None)


def get(stack: Server, path: str, host: str = "localhost", headers: Headers = ()) -> Answer:
    """A request on a new connection."""

    async def ask() -> Answer:
        async with opened(stack, host.partition(":")[0]) as client:
            return await client.get(path, host, headers)

    return asyncio.run(ask())
