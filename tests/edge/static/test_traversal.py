"""/static/ serves only collected files, however the path is written."""

import pytest

from tests.support.wire import Edge, request

# Contents that must not appear: /etc/passwd, nginx's configuration, error templates, listings of directories.
FINDS = (b"root:", b"worker_processes", b"server_name", b"<!--#", b"<title>Index of", b"Index of /")

VARIANTS = [
    "/static/../../../../etc/passwd",
    "/static/../../../../etc/nginx/nginx.conf",
    "/static/../../tmp/nginx/server_name_site.conf",
    "/static/../uploads/media/",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/static/%2E%2E%2F%2E%2E%2Fetc%2Fpasswd",
    "/static/..%2f..%2fetc%2fpasswd",
    "/static%2f..%2f..%2fetc%2fpasswd",
    "/static/.%2e/.%2e/etc/passwd",
    "/static/lobby/../../../etc/passwd",
    "/static/..\\..\\..\\etc\\passwd",
    "/static/..%5c..%5cetc%5cpasswd",
    "/static/..;/..;/etc/passwd",
    "/static/....//....//etc/passwd",
    "/static/.../.../etc/passwd",
    "/static/%252e%252e/%252e%252e/etc/passwd",
    "/static/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "/static/%uff0e%uff0e/etc/passwd",
    "/static//etc/passwd",
    "/static////etc/passwd",
    "/static/%2fetc/passwd",
    "//static/..//..//etc/passwd",
    "/static../etc/passwd",
    "/static../static/staticfiles.json",
    "/static..%2fstatic/staticfiles.json",
    "/static/../../srv/static/staticfiles.json",
    "/static..%2f..%2fetc/passwd",
    "/static./../../etc/passwd",
    "/static/~root/.profile",
    "/static/etc/passwd",
    "/static/srv/static/staticfiles.json",
    "/static/%00",
    "/static/lobby/lobby.css%00.png",
    "/static/lobby/lobby.css\x00.png",
    "/static/..%00/..%00/etc/passwd",
    "/static/lobby/lobby.css/",
    "/static/lobby/lobby.css/../../../../etc/passwd",
    "/static/lobby/lobby.css%20",
    "/static/lobby/lobby.css.",
    "/static/lobby/lobby.css%0a",
    "/static/lobby/lobby.css::$DATA",
    "/static/LOBBY/lobby.css",
    "/media/../static/../../etc/passwd",
    "/media/../../etc/passwd",
    "/media/..%2f..%2fetc%2fpasswd",
    "/media/%2e%2e/tmp/",
    "/media../tmp/",
    "http://localhost/static/../../etc/passwd",
    "/gateways/../static/../../etc/passwd",
]

# Directories, with and without their slash, and hidden files.
NOT_FILES = [
    "/static/",
    "/static/lobby",
    "/static/lobby/",
    "/static/admin/css/",
    "/static/./",
    "/static//",
    "/static/.git/config",
    "/static/.env",
    "/static/lobby/.lobby.css.swp",
    "/static/lobby/%2elobby.css",
    "/static/nope",
    "/static/nope/",
    "/static/lobby/nope.css",
    "/media/",
    "/media/nope",
]


@pytest.mark.parametrize("host", ["localhost", "uwsgi.localhost", "daphne.localhost"])
def test_no_spelling_reaches_a_path_outside_the_files(edge: Edge, host: str) -> None:
    for path in VARIANTS:
        data = edge.exchange(request("GET", path, host))
        status = int(data.split(b" ", 2)[1])
        assert status in (400, 404), (path, data[:200])
        assert not [find for find in FINDS if find in data], path


@pytest.mark.parametrize("path", NOT_FILES)
@pytest.mark.parametrize("host", ["localhost", "gunicorn.localhost"])
def test_a_missing_file_is_404_and_folders_are_not_listed(edge: Edge, host: str, path: str) -> None:
    answer = edge.get(path, host)
    assert (answer.status, answer.one("Cache-Control")) == (404, "no-store")
    assert answer.json()["detail"] == "There is no such file."
    assert not answer.all("Location")


@pytest.mark.parametrize(
    "path", ["/static/lobby/../staticfiles.json", "/x/..//static/./staticfiles.json", "/static/%73taticfiles.json"]
)
def test_another_spelling_of_a_file_is_that_file(edge: Edge, path: str) -> None:
    """The opposite: the paths above are rejected for where they lead, not for how they are written."""
    assert edge.get(path).body == edge.get("/static/staticfiles.json").body
