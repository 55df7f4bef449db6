"""Clients that send valid requests while others attack, and must get their own answers."""

import hashlib
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from threading import Event
from types import TracebackType
from typing import Self

from tests.support.stack import GATEWAYS
from tests.support.wire import Edge


class Bystanders:
    """`with Bystanders(edge) as bystanders:` runs one client for each gateway, with a new connection for each request.

    Each nginx worker keeps up to 32 idle connections to a gateway, and gives the last used one to the next request.
    """

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.is_over = Event()
        self.answered = 0
        self.problems: list[str] = []

    def __enter__(self) -> Self:
        self.pool = ThreadPoolExecutor(len(GATEWAYS))
        self.clients: list[Future[int]] = [self.pool.submit(self.stand_by, gateway) for gateway in GATEWAYS]
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.is_over.set()
        self.answered = sum(client.result() for client in self.clients)
        self.pool.shutdown()

    def stand_by(self, gateway: str) -> int:
        answered = 0
        while not self.is_over.is_set():
            path, body = f"/bystander/{secrets.token_hex(8)}", secrets.token_hex(answered % 50).encode()
            try:
                told = self.edge.ask("POST", f"/gateways/{gateway}{path}", body=body).json()
                found = (told["path"], told["length"], told["sha256"])
                if found != (path, len(body), hashlib.sha256(body).hexdigest()):
                    self.problems.append(f"{gateway}: sent {path} with {body!r}, and received {told}")
            except (OSError, HTTPException, ValueError, KeyError) as error:
                self.problems.append(f"{gateway}: sent {path} with {body!r}: {error!r}")
            answered += 1
        return answered
