"""The contestants: where each gets its load, and from which network."""

from dataclasses import dataclass, replace
from functools import partial

EDGE = "http://nginx:8080"


@dataclass(frozen=True)
class Contestant:
    """One row of a table of results."""

    name: str
    service: str  # the service of its container
    interface: str  # WSGI or ASGI: which of the two kinds of views the load requests
    url: str  # the address below which the paths are
    # Without nginx: the load comes from inside the container's network namespace, where the server's port is on
    # loopback.
    is_direct: bool = False
    kind: str = "gateway"

    def path(self, view: str, *, synchronous: bool = False) -> str:
        """The path of the view, in the kind that fits the interface."""
        return f"/bench/{'async/' if self.interface == 'ASGI' and not synchronous else ''}{view}/"


def through_nginx(name: str, interface: str, kind: str = "gateway") -> Contestant:
    return Contestant(name, name, interface, f"{EDGE}/gateways/{name}", kind=kind)


def direct(service: str, interface: str, port: int) -> Contestant:
    url = f"http://127.0.0.1:{port}"
    return Contestant(f"{service} without nginx", service, interface, url, is_direct=True, kind="direct")


peer = partial(through_nginx, kind="peer")

GATEWAYS = [through_nginx("uwsgi", "WSGI"), through_nginx("gunicorn", "ASGI"), through_nginx("daphne", "ASGI")]
DIRECT = [direct("uwsgi", "WSGI", 8001), direct("gunicorn", "ASGI", 8000), direct("daphne", "ASGI", 9000)]
# The view, called in the process that would serve it, on one core and without a server. Nothing can be faster.
CEILINGS = [
    Contestant("WSGI ceiling", "uwsgi", "WSGI", "", kind="ceiling"),
    Contestant("ASGI ceiling", "gunicorn", "ASGI", "", kind="ceiling"),
]
PEERS = [
    # With the project's middleware, like the gateways. `whole`: cookiecutter with Django's seven, TechEmpower without
    # (lab/compose.bench.yaml).
    peer("techempower", "WSGI"),
    peer("techempower-whole", "WSGI"),
    peer("notes-uwsgi", "WSGI"),
    peer("cookiecutter", "ASGI"),
    peer("cookiecutter-whole", "ASGI"),
    peer("notes-gunicorn", "ASGI"),
    peer("gunicorn-stock", "ASGI"),
    peer("uwsgi-3x2", "WSGI"),
    peer("uwsgi-4x2", "WSGI"),
    peer("uvicorn-fast", "ASGI"),
    peer("uvicorn-pure", "ASGI"),
]
FILES = [
    Contestant("nginx", "nginx", "-", EDGE),
    Contestant("stock nginx", "stock-nginx", "-", "http://stock-nginx:8080", kind="peer"),
    # The same bytes from a view. The claim is that this is a waste.
    Contestant("Django on uwsgi", "uwsgi", "WSGI", f"{EDGE}/gateways/uwsgi", kind="peer"),
]


# Their replicas exist only for this: lab/compose.bench.yaml.
SCALED = [replace(it, service=f"scaled-{it.name}", url=f"{EDGE}/gateways/scaled-{it.name}") for it in GATEWAYS]


def gallery(servers: list[dict[str, str]]) -> list[Contestant]:
    """The contestants of the gallery, from lab/gallery/servers.toml."""
    return [
        through_nginx(it["name"], "ASGI" if it["interface"] == "ASGI" else "WSGI", kind="gallery") for it in servers
    ]
