"""uvicorn's HTTP, with a last answer on each connection before it is closed."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Seconds that an idle connection stays open for one more request.
LAST_CALL = 2


class Http(HttpToolsProtocol):
    """A worker that stops answers what comes on its idle connections, with `Connection: close`.

    uvicorn (0.54) closes them at once. nginx may just have sent a request into one, and cannot repeat a POST.
    """

    is_leaving = False

    def shutdown(self) -> None:
        self.is_leaving = True
        # Where an answer has begun, it can no longer say that it is the last.
        if self.cycle is None or self.cycle.response_started:
            self.loop.call_later(LAST_CALL, super().shutdown)
        else:
            super().shutdown()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        if self.is_leaving:
            # It would not be told that the worker stops: those that are were listed before.
            self.transport.get_protocol().shutdown()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.is_leaving and self.cycle is not None:
            # The answer says so, and uvicorn closes after it.
            self.cycle.keep_alive = False
