"""What a case is: bytes that a client should not send, and the one thing that may come of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# What becomes of the connection: nothing more is read from it, or the next request on it gets its own answer.
type Then = Literal["closed", "in sync"]
# The statuses of all answers, in order, and what follows; 0 is what has no status line: HTTP/0.9, a WebSocket's frames.
type End = tuple[tuple[int, ...], Then]

# The request that must never be executed. Whoever takes it for one finds it whole, whichever gateway that is.
SMUGGLED = "GET /smuggled/{token} HTTP/1.1\r\nHost: {gateway}.localhost\r\n\r\n"

# Valid for nginx and passed on, but not for the gateway's own parser, which answers for itself.
GUNICORN_REFUSES: Mapping[str, End] = {"gunicorn": ((400,), "in sync")}
HTTP_GATEWAYS_REFUSE: Mapping[str, End] = {**GUNICORN_REFUSES, "daphne": ((400,), "in sync")}


@dataclass(frozen=True)
class Case:
    name: str
    # Each character is the byte of its number. `render` fills in {method}, {host}, {path}, {gateway}, {token},
    # {smuggled}; {chunk}, the same as a chunk; {length}, of all that follows the first empty line.
    data: str
    answers: tuple[int, ...]
    then: Then
    # What the project reads, where the request reaches it.
    body: str = ""
    # Not all of it is sent that it announces: the client ends there, instead of going on with another request.
    unfinished: bool = False
    # The gateways where it ends in another way.
    on: Mapping[str, End] = field(default_factory=dict)

    def end(self, gateway: str) -> End:
        return self.on.get(gateway, (self.answers, self.then))


def refused(name: str, data: str, status: int = 400) -> Case:
    """nginx's own refusal, after which it does not believe that it knows where the next request begins."""
    return Case(name, data, (status,), "closed")


def answered(name: str, data: str, status: int) -> Case:
    """nginx's own answer, to a request whose end is beyond doubt."""
    return Case(name, data, (status,), "in sync")


def passed(name: str, data: str, body: str = "", on: Mapping[str, End] | None = None) -> Case:
    """One request, to nginx and to the gateway, with that body."""
    return Case(name, data, (200,), "in sync", body, on=on or {})


def unfinished(name: str, data: str) -> Case:
    """Nobody is left to be answered: the connection is closed."""
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
