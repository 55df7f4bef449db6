"""README, the pages and the pictures have the numbers of the settings, and the versions that are locked.

If a test fails, a default has changed, and the page that it names still has the old number.
"""

import re

import pytest

from tests.support.stack import ROOT

EXAMPLE = dict(re.findall(r"^([A-Z_]+)=(\S+)", (ROOT / ".env.example").read_text(), re.MULTILINE))
NUMBERS = {name: int(value) for name, value in EXAMPLE.items() if value.isdigit()}

(NGINX_CONNECTIONS,) = re.findall(r"^CONNECTIONS=(\d+)$", (ROOT / "nginx/render-workers").read_text(), re.MULTILINE)


def megabytes(size: str) -> int:
    return int(EXAMPLE[size].removesuffix("m"))


def head_buffer(file: str) -> int:
    """kB of the buffers for the head of a response: one size for all protocols."""
    sizes = re.findall(r"^(?:proxy|uwsgi)_buffer_size (\d+)k;", (ROOT / "nginx" / file).read_text(), re.MULTILINE)
    (size,) = set(sizes)
    return int(size)


def derived() -> dict[str, object]:
    """Numbers of the pages that follow from several settings."""
    it = NUMBERS
    pool = it["DATABASE_POOL_SIZE"]
    connections = it["UWSGI_PROCESSES"] * it["UWSGI_THREADS"] + (it["WEB_CONCURRENCY"] + it["DAPHNE_REPLICAS"]) * pool
    probed = connections + it["UWSGI_PROCESSES"] + it["WEB_CONCURRENCY"] + it["DAPHNE_REPLICAS"]
    return {
        "connections": connections,
        "connections_twice": 2 * connections,
        "probed": probed,
        "probed_twice": 2 * probed,
        "uwsgi_share": megabytes("UWSGI_MEMORY") * 3 // 4 // it["UWSGI_PROCESSES"],
        "upload_mb": megabytes("UPLOAD_LIMIT"),
        "body_mb": megabytes("BODY_LIMIT"),
        "uploads_gb": f"{it['UPLOADS_AT_ONCE'] * megabytes('UPLOAD_LIMIT') / 1000:.1f}",
        "bodies_gb": f"{512 * megabytes('BODY_LIMIT') / 1000:.1f}",
        "head_kb": head_buffer("conf.d/buffers.conf"),
        "websocket_head_kb": head_buffer("snippets/websocket_buffers.conf"),
        "read_timeout": it["REQUEST_TIMEOUT"] + 30,
        "drain": max(30, it["REQUEST_TIMEOUT"]) + 5,
        "nginx_connections": f"{int(NGINX_CONNECTIONS):,}",
        "descriptors": f"{2 * int(NGINX_CONNECTIONS):,}",
        "websockets": f"{int(NGINX_CONNECTIONS) // 2:,}",
    }


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("README.md", "1 master, {UWSGI_PROCESSES} workers of {UWSGI_THREADS} threads"),
        ("README.md", "1 arbiter, {WEB_CONCURRENCY} workers"),
        ("docs/architecture.svg", ">{UWSGI_PROCESSES} workers x {UWSGI_THREADS} threads<"),
        ("docs/architecture.svg", ">{WEB_CONCURRENCY} UvicornWorkers<"),
        (".env.example", "x DATABASE_POOL_SIZE = {connections} with the values here."),
        (".env.example", "each process opens one more: {probed}."),
        (".env.example", "UPLOADS_AT_ONCE x UPLOAD_LIMIT = {uploads_gb} GB, and {bodies_gb} GB for smaller bodies."),
        ("docs/production.md", "{UWSGI_PROCESSES} x {UWSGI_THREADS} + ({WEB_CONCURRENCY} + {DAPHNE_REPLICAS}) x"),
        ("docs/production.md", "x {DATABASE_POOL_SIZE} = {connections} "),
        ("docs/production.md", "count the sum twice: {connections_twice}."),
        (
            "docs/production.md",
            "before you double: {probed}, so {probed_twice}. The default of {POSTGRES_MAX_CONNECTIONS} ",
        ),
        ("docs/production.md", "Daphne adds {DATABASE_POOL_SIZE}."),
        ("docs/production.md", "at most `UWSGI_MAX_CONNECTIONS` ({UWSGI_MAX_CONNECTIONS}) requests"),
        ("docs/production.md", "in equal shares: {uwsgi_share} MiB each for"),
        ("docs/production.md", "`REQUEST_TIMEOUT` is {REQUEST_TIMEOUT} s."),
        ("docs/production.md", "up to `BODY_LIMIT` ({body_mb} MB)."),
        ("docs/production.md", "up to `UPLOAD_LIMIT` ({upload_mb} MB)."),
        ("docs/production.md", "accepts `UPLOADS_AT_ONCE` ({UPLOADS_AT_ONCE}) large bodies and 512 smaller ones"),
        ("docs/production.md", "up to {uploads_gb} GB and {bodies_gb} GB of disk"),
        ("docs/production.md", "nginx's workers together ask for {descriptors}, or each"),
        (
            "docs/production.md",
            "nginx has room for {websockets} WebSockets: its workers have {nginx_connections} connections",
        ),
        (".env.example", "They have room for {websockets} WebSockets together."),
        ("nginx/nginx.conf", "All workers together have {nginx_connections}."),
        ("nginx/nginx.conf", "room for {websockets} WebSockets."),
        ("docs/your-project.md", "a body may have at most {body_mb} MB"),
        ("docs/operations.md", "each replica processes or queues {UWSGI_MAX_CONNECTIONS} requests"),
        ("docs/operations.md", "the requests in flight ({drain} s at most)"),
        ("docs/operations.md", "a WebSocket is open, that takes {STOP_TIMEOUT} s"),
        ("docs/operations.md", "nginx answers 504 after {read_timeout} s"),
        ("docs/security.md", "{STOP_TIMEOUT} s at most |"),
        ("docs/troubleshooting.md", "must fit into {head_kb} kB, below `/ws/` into {websocket_head_kb} kB;"),
        ("docs/troubleshooting.md", "| 504 after `REQUEST_TIMEOUT`, {REQUEST_TIMEOUT} s |"),
        ("docs/troubleshooting.md", "| 504 after {read_timeout} s, `REQUEST_TIMEOUT` and 30 |"),
    ],
)
def test_the_numbers_are_those_of_the_settings(page: str, sentence: str) -> None:
    text = " ".join((ROOT / page).read_text().replace("\n#", " ").split())
    assert " ".join(sentence.format(**(EXAMPLE | derived())).split()) in text


@pytest.mark.parametrize("gateway", ["uwsgi", "gunicorn", "daphne"])
def test_readme_shows_the_versions_that_are_locked(gateway: str) -> None:
    shown = re.search(rf"^  {gateway} .* ([\d.]+) +(?:WSGI|ASGI)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert shown
    assert f"\n{gateway}=={shown[1]} " in f"\n{(ROOT / gateway / 'requirements.txt').read_text()}"


def test_the_replaced_parts_were_written_for_the_versions_that_are_locked() -> None:
    text = " ".join((ROOT / "docs/not-stock.md").read_text().split())
    paragraph = re.search(r"\*\*Written for\*\* are the versions in the `requirements.txt` files: (.*?), nginx", text)
    assert paragraph
    locks = "".join(
        (ROOT / folder / "requirements.txt").read_text() for folder in ("apps", "uwsgi", "gunicorn", "daphne")
    )
    locked = dict(re.findall(r"^([\w-]+)(?:\[[\w,]+\])?==(\S+)", locks, re.MULTILINE))
    named = dict(entry.rsplit(" ", 1) for entry in paragraph[1].split(", "))
    assert len(named) > 10
    names = {name: {"redis-py": "redis"}.get(name, name.lower().replace("_", "-")) for name in named}
    assert named == {name: locked[names[name]] for name in named}
