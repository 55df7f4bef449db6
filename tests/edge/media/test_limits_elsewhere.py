"""UPLOAD_LIMIT applies below UPLOAD_PATHS, for a limited number of uploads at once. BODY_LIMIT applies elsewhere."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.stack import GATEWAYS, Stack, run, wait_until
from tests.support.uploads import FORM, form
from tests.support.variant import variant
from tests.support.wire import Edge, parse, request

BODY = 64 * 1024
UPLOAD = 4 * BODY
AT_ONCE = 3
PATHS = "/upload/ /courses/*/files/ /async/up.load/"


@pytest.fixture(scope="module")
def small(stack: Stack) -> Iterator[Edge]:
    """nginx with small limits."""
    limits = {"UPLOAD_PATHS": PATHS, "UPLOAD_LIMIT": "256k", "BODY_LIMIT": "64k", "UPLOADS_AT_ONCE": str(AT_ONCE)}
    with variant(stack, **limits) as edge:
        wait_for_gateways(edge)
        yield edge


@pytest.fixture(scope="module")
def everywhere(stack: Stack) -> Iterator[Edge]:
    """nginx of a project that accepts uploads on any path."""
    with variant(stack, UPLOAD_PATHS="/", UPLOAD_LIMIT="256k", BODY_LIMIT="64k") as edge:
        wait_for_gateways(edge)
        yield edge


def wait_for_gateways(edge: Edge) -> None:
    """nginx is healthy before it has resolved the gateways' names. Until then it answers 503."""
    for gateway in GATEWAYS:
        wait_until(lambda gateway=gateway: edge.get(f"/gateways/{gateway}/livez").status == 200, 30)


def status(edge: Edge, path: str, size: int, host: str = "localhost") -> int:
    return edge.ask("POST", path, host, [FORM], b"x" * size).status


TAKES = ["/upload/", "/upload/more/", "/courses/7/files/", "/async/up.load/"]
REFUSES = [
    "/",
    "/uploads",
    "/async/upload/",
    "/courses/files/",
    "/courses/7/8/files/",
    "/async/upXload/",
    "/admin/",
    "/nope",
]


@pytest.mark.parametrize(("host", "prefix"), [
    ("localhost", ""), ("uwsgi.localhost", ""), ("gunicorn.localhost", ""), ("daphne.localhost", ""),
    ("localhost", "/gateways/uwsgi"), ("localhost", "/gateways/gunicorn"), ("localhost", "/gateways/daphne"),
])  # fmt: skip
def test_a_large_body_reaches_a_gateway_only_at_upload_paths(small: Edge, host: str, prefix: str) -> None:
    taken = {path: status(small, prefix + path, UPLOAD, host) for path in TAKES}
    assert [path for path, found in taken.items() if found in (413, 502, 503, 504)] == [], taken
    refused = {path: status(small, prefix + path, BODY + 1, host) for path in REFUSES}
    assert refused == dict.fromkeys(REFUSES, 413)
    assert status(small, prefix + "/upload/", UPLOAD + 1, host) == 413


@pytest.mark.parametrize("path", ["/static/x", "/media/x", "/healthz", "/gateways/nope/upload/", "/ws/"])
def test_paths_outside_the_project_accept_no_large_body(small: Edge, path: str) -> None:
    assert status(small, path, BODY + 1) == 413


def test_the_gateway_is_the_one_of_the_route(small: Edge) -> None:
    answers = [small.ask("POST", path, headers=[FORM], body=b"x" * UPLOAD) for path in TAKES]
    assert [entry["gateway"] for entry in small.all_logged(answers)] == ["uwsgi", "uwsgi", "uwsgi", "gunicorn"]


def test_upload_path_slash_means_every_path(everywhere: Edge) -> None:
    found = {path: status(everywhere, path, UPLOAD) for path in ("/", "/nope", "/async/nope", "/gateways/daphne/nope")}
    assert not {413, 502, 503, 504} & set(found.values()), found
    # nginx still serves its own pages and files.
    assert everywhere.get("/static/nope").status == 404
    assert everywhere.get("/nope").status == 404
    assert everywhere.ask("POST", "/nope", body=b"x" * (UPLOAD + 1)).json()["error"] == "Content Too Large"


def test_concurrent_uploads_are_limited(small: Edge) -> None:
    """Each of these clients has sent nearly everything, and could go on with a byte now and then."""
    body = form("slow.bin", b"x" * (UPLOAD - 1024))
    whole = request("POST", "/upload/", headers=[FORM], body=body)
    head = [FORM, ("Content-Length", str(len(body))), ("Expect", "100-continue")]
    with ExitStack() as open_ones:
        for _ in range(AT_ONCE):
            slow = open_ones.enter_context(small.connect())
            slow.sendall(request("POST", "/upload/", headers=head))
            # nginx has counted the upload.
            assert slow.recv(65536).startswith(b"HTTP/1.1 100 ")
            slow.sendall(body[:-1])
        refused = small.send(whole)
        assert (refused.status, refused.one("Retry-After")) == (503, "5")
        assert "Too many uploads are in progress" in refused.body.decode()
        assert small.logged(refused)["upstream_addr"] == ""
        # Uploads on all ways count together, and do not delay other requests.
        assert status(small, "/gateways/daphne/upload/", UPLOAD) == 503
        chunked = [FORM, ("Transfer-Encoding", "chunked")]
        with small.connect() as connection:
            connection.sendall(request("POST", "/upload/", headers=chunked))
            assert parse(connection.recv(65536)).status == 503
        assert small.get("/upload/").status == 200
        assert status(small, "/students/", BODY) == 400
        assert small.ask("POST", "/upload/", headers=[FORM], body=form("tiny.bin", b"x")).status == 201


def test_a_full_upload_disk_fails_only_uploads(stack: Stack) -> None:
    """docs/production.md: nginx's disk, here of 1 MiB, has only temporary files."""
    with variant(stack, "--tmpfs", "/var/cache/nginx:size=1m,uid=101") as edge:
        wait_for_gateways(edge)
        assert status(edge, "/upload/", 2 * 1024 * 1024) == 500
        assert run("docker", "exec", edge.container, "find", "/var/cache/nginx", "-type", "f").stdout == ""
        assert edge.ask("POST", "/upload/", headers=[FORM], body=form("small.bin", b"x" * BODY)).status == 201
        assert edge.get("/").status == 200


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("UPLOAD_PATHS", "upload/", "'upload/' is not the beginning of a path"),
        ("UPLOAD_PATHS", "/a{1}/", "'/a{1}/' is not the beginning of a path"),
        ("UPLOADS_AT_ONCE", "many", "'many' is not a whole number above 0"),
        ("BODY_LIMIT", "3 MB", "'3 MB' is not a size"),
        ("REQUEST_TIMEOUT", "0", "'0' is not a whole number above 0"),
        ("UWSGI_MAX_CONNECTIONS", "0", "'0' is not a whole number above 0"),
    ],
)
def test_an_invalid_value_is_reported_in_one_line(stack: Stack, setting: str, value: str, said: str) -> None:
    refused = stack.compose(
        "run", "--rm", "--no-deps", "-T", "--env", f"{setting}={value}", "nginx", "nginx", "-t", check=False
    )
    lines = [line for line in refused.stderr.splitlines() if "nginx/entrypoint" in line]
    assert refused.returncode == 64
    assert lines == [f"nginx/entrypoint: {setting}: {said}" + lines[0].partition(said)[2]]
