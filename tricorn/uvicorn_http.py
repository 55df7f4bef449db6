"""uvicorn's HTTP. When the worker stops, each idle connection may still get one last answer."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tricorn.drain import LAST_CALL


class Http(HttpToolsProtocol):
    """When the worker stops, answers the next request on each idle connection with `Connection: close`.

    uvicorn (0.54) closes idle connections at once. nginx may just have sent a request into one, and cannot repeat a
    POST.
    """

    is_leaving = False

    def shutdown(self) -> None:
        self.is_leaving = True
        # If the response has begun, its headers can no longer say that it is the last one.
        if self.cycle is None or self.cycle.response_started:
            self.loop.call_later(LAST_CALL, super().shutdown)
        else:
            super().shutdown()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        if self.is_leaving:
            # The server has already notified its list of connections of the stop. This one was not in the list.
            self.transport.get_protocol().shutdown()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.is_leaving and self.cycle is not None:
            # The response then has `Connection: close`, and uvicorn closes the connection after it.
            self.cycle.keep_alive = False
