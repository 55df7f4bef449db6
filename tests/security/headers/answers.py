"""All kinds of answers, the way to each, and the headers of each kind."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.wire import Answer, Edge, Headers

HTML = ("Accept", "text/html")
JSON = ("Accept", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
TOO_MUCH = ("Content-Length", "99999999999")

EVERYWHERE = {"server", "date", "x-request-id", "x-content-type-options"}
POLICY = {"content-security-policy", "cross-origin-resource-policy"}

# Headers of each kind, each exactly once, besides those of every answer.
KINDS = {
    # Added by SecurityMiddleware, XFrameOptionsMiddleware and middleware/security_headers.py.
    "project": {*POLICY, "permissions-policy", "referrer-policy", "cross-origin-opener-policy", "x-frame-options"},
    # CommonMiddleware redirects before XFrameOptionsMiddleware runs; the policy forbids frames too.
    "redirect": {*POLICY, "permissions-policy", "referrer-policy", "cross-origin-opener-policy"},
    # health/middleware.py answers before those two run: JSON, for machines.
    "health": {*POLICY, "permissions-policy"},
    # nginx's own: snippets/errors.conf, static.conf, media.conf, healthz.conf.
    "error of nginx": {*POLICY, "referrer-policy", "cross-origin-opener-policy", "cache-control"},
    "static": {"cross-origin-resource-policy", "cache-control"},
    "media": {*POLICY, "referrer-policy", "content-disposition", "cache-control"},
    # Plain text and redirects without a real page; and requests that a server rejects without the project.
    "bare": set(),
}


@dataclass(frozen=True)
class Case:
    name: str
    kind: str
    status: int
    path: str
    method: str = "GET"
    headers: Headers = ()
    body: bytes | None = None

    def ask(self, edge: Edge) -> Answer:
        return edge.ask(self.method, self.path, headers=self.headers, body=self.body)


# On each gateway, below /gateways/NAME.
PAGES = [
    Case("lobby", "project", 200, "/", headers=[HTML]),
    Case("upload", "project", 200, "/upload/", headers=[HTML]),
    Case("login", "project", 200, "/admin/login/", headers=[HTML]),
    Case("JSON", "project", 200, "/students/"),
    Case("JSON of an asynchronous view", "project", 200, "/async/students/"),
    Case("a stream", "project", 200, "/async/stream/?events=1"),
    Case("head", "project", 200, "/", "HEAD"),
    Case("options", "project", 200, "/students/", "OPTIONS"),
    Case("alive", "health", 200, "/livez"),
    Case("ready", "health", 200, "/readyz"),
    Case("slash appended", "redirect", 301, "/students"),
    Case("sent to the login", "project", 302, "/admin/"),
    Case("bad value", "project", 400, "/students/?page=x"),
    Case("form without its token", "project", 403, "/admin/login/", "POST", [FORM, HTML], b"a=b"),
    Case("form without its token, JSON", "project", 403, "/admin/login/", "POST", [FORM, JSON], b"a=b"),
    Case("not there", "project", 404, "/nope/", headers=[HTML]),
    Case("not there, JSON", "project", 404, "/nope/", headers=[JSON]),
    Case("method not allowed", "project", 405, "/students/", "PUT"),
    Case("too large", "error of nginx", 413, "/upload/", "POST", [TOO_MUCH, HTML]),
    Case("too large, JSON", "error of nginx", 413, "/upload/", "POST", [TOO_MUCH, JSON]),
]

# Only in the stack that serves tests/security/headers/misbehaving/.
FAILURES = [
    Case("failure", "project", 500, "/fail/", headers=[HTML]),
    Case("failure, JSON", "project", 500, "/fail/", headers=[JSON]),
    Case("failure of an asynchronous view", "project", 500, "/fail/async/", headers=[HTML]),
]

# Answers of nginx itself.
OWN = [
    Case("static file", "static", 200, "/static/staticfiles.json"),
    Case("part of a static file", "static", 206, "/static/staticfiles.json", headers=[("Range", "bytes=0-3")]),
    Case("an unsatisfiable range", "static", 416, "/static/staticfiles.json", headers=[("Range", "bytes=99999999-")]),
    Case("no such static file", "error of nginx", 404, "/static/nope", headers=[HTML]),
    Case("no such static file, JSON", "error of nginx", 404, "/static/nope", headers=[JSON]),
    Case("no such upload", "error of nginx", 404, "/media/nope", headers=[HTML]),
    Case("hidden file", "error of nginx", 404, "/media/.nope", headers=[HTML]),
    Case("no such gateway", "error of nginx", 404, "/gateways/nope/", headers=[HTML]),
    Case("static file written to", "error of nginx", 405, "/static/staticfiles.json", "POST", [HTML], b""),
    Case("bad path", "error of nginx", 400, "/a%0d%0ab", headers=[HTML]),
    Case("long address", "error of nginx", 414, f"/{'x' * 12_000}"),
    Case("long header", "error of nginx", 431, "/", headers=[HTML, ("Cookie", "x" * 12_000)]),
    Case("unknown encoding", "error of nginx", 501, "/", "POST", [HTML, ("Transfer-Encoding", "gzip")]),
    Case("WebSocket for WSGI", "error of nginx", 501, "/gateways/uwsgi/ws/echo/", headers=[("Upgrade", "websocket")]),
    Case("nginx is well", "bare", 200, "/healthz"),
    Case("slash appended by nginx", "bare", 301, "/async"),
]


def through(gateway: str, cases: list[Case]) -> Iterator[Case]:
    for case in cases:
        yield Case(
            f"{case.name}, {gateway}",
            case.kind,
            case.status,
            f"/gateways/{gateway}{case.path}",
            case.method,
            case.headers,
            case.body,
        )
