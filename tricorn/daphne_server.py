"""Daphne's own command line, with what it has no options for: a drain, a watchdog, uploads on disk, limits for
WebSockets. Start it with `python -m tricorn.daphne_server`, and Daphne's own arguments.

At SIGTERM, Daphne cuts requests off and drops WebSockets without a close frame. This server does the following:

1. It serves queued connections and refuses new ones, so that nginx goes to another replica.
2. It closes each WebSocket with 1012 ("service restart": reconnect).
3. It finishes the requests in flight and exits with 0.

A second SIGTERM ends it at once.
"""

import faulthandler
import pkgutil
import signal
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from daphne import cli, http_protocol
from daphne.server import Server
from twisted.internet import reactor
from twisted.internet.interfaces import IListeningPort
from twisted.web.http import HTTPChannel

from tricorn import daphne_websocket, drain, versions
from tricorn.answers import asgi
from tricorn.daphne_body import read_late
from tricorn.daphne_response import PacedRequest
from tricorn.limits import HEAD_BYTES, REQUEST_TIMEOUT

# Most seconds for requests in flight. The stop_grace_period in compose.yaml is longer.
DRAIN_SECONDS = max(30, REQUEST_TIMEOUT) + 5
# Seconds in which every connection is checked once for a due ping, and the number of parts in which that happens.
CHECK_SECONDS = 2
CHECK_PARTS = 20
# Seconds that the event loop may stand still, a sign that a view blocks it. gunicorn has the same limit, `timeout`.
STUCK_SECONDS = max(30, REQUEST_TIMEOUT)


class DrainingServer(Server):
    is_draining = False

    def run(self) -> None:
        self.application = daphne_websocket.wait_for_client(read_late(asgi.wrap(self.application)))
        self.ports: list[IListeningPort] = []
        # Only once the reactor runs: it sets its own handler when it starts.
        reactor.callWhenRunning(signal.signal, signal.SIGTERM, self.handle_sigterm)
        reactor.callWhenRunning(self.feed_watchdog)
        super().run()

    def create_application(self, protocol: object, scope: dict[str, Any]) -> object:
        is_websocket = isinstance(protocol, daphne_websocket.WebSocket)
        if is_websocket:
            scope = {**scope, **daphne_websocket.facts(protocol), "protocol": protocol}
        queue = super().create_application(protocol, self.below_root_path(scope))
        # None if the client has left already.
        if queue is not None:
            self.connections[protocol]["application_instance"].add_done_callback(protocol.application_ended)
        return protocol.mailbox if is_websocket else queue

    async def handle_reply(self, protocol: object, message: dict[str, Any]) -> None:
        if isinstance(protocol, PacedRequest):
            await protocol.writable.wait()
        await super().handle_reply(protocol, message)

    def below_root_path(self, scope: dict[str, Any]) -> dict[str, Any]:
        """Puts root_path before the path, as ASGI says and uvicorn does. Otherwise Channels finds no route."""
        path, raw_path = self.root_path + scope["path"], self.root_path.encode() + scope.get("raw_path", b"")
        return {**scope, "path": path, "raw_path": raw_path}

    def feed_watchdog(self) -> None:
        # If nothing feeds it for so long, it logs what every thread is doing and ends the process. The engine then
        # restarts the container. Without it the container would hang for good: Compose restarts no unhealthy container.
        faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True)
        reactor.callLater(1, self.feed_watchdog)

    def timeout_checker(self) -> None:
        # Daphne sends all pings that are due at once: with 10,000 WebSockets a thousand, every other second. All that
        # shares the cores, or nginx, waits for that.
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
        reactor.callFromThread(self.serve_queue)

    def serve_queue(self) -> None:
        # On a kernel that does not allow to refuse new connections, they are accepted until the queue is empty for a
        # moment, or until the deadline.
        listeners = [port.socket for port in self.ports]
        for listener in listeners:
            drain.refuse_new_connections(listener)
        self.drain_when_served(drain.Queue(listeners))

    def drain_when_served(self, queue: drain.Queue) -> None:
        if queue.is_served():
            self.drain()
        else:
            reactor.callLater(drain.LOOK_SECONDS, self.drain_when_served, queue)

    def drain(self) -> None:
        for port in self.ports:
            port.stopListening()
        for channel in open_channels():
            close_after_the_next_answer(channel)
        self.is_draining = True
        for protocol in list(self.connections):
            if isinstance(protocol, daphne_websocket.WebSocket):
                protocol.restart()
        self.stop_when_idle(time.monotonic() + DRAIN_SECONDS)

    def stop_when_idle(self, deadline: float) -> None:
        # Waits for requests, for connections that may still bring one, and for what an application does after its
        # client has left. Daphne cancels the last after 10 s.
        busy = any(map(is_busy, self.connections.values())) or open_channels()
        if busy and time.monotonic() < deadline:
            reactor.callLater(0.1, self.stop_when_idle, deadline)
        else:
            # Another 0.1 s, in which the event loop sends what was just written.
            reactor.callLater(0.1, self.stop)


def is_busy(details: dict[str, Any]) -> bool:
    """Whether one of Daphne's connections is in use. Daphne removes finished ones within a second."""
    application = details.get("application_instance")
    return "disconnected" not in details or bool(application and not application.done())


def close_after_the_next_answer(channel: HTTPChannel) -> None:
    """Closes an idle connection later: nginx may just have sent a request into it, and cannot repeat a POST."""

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
    # If a response has begun, its headers can no longer say that it is the last one.
    if channel.persistent:
        reactor.callLater(drain.LAST_CALL, close_soon)


def open_channels() -> list[HTTPChannel]:
    """Every open HTTP connection. Twisted has no list of them, but its reactor has all that it reads from."""
    protocols = (getattr(reader, "protocol", None) for reader in reactor.getReaders())
    channels = (getattr(protocol, "_channel", None) for protocol in protocols)
    return [channel for channel in channels if isinstance(channel, HTTPChannel)]


# With Twisted's 16 KiB, this gateway answers 400 where the others accept.
HTTPChannel.MAX_LENGTH = HTTPChannel.totalHeadersSize = HEAD_BYTES

# Twisted parses a posted form in memory, as a whole, and discards the result; Django parses it again, on disk. An
# upload of 100 MiB took over 450 MiB, so any client could get the container killed. A form that Twisted cannot parse
# got an empty 400 instead of Django's answer.
http_protocol.WebRequest = partial(PacedRequest, parsePOSTFormSubmission=False)


class CommandLine(cli.CommandLineInterface):
    server_class = DrainingServer

    def __init__(self) -> None:
        super().__init__()
        self.parser.add_argument(
            "--websocket-class",
            type=pkgutil.resolve_name,
            default=daphne_websocket.WebSocket,
            help="the class of WebSockets; tricorn.daphne_lean:LeanWebSocket takes less memory for idle ones",
        )

    def run(self, args: Sequence[str]) -> None:
        versions.check("daphne")
        daphne_websocket.install(self.parser.parse_args(args).websocket_class)
        super().run(args)


if __name__ == "__main__":
    CommandLine.entrypoint()
