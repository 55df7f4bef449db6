"""The scenarios: one table. Each says which view is requested, from which contestants, and the unit of its result."""

from dataclasses import dataclass

HTTP = "requests a second"


@dataclass(frozen=True)
class Scenario:
    """`view` is a view of lab/bench/project. `clients` are connections that send again once they have an answer."""

    name: str
    title: str
    view: str = ""
    clients: int = 32
    # A factor for the duration: it takes seconds until 1,000 clients are connected and all have had one answer.
    longer: int = 1
    unit: str = HTTP
    # The groups of lab/bench/contestants.toml that take part. GALLERY=1 adds the gallery to the gateways.
    who: tuple[str, ...] = ("gateways",)
    # Bytes of a request's body.
    body: int = 0
    quick: bool = False
    # Uses the synchronous view on ASGI too, where it needs a thread.
    synchronous: bool = False
    # Numbers of the claims in lab/notes.md that this scenario confirms or corrects.
    claims: tuple[int, ...] = ()


SCENARIOS = [
    Scenario(
        "hello",
        "A view that answers with 27 bytes of JSON",
        "hello",
        who=("ceilings", "gateways", "direct", "peers"),
        quick=True,
        claims=(2, 5, 8, 11),
    ),
    Scenario("row", "One row of the database", "row", who=("gateways", "peers"), quick=True),
    Scenario("rows", "Twenty rows of the database", "rows"),
    Scenario("write", "A row written to the database", "write", body=1),
    Scenario("page", "A page from a template, with twenty rows", "page"),
    Scenario("mebibyte", "A response of 1 MiB", "mebibyte", clients=8),
    Scenario("upload", "An upload of 10 MiB", "upload", clients=4, body=10 * 2**20),
    Scenario("wait-10", "A view that waits 100 ms, 10 clients", "wait", clients=10, claims=(2,)),
    Scenario("wait-100", "A view that waits 100 ms, 100 clients", "wait", clients=100, quick=True, claims=(2, 10)),
    # The cost of so many connections, whatever is requested over them. The next scenario is compared with it.
    Scenario("hello-1000", "A view that does not wait, 1,000 clients", "hello", clients=1000, longer=4),
    Scenario("wait-1000", "A view that waits 100 ms, 1,000 clients", "wait", clients=1000, longer=4, claims=(2, 10)),
    Scenario("wait-sync", "A synchronous view that waits 100 ms, 100 clients", "wait", clients=100, synchronous=True),
    # As many as uWSGI streams at once: half of its threads. It refuses more with 503.
    Scenario("events", "Server-sent events, 50 in a stream", "", clients=4, unit="streams a second"),
    Scenario("static-small", "A static file of a few kB", who=("files",), quick=True, claims=(12,)),
    Scenario("static-large", "A file of 10 MiB", who=("files",), clients=8),
    Scenario("static-gzip", "A static file for clients that accept gzip", who=("files",)),
]
