"""Clients that continue during a renewal. None of their requests may fail."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

import httpx
from cryptography import x509

from tests.security.tls.handshake import client, handshake
from tests.security.tls.http2 import Http2, NotDealtWithError
from tests.support.tls_stack import TlsStack

KINDS = (
    "HTTP/1.1, new connections",
    "HTTP/1.1, kept connection",
    "HTTP/2, new connections",
    "HTTP/2, kept connection",
)
PATH = "/hello/sync/"


@dataclass
class Visits:
    """The results of one client's requests."""

    answers: Counter[str] = field(default_factory=Counter)
    # HTTP/2 requests that the server reported as not processed in its GOAWAY. The client sent them again.
    repeated: int = 0
    serials: list[int] = field(default_factory=list)  # of the certificates of the connections

    def add(self, status: int, serial: int) -> None:
        self.answers[str(status)] += 1
        self.serials.append(serial)


class Visitors:
    """`with Visitors(stack) as visitors:`, then visitors["HTTP/2, kept connection"].answers: {"200": 123} is good."""

    def __init__(self, stack: TlsStack) -> None:
        self.stack, self.over = stack, threading.Event()
        self.visits = {kind: Visits() for kind in KINDS}

    def __getitem__(self, kind: str) -> Visits:
        return self.visits[kind]

    @property
    def sent(self) -> int:
        return sum(visits.answers.total() for visits in self.visits.values())

    @property
    def fewest(self) -> int:
        """The number of answers to the slowest client."""
        return min(visits.answers.total() for visits in self.visits.values())

    def __enter__(self) -> Self:
        self.threads = [threading.Thread(target=self.visit, args=(kind,)) for kind in KINDS]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def visit(self, kind: str) -> None:
        go_on = self.over_http_2 if "HTTP/2" in kind else self.over_http_1
        while not self.over.is_set():
            try:
                for _ in go_on(self[kind], is_kept="kept" in kind):
                    # A fixed pause limits the rate.
                    time.sleep(0.01)
                    if self.over.is_set():
                        break
            except (httpx.HTTPError, OSError) as error:
                self[kind].answers[f"{type(error).__name__}: {error}"] += 1

    def over_http_1(self, visits: Visits, is_kept: bool) -> Iterator[None]:
        limits = httpx.Limits(max_keepalive_connections=1 if is_kept else 0)
        trust = client(self.stack)
        with httpx.Client(base_url=self.stack.https_url, verify=trust, limits=limits, timeout=20) as browser:
            while True:
                with browser.stream("GET", PATH) as answer:
                    # Read before the body: after it, the connection may be closed.
                    serial = serial_of(answer.extensions["network_stream"].get_extra_info("ssl_object"))
                    answer.read()
                    visits.add(answer.status_code, serial)
                yield

    def over_http_2(self, visits: Visits, is_kept: bool) -> Iterator[None]:
        trust = client(self.stack, None, "h2")
        while True:
            try:
                with handshake(self.stack, trust) as secured:
                    connection = Http2(secured)
                    while not connection.is_over:
                        visits.add(connection.get("localhost", PATH), serial_of(secured))
                        yield
                        if not is_kept:
                            break
            except NotDealtWithError:
                visits.repeated += 1


def serial_of(secured: ssl.SSLSocket) -> int:
    return x509.load_der_x509_certificate(secured.getpeercert(True) or b"").serial_number
