"""Clients that go on while something is renewed: none of their requests may fail."""

import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

import httpx
from cryptography import x509

from tests.security.tls.handshake import client
from tests.security.tls_stack import TlsStack

# httpx's words for GOAWAY without an error, before the first stream.
NOT_DEALT_WITH = "ConnectionTerminated error_code:0, last_stream_id:0"
KINDS = ("HTTP/1.1, new connections", "HTTP/1.1, kept connection", "HTTP/2, new connections")


@dataclass
class Visits:
    """What became of one client's requests."""

    answers: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    serials: list[int] = field(default_factory=list)  # of the certificates that new connections got


class Visitors:
    """`with Visitors(stack) as visitors:`, then visitors["HTTP/2, new connections"].answers: {"200": 123} is good.

    Over HTTP/2 an old worker says goodbye (GOAWAY) to a connection that was just being made, and names the last stream
    that it dealt with: none. Such a request is sent again, as browsers do (RFC 9113, 8.7).
    """

    def __init__(self, stack: TlsStack) -> None:
        self.stack, self.over = stack, threading.Event()
        self.visits = {kind: Visits() for kind in KINDS}

    def __getitem__(self, kind: str) -> Visits:
        return self.visits[kind]

    @property
    def sent(self) -> int:
        return sum(visits.answers.total() for visits in self.visits.values())

    def __enter__(self) -> Self:
        self.threads = [threading.Thread(target=self.visit, args=(kind,)) for kind in KINDS]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def browser(self, kind: str, trust: ssl.SSLContext) -> httpx.Client:
        limits = httpx.Limits(max_keepalive_connections=0 if "new" in kind else 1)
        return httpx.Client(
            base_url=self.stack.https_url, verify=trust, http2="HTTP/2" in kind, limits=limits, timeout=20
        )

    def visit(self, kind: str) -> None:
        visits = self.visits[kind]
        with self.browser(kind, client(self.stack)) as browser:
            while not self.over.is_set():
                try:
                    with browser.stream("GET", "/hello/sync/") as answer:
                        # Before the body: a connection that is read to its end may be closed.
                        visits.serials.append(serial_of(answer))
                        answer.read()
                        visits.answers[str(answer.status_code)] += 1
                except (httpx.HTTPError, OSError) as error:
                    if NOT_DEALT_WITH in str(error):
                        visits.repeated += 1
                        continue
                    visits.answers[f"{type(error).__name__}: {error}"] += 1
                # A rate, and not a flood.
                time.sleep(0.01)


def serial_of(answer: httpx.Response) -> int:
    secured: ssl.SSLSocket = answer.extensions["network_stream"].get_extra_info("ssl_object")
    return x509.load_der_x509_certificate(secured.getpeercert(True) or b"").serial_number
