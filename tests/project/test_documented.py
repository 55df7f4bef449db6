"""A fresh `startproject` with the snippets of docs/your-project.md does what that page promises, on each gateway."""

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.bootstrap.clone import CLONES
from tests.project.page import start_project
from tests.routing.wire import Edge
from tests.support.beside import beside
from tests.support.stack import GATEWAYS, Stack, run, wait_until

FOLDER = CLONES / "documented"
# A private file for one visitor, with a name that must be escaped.
NAME, CONTENT = "2026/räport 1.pdf", b"%PDF-1.7 for you alone"
ELSEWHERE = "http://localhost:9999"


@pytest.fixture(scope="module")
def documented(stack: Stack) -> Iterator[Stack]:
    start_project(f"{stack.project}-migrate", FOLDER, f"CSRF_TRUSTED_ORIGINS = ['{ELSEWHERE}']\n")
    with (FOLDER / "mysite/urls.py").open("a") as file:
        file.write("from mysite import views\nurlpatterns += views.urlpatterns\n")
    shutil.copy(Path(__file__).parent / "views.py", FOLDER / "mysite")
    environment = {
        "DOCUMENTED": str(FOLDER),
        "DJANGO_SETTINGS_MODULE": "mysite.settings",
        "WSGI_APPLICATION": "mysite.wsgi:application",
        "ASGI_APPLICATION": "mysite.asgi:application",
    }
    with beside(stack, "documented", "tests/project/documented.yaml", **environment) as other:
        yield other
    shutil.rmtree(FOLDER)


@pytest.fixture(scope="module")
def edge(documented: Stack) -> Edge:
    return Edge(("127.0.0.1", documented.port()), documented.container("nginx"))


def said(stack: Stack, gateway: str, since: str, what: str) -> str:
    """A gateway's log since then, as soon as it contains `what`."""

    def find() -> str:
        log = run("docker", "logs", "--since", since, stack.container(gateway))
        text = log.stdout + log.stderr
        return text if what in text else ""

    return wait_until(find, 10, f"{what!r} in the log of {gateway}")


def test_an_exception_leaves_its_traceback_in_the_log(documented: Stack, edge: Edge, gateway: str) -> None:
    since = datetime.now(UTC).isoformat()
    assert edge.get(f"/gateways/{gateway}/broken").status == 500
    log = said(documented, gateway, since, f"RuntimeError: a view is broken on {gateway}")
    assert "ERROR django.request: Internal Server Error: /broken\nTraceback (most recent call last):\n" in log
    assert 'File "/srv/apps/mysite/views.py"' in log


def test_what_a_view_logs_is_in_the_log(documented: Stack, edge: Edge, gateway: str) -> None:
    since = datetime.now(UTC).isoformat()
    assert edge.get(f"/gateways/{gateway}/told").status == 200
    assert f" INFO mysite.views: told on {gateway}: \n" in said(documented, gateway, since, "told on")


def test_the_admin_has_its_files_and_cookies_of_this_stack(documented: Stack, edge: Edge, gateway: str) -> None:
    page = edge.get(f"/gateways/{gateway}/admin/login/")
    assert page.status == 200
    links = re.findall(r'href="(/static/[^"]+\.css)"', page.body.decode())
    assert links
    assert {edge.get(link).status for link in links} == {200}
    assert page.one("Set-Cookie").startswith(f"{documented.project}_csrftoken=")


def store(edge: Edge, gateway: str, name: str, content: bytes, mode: str = "") -> None:
    path = f"/gateways/{gateway}/store?name={quote(name)}&mode={mode}"
    assert edge.ask("POST", path, body=content).status == 200


@pytest.fixture(scope="module")
def private(edge: Edge) -> str:
    """The query string with the private file's name."""
    store(edge, "uwsgi", f".private/{NAME}", CONTENT)
    return "name=2026/r%C3%A4port%201.pdf"


def test_nginx_sends_a_private_file_where_the_view_says_so(edge: Edge, private: str, gateway: str) -> None:
    answer = edge.get(f"/gateways/{gateway}/private?{private}&key=right")
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.one("Content-Type") == "application/pdf"
    assert answer.one("Content-Disposition") == 'attachment; filename="report.pdf"'
    assert answer.one("Cache-Control") == "private, no-store"
    assert answer.one("Content-Security-Policy").endswith("; sandbox")
    assert answer.all("X-Accel-Redirect") == []
    part = edge.get(f"/gateways/{gateway}/private?{private}&key=right", headers=[("Range", "bytes=1-3")])
    assert (part.status, part.body) == (206, b"PDF")


def test_and_to_nobody_else(edge: Edge, private: str, gateway: str) -> None:
    assert edge.get(f"/gateways/{gateway}/private?{private}").status == 403
    assert edge.get(f"/gateways/{gateway}/private?name=none&key=right").status == 404
    # Names that lead out of the folder: to another upload, or to nginx's own files.
    for name in ("../public.txt", "..%2fpublic.txt", "%252e%252e/public.txt", "../../../../etc/nginx/nginx.conf"):
        assert edge.get(f"/gateways/{gateway}/private?name={name}&key=right").status == 404


@pytest.mark.parametrize("host", ["localhost", "daphne.localhost"])
@pytest.mark.parametrize(
    "path",
    [
        *("/.nginx/private/{}", "//.nginx/private/{}", "/x/../.nginx/private/{}", "/%2Enginx/private/{}"),
        *("/.nginx/./private/{}", "/media/../.nginx/private/{}", "/gateways/uwsgi/../../.nginx/private/{}"),
        *("/media/.private/{}", "/media/%2Eprivate/{}", "/media//.private/{}", "/media/x/../.private/{}"),
        *("/static/../media/.private/{}", "/media/.private/2026/", "/media/.private"),
    ],
)
def test_a_private_file_cannot_be_asked_for(edge: Edge, private: str, path: str, host: str) -> None:
    answer = edge.get(path.format(private.removeprefix("name=")), host)
    assert (answer.status, CONTENT in answer.body) == (404, False)


def test_a_clients_own_header_moves_nothing(edge: Edge, private: str, gateway: str) -> None:
    header = ("X-Accel-Redirect", f"/.nginx/private/{private.removeprefix('name=')}")
    assert edge.get(f"/gateways/{gateway}/livez", headers=[header]).body == b"alive"


def test_what_is_in_media_root_is_public_and_what_nginx_may_not_read_is_404(edge: Edge, gateway: str) -> None:
    store(edge, gateway, "public.txt", b"for all")
    assert edge.get("/media/public.txt").body == b"for all"
    store(edge, gateway, "closed.txt", b"mode 600", mode="600")
    assert edge.get("/media/closed.txt").status == 404


def post(edge: Edge, gateway: str, origin: str) -> int:
    path = f"/gateways/{gateway}/form"
    page = edge.get(path)
    cookie = page.one("Set-Cookie").partition(";")[0]
    return edge.ask(
        "POST", path, headers=[("Cookie", cookie), ("X-CSRFToken", page.body.decode()), ("Origin", origin)], body=b""
    ).status


def test_behind_a_balancer_that_drops_the_port_both_origins_have_to_be_named(edge: Edge, gateway: str) -> None:
    """The browser's address has a port, which is not in the Host header that the balancer passes on."""
    assert post(edge, gateway, "http://localhost") == 200
    assert post(edge, gateway, ELSEWHERE) == 200  # in CSRF_TRUSTED_ORIGINS
    assert post(edge, gateway, "http://localhost:9998") == 403


def test_no_log_passes_escape_sequences_on(documented: Stack, edge: Edge) -> None:
    """Byte 27 in a log is a command to the terminal of everyone who reads it with `make logs`."""
    since, colour, mark = datetime.now(UTC).isoformat(), "\x1b[31m", os.urandom(6).hex()
    for gateway in GATEWAYS:
        ways = [
            edge.get(f"/gateways/{gateway}/%1B[31m{mark}"),  # 404, which Django logs with the path
            edge.get(f"/gateways/{gateway}/broken?{colour}{mark}"),
            edge.get(f"/gateways/{gateway}/broken", headers=[("User-Agent", colour + mark), ("Referer", colour)]),
            edge.get(f"/gateways/{gateway}/broken", headers=[("Cookie", colour + mark), ("X-Other", colour)]),
        ]
        assert {answer.status for answer in ways} <= {400, 404, 500}
        said(documented, gateway, since, mark)
    for service in ("nginx", *GATEWAYS):
        log = run("docker", "logs", "--since", since, documented.container(service))
        assert "\x1b" not in log.stdout + log.stderr, service
