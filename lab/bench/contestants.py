"""The contestants: lab/bench/contestants.toml, which explains each field."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EDGE = "http://nginx:8080"


@dataclass(frozen=True)
class Contestant:
    """One row of a table of results."""

    name: str
    service: str  # the service of its container
    interface: str  # WSGI or ASGI: which of the two kinds of views the load requests
    url: str  # the address below which the paths are
    group: str = ""
    kind: str = "gateway"
    port: int = 0
    protocol: str = "http"
    keepalive_timeout: str = ""
    reload: tuple[str, ...] = ()
    files: str = ""
    without: tuple[str, ...] = ()

    @property
    def is_direct(self) -> bool:
        """Without nginx: the load comes from inside the container's network namespace."""
        return self.group == "direct"

    def path(self, view: str, *, synchronous: bool = False) -> str:
        """The path of the view, in the kind that fits the interface."""
        return f"/bench/{'async/' if self.interface == 'ASGI' and not synchronous else ''}{view}/"


def contestant(entry: dict[str, Any]) -> Contestant:
    """An entry of the table. A field that Contestant does not have is a TypeError."""
    service = entry.get("service", entry["name"])
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
    return Contestant(**{"service": service, "url": f"{EDGE}/gateways/{service}"} | fields)


TABLE = tomllib.loads((Path(__file__).parent / "contestants.toml").read_text())
CONTESTANTS = [contestant(entry) for entry in TABLE["contestant"]]
# The label and the colour of each kind, in the order of the report's legend.
KINDS: dict[str, dict[str, str]] = TABLE["kind"]


def group(name: str) -> list[Contestant]:
    return [it for it in CONTESTANTS if it.group == name]


GATEWAYS = group("gateways")


def gallery(servers: list[dict[str, str]]) -> list[Contestant]:
    """The contestants of the gallery, from lab/gallery/servers.toml."""
    return [
        contestant(
            {
                "name": it["name"],
                "group": "gallery",
                "kind": "gallery",
                "interface": "ASGI" if it["interface"] == "ASGI" else "WSGI",
            }
        )
        for it in servers
    ]
