"""uvicorn's WebSockets, with a goodbye that arrives."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class WebSocket(WebSocketsSansIOProtocol):
    """Tells the client why a message is refused: 1009 if it is too large, 1007 if no UTF-8, 1002 if it is no frame.

    uvicorn (0.54) sends that close frame too, but closes the socket in the same breath. What is still coming of the
    message is then answered with a reset, nginx gives the connection up before it has read the close frame, and all
    that the client is told is 1006: something happened. So this goes on reading for a second, which is what Daphne
    gives a client too, and forgets what it reads.
    """

    refused = False

    def data_received(self, data: bytes) -> None:
        if not self.refused:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        self.refused = True
        self.close_sent = True
        close = self.conn.close_sent
        self.queue.put_nowait({"type": "websocket.disconnect", "code": close.code, "reason": close.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(1, self.transport.close)
