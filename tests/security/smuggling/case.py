"""A case: bytes that a client should not send, and the only allowed result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# The connection afterwards: nothing more is read from it, or the next request on it gets its own answer.
type Then = Literal["closed", "in sync"]
# The statuses of all answers in order, and what follows. 0: no status line (HTTP/0.9, frames of a WebSocket).
type End = tuple[tuple[int, ...], Then]

# The request that must never be executed. It is complete, whichever gateway would take it for a request.
SMUGGLED = "GET /smuggled/{token} HTTP/1.1\r\nHost: {gateway}.localhost\r\n\r\n"

# Requests that nginx accepts and passes on, and that the gateway's own parser rejects.
GUNICORN_REFUSES: Mapping[str, End] = {"gunicorn": ((400,), "in sync")}
HTTP_GATEWAYS_REFUSE: Mapping[str, End] = {**GUNICORN_REFUSES, "daphne": ((400,), "in sync")}


@dataclass(frozen=True)
class Case:
    name: str
    # Each character is the byte of its number. `render` fills in {method}, {host}, {path}, {gateway}, {token} and
    # {smuggled}; {chunk}: {smuggled} as a chunk; {length}: the length of everything after the first empty line.
    data: str
    answers: tuple[int, ...]
    then: Then
    # The body that the project reads, if the request reaches it.
    body: str = ""
    # The client stops before the announced end, instead of sending another request.
    unfinished: bool = False
    # The gateways with another result.
    on: Mapping[str, End] = field(default_factory=dict)

    def end(self, gateway: str) -> End:
        return self.on.get(gateway, (self.answers, self.then))


def refused(name: str, data: str, status: int = 400) -> Case:
    """nginx rejects it, and closes: it cannot know where the next request begins."""
    return Case(name, data, (status,), "closed")


def answered(name: str, data: str, status: int) -> Case:
    """nginx answers itself. The end of the request is certain."""
    return Case(name, data, (status,), "in sync")


def passed(name: str, data: str, body: str = "", on: Mapping[str, End] | None = None) -> Case:
    """nginx and the gateway see one request, with that body."""
    return Case(name, data, (200,), "in sync", body, on=on or {})


def unfinished(name: str, data: str) -> Case:
    """No client is left to get an answer: the connection is closed."""
    return Case(name, data, (), "closed", unfinished=True)


def message(*headers: str, body: str = "", line: str = "{method} {path} HTTP/1.1", host: str = "Host: {host}") -> str:
    return "\r\n".join([line, host, *headers, "", ""]) + body


def render(template: str, **fields: str) -> bytes:
    """The bytes of a case, for `fields` host, path, gateway, token and method."""
    smuggled = fill(SMUGGLED, fields)
    text = fill(template, {**fields, "smuggled": smuggled, "chunk": f"{len(smuggled):x}\r\n{smuggled}\r\n"})
    return text.replace("{length}", str(len(text.partition("\r\n\r\n")[2]))).encode("latin-1")


def fill(template: str, fields: Mapping[str, str]) -> str:
    for name, value in fields.items():
        template = template.replace(f"{{{name}}}", value)
    return template
