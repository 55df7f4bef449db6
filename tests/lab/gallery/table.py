"""lab/gallery/servers.toml: what each server is, supports and cannot do."""

import tomllib
from dataclasses import dataclass

from tests.support.stack import ROOT

# The small applications of lab/notes.md: path and answer.
SMALL = {
    ("bare-wsgi", "/"): "<h1>hi, python!</h1>",
    ("bare-wsgi", "/python"): "<h1>it work!</h1>",
    ("bare-asgi", "/"): "Hello, ASGI!",
    ("flask", "/"): "Hello, WSGI!",
    ("fastapi", "/"): '{"message":"Hello, ASGI!"}',
}


@dataclass(frozen=True)
class Server:
    """An entry of the table. servers.toml explains each field."""

    name: str
    family: str
    server: str
    distribution: str
    interface: str
    protocol: str
    tree: list[tuple[int, str]]
    websocket: bool
    at_once: int
    queue: int
    on_stop: str
    exceptions: tuple[str, ...] = ()
    exit: int = 0

    def __str__(self) -> str:
        return self.name


SERVERS = [Server(**line) for line in tomllib.loads((ROOT / "lab/gallery/servers.toml").read_text())["server"]]
EVERY_NAME = [server.name for server in SERVERS] + sorted({name for name, _ in SMALL})
