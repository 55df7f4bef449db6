"""Daphne's own command line, with what it has no options for: a drain, a watchdog, uploads off the memory, bounds
for WebSockets.

SIGTERM to Daphne cuts requests off and drops WebSockets without a close frame. To this one it means: serve the
connections that wait, and refuse new ones, so that nginx goes to another replica; close each WebSocket with 1012
("service restart": come again); finish the requests in flight; exit 0. A second SIGTERM ends it at once.
"""

import faulthandler
import os
import signal
import socket
import struct
import time
from contextlib import suppress
from functools import partial
from typing import Any

import asgi_websocket
from asgi_response import PacedRequest
from body import read_late
from daphne import cli, http_protocol
from daphne.server import Server
from gateway_answers import asgi
from twisted.internet import reactor
from twisted.internet.interfaces import IListeningPort
from twisted.web.http import HTTPChannel

REQUEST_TIMEOUT = int(os.environ.get("REQUEST_TIMEOUT", "30"))
# Seconds that requests in flight may take; the stop_grace_period in compose.yaml is longer.
DRAIN_SECONDS = max(30, REQUEST_TIMEOUT) + 5
# Seconds that connections may wait to be accepted.
QUEUE_SECONDS = 8
# Seconds in which a handshake that has begun is over: a round trip, with much to spare. It is in no queue yet.
HANDSHAKE_SECONDS = 0.05
# Seconds that an idle connection stays open for one more request.
LAST_CALL = 2
# How often each connection is looked at, whether a ping is due, and in how many parts one after the other.
CHECK_SECONDS = 2
CHECK_PARTS = 20
# Seconds that the event loop may stand still: the mark of a view that blocks it. gunicorn's `timeout` for its workers.
STUCK_SECONDS = max(30, REQUEST_TIMEOUT)


class DrainingServer(Server):
    is_draining = False

    def run(self) -> None:
        self.application = asgi_websocket.wait_for_client(read_late(asgi.wrap(self.application)))
        self.ports: list[IListeningPort] = []
        # Once the reactor runs: when it starts, it sets a handler of its own.
        reactor.callWhenRunning(signal.signal, signal.SIGTERM, self.handle_sigterm)
        reactor.callWhenRunning(self.feed_watchdog)
        super().run()

    def create_application(self, protocol: object, scope: dict[str, Any]) -> object:
        is_websocket = isinstance(protocol, asgi_websocket.WebSocket)
        if is_websocket:
            scope = {**scope, **asgi_websocket.facts(protocol), "protocol": protocol}
        queue = super().create_application(protocol, self.below_root_path(scope))
        # None: the client has left already.
        if queue is not None:
            self.connections[protocol]["application_instance"].add_done_callback(protocol.application_ended)
        return protocol.mailbox if is_websocket else queue

    async def handle_reply(self, protocol: object, message: dict[str, Any]) -> None:
        if isinstance(protocol, PacedRequest):
            await protocol.writable.wait()
        await super().handle_reply(protocol, message)

    def below_root_path(self, scope: dict[str, Any]) -> dict[str, Any]:
        """As ASGI has it, and uvicorn does: the path begins with root_path. Otherwise Channels finds no route."""
        path, raw_path = self.root_path + scope["path"], self.root_path.encode() + scope.get("raw_path", b"")
        return {**scope, "path": path, "raw_path": raw_path}

    def feed_watchdog(self) -> None:
        # Not fed for so long, it writes what every thread is doing to the log, and ends the process for the engine to
        # restart it. Otherwise the container hangs for good: Compose does not restart what is unhealthy.
        faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True)
        reactor.callLater(1, self.feed_watchdog)

    def timeout_checker(self) -> None:
        # Daphne's own pings all at once that are due: of 10,000 WebSockets a thousand, every other second, and whoever
        # shares the cores or nginx waits for that.
        connections = list(self.connections)
        for part in range(CHECK_PARTS):
            reactor.callLater(part * CHECK_SECONDS / CHECK_PARTS, self.check_timeouts, connections[part::CHECK_PARTS])
        reactor.callLater(CHECK_SECONDS, self.timeout_checker)

    def check_timeouts(self, connections: list[Any]) -> None:
        for protocol in connections:
            if protocol in self.connections:
                protocol.check_timeouts()

    def listen_success(self, port: IListeningPort) -> None:
        self.ports.append(port)
        super().listen_success(port)

    def handle_sigterm(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, lambda *_: reactor.callFromThread(self.stop))
        reactor.callFromThread(self.refuse_new_connections)

    def refuse_new_connections(self) -> None:
        # Who comes over the network finds nobody listening; what has begun goes on. Before Linux 5.7 that takes a
        # privilege: there new ones come in until the queue is empty for a moment, or its time is over.
        for port in self.ports:
            with suppress(PermissionError):
                port.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        now = time.monotonic()
        self.drain_when_queue_is_served(now, now + QUEUE_SECONDS)

    def drain_when_queue_is_served(self, last_seen: float, deadline: float) -> None:
        # Closing resets the connections that wait, and nginx, which has sent requests into them, cannot repeat a POST.
        now = time.monotonic()
        if any(queue_of(port.socket) for port in self.ports):
            last_seen = now
        if now < min(last_seen + HANDSHAKE_SECONDS, deadline):
            reactor.callLater(0.001, self.drain_when_queue_is_served, last_seen, deadline)
        else:
            self.drain()

    def drain(self) -> None:
        for port in self.ports:
            port.stopListening()
        for channel in open_channels():
            close_after_the_next_answer(channel)
        self.is_draining = True
        for protocol in list(self.connections):
            if isinstance(protocol, asgi_websocket.WebSocket):
                protocol.restart()
        self.stop_when_idle(time.monotonic() + DRAIN_SECONDS)

    def stop_when_idle(self, deadline: float) -> None:
        # Requests, connections that may still bring one, and what an application does once its client has left: Daphne
        # cancels that after 10 s.
        busy = any(map(is_busy, self.connections.values())) or open_channels()
        if busy and time.monotonic() < deadline:
            reactor.callLater(0.1, self.stop_when_idle, deadline)
        else:
            # Once more around the event loop, for what was just written to leave.
            reactor.callLater(0.1, self.stop)


def is_busy(details: dict[str, Any]) -> bool:
    """Of one of Daphne's connections. What is done is forgotten within a second."""
    application = details.get("application_instance")
    return "disconnected" not in details or bool(application and not application.done())


def queue_of(listener: socket.socket) -> int:
    """Connections that nobody has accepted yet: of a socket that listens, that is what tcp_info calls unacked."""
    return struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28), 24)[0]


def close_after_the_next_answer(channel: HTTPChannel) -> None:
    """Closed at once, an idle connection may just have been sent a request by nginx, which cannot repeat a POST."""

    def is_persistent(request: PacedRequest, _version: bytes) -> bool:
        request.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        return False

    def close_soon() -> None:
        if channel.requests:
            channel.persistent = False
        else:
            channel.loseConnection()

    channel.checkPersistence = is_persistent
    for request in channel.requests:
        if not request.startedWriting:
            channel.persistent = is_persistent(request, b"")
    # Where an answer has begun, it can no longer say that it is the last.
    if channel.persistent:
        reactor.callLater(LAST_CALL, close_soon)


def open_channels() -> list[HTTPChannel]:
    """Every open HTTP connection. Twisted keeps no list of them, but its reactor knows whom it reads from."""
    protocols = (getattr(reader, "protocol", None) for reader in reactor.getReaders())
    channels = (getattr(protocol, "_channel", None) for protocol in protocols)
    return [channel for channel in channels if isinstance(channel, HTTPChannel)]


# nginx's own limit for a request's head, and to spare: large_client_header_buffers in nginx/conf.d/limits.conf, where
# several Cookie headers become one line. Twisted's 16 KiB are a 400 for what the other gateways take.
HTTPChannel.MAX_LENGTH = HTTPChannel.totalHeadersSize = 65536

# Twisted takes a posted form apart in memory, whole, and throws the result away: Django does it again, on disk. An
# upload of 100 MiB took over 450 MiB, so any client could have the container killed; and a form that Twisted cannot
# read got an empty 400 instead of Django's answer.
http_protocol.WebRequest = partial(PacedRequest, parsePOSTFormSubmission=False)

asgi_websocket.install()

if __name__ == "__main__":
    cli.CommandLineInterface.server_class = DrainingServer
    cli.CommandLineInterface.entrypoint()
