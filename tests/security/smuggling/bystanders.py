"""Other clients, who send what is right while others send what is wrong, and must get what is theirs."""

import hashlib
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from threading import Event
from types import TracebackType
from typing import Self

from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS


class Bystanders:
    """`with Bystanders(edge) as bystanders:` one client of each gateway, on a new connection each time, until the end.

    nginx has 32 connections to each gateway in stock, and gives the one that was used last to whoever comes next.
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
                    self.problems.append(f"{gateway}: sent {path} with {body!r}, and was told {told}")
            except (OSError, HTTPException, ValueError, KeyError) as error:
                self.problems.append(f"{gateway}: sent {path} with {body!r}: {error!r}")
            answered += 1
        return answered
