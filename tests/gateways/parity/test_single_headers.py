"""An answer has each header once: nginx and the gateway do not both set it."""

import pytest

from tests.support.stack import GATEWAYS
from tests.support.wire import Answer, Edge

EVERYWHERE = ("Server", "Date", "Content-Type", "X-Request-ID", "Connection")
FROM_DJANGO = (
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Server-Timing",
)

# Path, status, and the headers besides those of every answer.
ANSWERS = [
    ("/static/staticfiles.json", 200, ("X-Content-Type-Options", "Cache-Control", "ETag", "Last-Modified")),
    ("/static/nope", 404, ("X-Content-Type-Options", "Cache-Control", "Referrer-Policy", "Content-Security-Policy")),
    ("/media/nope", 404, ("X-Content-Type-Options", "Cache-Control", "Referrer-Policy", "Content-Security-Policy")),
    ("/gateways/nope/", 404, ("X-Content-Type-Options", "Cache-Control")),
    ("/async", 301, ("Location",)),
    ("/healthz", 200, ("Content-Length",)),
]
for gateway in GATEWAYS:
    ANSWERS += [
        (f"/gateways/{gateway}/", 200, (*FROM_DJANGO, "X-Frame-Options", "Content-Length")),
        (f"/gateways/{gateway}/students/", 200, (*FROM_DJANGO, "X-Frame-Options", "Content-Length")),
        (f"/gateways/{gateway}/nope/", 404, (*FROM_DJANGO, "X-Frame-Options", "Content-Length")),
        (f"/gateways/{gateway}/gateway", 301, (*FROM_DJANGO, "Location")),
        (f"/gateways/{gateway}/admin/login/", 200, (*FROM_DJANGO, "Set-Cookie", "Cache-Control", "Expires", "Vary")),
        (f"/gateways/{gateway}/async/stream/?events=1", 200, (*FROM_DJANGO, "Cache-Control", "Transfer-Encoding")),
    ]


def repeated(answer: Answer) -> set[str]:
    names = [name for name, _ in answer.headers]
    return {name for name in names if names.count(name) > 1}


@pytest.mark.parametrize(
    ("path", "status", "names"), ANSWERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_header_is_sent_once(edge: Edge, path: str, status: int, names: tuple[str, ...]) -> None:
    answer = edge.get(path)
    assert answer.status == status
    assert repeated(answer) == set()
    for name in (*EVERYWHERE, *names):
        answer.one(name)


@pytest.mark.parametrize("path", [path for path, *_ in ANSWERS])
def test_no_answer_names_a_version_or_a_server_behind_nginx(edge: Edge, path: str) -> None:
    answer = edge.get(path)
    assert answer.one("Server") == "nginx"
    assert not [name for name, _ in answer.headers if name in ("x-powered-by", "via", "x-accel-buffering")]
