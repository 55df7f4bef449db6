"""Responses that wait for the client, and that end where they fail.

Daphne (4.2.3) writes all that the application sends into memory, however slowly it is read: a file of 600 MB takes
600 MB. And where an application fails in the middle of a response, or ends without having completed it, Daphne does not
close the connection. The client waits until nginx gives up, after 60 s.
"""

# ruff: noqa: N802  # names that Twisted gave

import asyncio
import logging
from typing import Any

from asgi_lean import WRITABLE
from body import Request
from twisted.python.failure import Failure

logger = logging.getLogger(__name__)


class PacedRequest(Request):
    """A "producer", which is what Twisted tells when the client does not read, and when it has."""

    writable = WRITABLE

    def handle_reply(self, message: dict[str, Any]) -> None:
        if message.get("type") == "http.response.start" and not self.producer and self.channel and not self.finished:
            self.registerProducer(self, True)
        super().handle_reply(message)

    def pauseProducing(self) -> None:
        if self.writable.is_set():
            self.writable = asyncio.Event()

    def resumeProducing(self) -> None:
        self.writable.set()

    def stopProducing(self) -> None:
        self.writable.set()

    def connectionLost(self, reason: Failure) -> None:
        self.writable.set()
        super().connectionLost(reason)

    def finish(self) -> None:
        if self.producer:
            self.unregisterProducer()
        super().finish()

    def handle_exception(self, exception: BaseException) -> None:
        # Once a response has begun, it cannot become an error any more.
        if not self._response_started:
            super().handle_exception(exception)

    def application_ended(self, application: asyncio.Future[None]) -> None:
        """Without a complete response: the connection is closed, so that nginx sees that something is missing."""
        if self.finished or self._disconnected or self.channel is None:
            return
        failed = application.cancelled() or application.exception() is not None
        # Where none has begun, it becomes Daphne's own error.
        if self._response_started or not failed:
            if not failed:
                logger.error("%s: the application ended without a complete response", self.path.decode("latin-1"))
            self.channel.loseConnection()
