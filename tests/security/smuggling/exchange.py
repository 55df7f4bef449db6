"""Sends a case to a gateway, then a good request on the same connection, and records everything that returns."""

import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import islice
from typing import cast

from tests.security.smuggling.case import Case, message, render
from tests.support.echo import UNREAD
from tests.support.wire import Answer, Edge, read_answer, send_all

# Seconds of silence that count as a hang. Less than nginx waits for headers (10) or for the next part of a body (20):
# otherwise a request that nginx takes for unfinished would pass for a rejected one.
DEADLINE = 7
AFTER = message("Connection: close", line="GET /gateways/{gateway}/after/{token} HTTP/1.1", host="Host: localhost")


@dataclass(frozen=True)
class Way:
    """How a case is sent: properties that may change how far a server reads."""

    method: str
    is_read: bool  # the view reads the body
    is_pinned: bool  # by the gateway's own host; otherwise by the prefix
    at_once: bool  # the next request comes in the same packets; otherwise after the answer


@dataclass(frozen=True)
class Trial[C]:
    case: C
    gateway: str
    way: Way
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def fields(self) -> dict[str, str]:
        """The values of {method}, {path} and so on in a case."""
        path = f"{'' if self.way.is_read else UNREAD}/case/{self.token}"
        host = f"{self.gateway}.localhost" if self.way.is_pinned else "localhost"
        path = path if self.way.is_pinned else f"/gateways/{self.gateway}{path}"
        return {
            "method": self.way.method,
            "host": host,
            "path": path,
            "gateway": self.gateway,
            "token": self.token,
        }


@dataclass
class Outcome:
    trial: Trial[Case]
    answers: list[Answer] = field(default_factory=list)  # to the case
    after: Answer | None = None  # to the good request
    problem: str = ""  # a hang, or bytes that are not an answer

    def __str__(self) -> str:
        found = [(answer.status, answer.body[:200]) for answer in self.answers]
        return f"{self.trial.gateway}, {self.trial.way}: {found}, then {self.after}. {self.problem}"


class Stream:
    """Answers on one connection. http.client reads ahead: a new reader would lose the start of the next answer."""

    def __init__(self, connection: socket.socket) -> None:
        self.file = connection.makefile("rb")

    def makefile(self, _mode: str) -> "Stream":
        return self

    def __getattr__(self, name: str) -> object:
        return getattr(self.file, name)

    def close(self) -> None:
        """Called after each answer. The next answer comes from the same buffer."""

    def answers(self) -> Iterator[Answer]:
        """Answers until the other side closes, or resets the connection after an answer to an unread request."""
        try:
            while begin := self.file.peek(1)[:5]:
                if begin == b"HTTP/":
                    yield read_answer(cast(socket.socket, self))
                else:
                    yield Answer(0, (), self.file.read())
        except ConnectionResetError:
            return


def exchange(edge: Edge, trial: Trial[Case]) -> Outcome:
    outcome = Outcome(trial)
    data, after = (render(template, **trial.fields()) for template in (trial.case.data, AFTER))
    with edge.connect(DEADLINE) as connection:
        answers = Stream(connection).answers()
        try:
            if trial.case.unfinished:
                send_all(connection, data)
                connection.shutdown(socket.SHUT_WR)
            elif trial.way.at_once:
                send_all(connection, data + after)
            else:
                send_all(connection, data)
                outcome.answers += islice(answers, 1)
                send_all(connection, after)
            outcome.answers += answers
        except (OSError, HTTPException) as error:
            outcome.problem = repr(error)
    if outcome.answers and is_of(outcome.answers[-1], f"/after/{trial.token}"):
        outcome.after = outcome.answers.pop()
    return outcome


def is_of(answer: Answer, path: str) -> bool:
    """Whether it is the project's answer to a request for that path."""
    return answer.status == 200 and answer.json()["path"] == path
