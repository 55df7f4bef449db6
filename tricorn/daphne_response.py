"""Responses that wait for the client, and that close the connection if they fail.

Daphne (4.2.3) writes all that the application sends into memory, however slowly the client reads: a file of 600 MB
takes 600 MB. If an application fails in the middle of a response, or ends without completing it, Daphne does not close
the connection. The client then waits until nginx gives up after 60 s.
"""

# ruff: noqa: N802  # names that Twisted gave

import asyncio
import logging
from typing import Any

from twisted.python.failure import Failure

from tricorn.daphne_body import Request
from tricorn.mailbox import WRITABLE

logger = logging.getLogger(__name__)


class PacedRequest(Request):
    """A "producer": Twisted notifies it when the client falls behind with reading, and when it catches up."""

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
        # Once a response has begun, it cannot become an error response.
        if not self._response_started:
            super().handle_exception(exception)

    def application_ended(self, application: asyncio.Future[None]) -> None:
        """If the response is incomplete, closes the connection. nginx then sees that something is missing."""
        if self.finished or self._disconnected or self.channel is None:
            return
        failed = application.cancelled() or application.exception() is not None
        # If the application failed before the response began, Daphne sends its own error response.
        if self._response_started or not failed:
            if not failed:
                logger.error("%s: the application ended without a complete response", self.path.decode("latin-1"))
            self.channel.loseConnection()
