"""What clients claim about themselves and their requests, and the routes on which they can."""

from tests.support.stack import GATEWAYS

# Headers that some server or framework trusts. nginx overwrites or removes them, so Django's request stays the same.
OWNED: list[tuple[str, str]] = [
    ("X-Forwarded-For", "6.6.6.6"),
    ("X-Forwarded-For", "6.6.6.6, 127.0.0.1"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Port", "666"),
    ("X-Forwarded-Ssl", "on"),
    ("X-Forwarded-Protocol", "https"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Real-IP", "6.6.6.6"),
    ("X-Real-Port", "666"),
    ("Forwarded", "for=6.6.6.6;proto=https;host=evil.example"),
    ("X-Request-ID", "0" * 32),
    ("Daphne-Root-Path", "/evil"),
    ("Proxy", "http://evil.example"),
    # WSGI writes `-` as `_`, so such a name could replace one from above. nginx drops names with `_` or a dot.
    ("X_Forwarded_For", "6.6.6.6"),
    ("X_Forwarded_Proto", "https"),
    ("X_Forwarded-Host", "evil.example"),
    ("X_Real_IP", "6.6.6.6"),
    ("X_Request_ID", "0" * 32),
    ("Daphne_Root_Path", "/evil"),
    ("SCRIPT_NAME", "/evil"),
    ("PATH_INFO", "/evil"),
    ("REMOTE_ADDR", "6.6.6.6"),
    ("UWSGI_SCHEME", "https"),
    ("UWSGI_FILE", "/tmp/evil.py"),  # noqa: S108  # a path that nobody opens
    ("UWSGI_APPID", "/evil"),
    ("Content_Length", "0"),
    ("Transfer_Encoding", "chunked"),
    ("HTTP_HOST", "evil.example"),
    ("HTTP_X_FORWARDED_FOR", "6.6.6.6"),
    ("REMOTE_USER", "admin"),
    ("REQUEST_METHOD", "DELETE"),
    ("REQUEST_URI", "/evil"),
    ("QUERY_STRING", "evil=1"),
    ("SERVER_NAME", "evil.example"),
    ("SERVER_PORT", "666"),
    ("wsgi_url_scheme", "https"),
    ("wsgi.url_scheme", "https"),
    ("Wsgi.Url-Scheme", "https"),
]

# nginx passes these on as the client's headers. They change nothing else.
PASSED: list[tuple[str, str]] = [
    ("Script-Name", "/evil"),
    ("X-Script-Name", "/evil"),
    ("Path-Info", "/evil"),
    ("Remote-Addr", "6.6.6.6"),
    ("Uwsgi-Scheme", "https"),
    ("Uwsgi-File", "/tmp/evil.py"),  # noqa: S108
    ("HTTPS", "on"),
    ("Front-End-Https", "on"),
    ("X-Forwarded-Scheme", "https"),
    ("X-Url-Scheme", "https"),
    ("X-Client-IP", "6.6.6.6"),
    ("True-Client-IP", "6.6.6.6"),
    ("X-Original-URL", "/evil"),
    ("X-Rewrite-URL", "/evil"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Method-Override", "DELETE"),
    ("X-Accel-Redirect", "/static/"),
    ("X-Sendfile", "/etc/passwd"),
    ("Http-Host", "evil.example"),
    ("X-Host", "evil.example"),
    ("X-Original-Host", "evil.example"),
    ("X-HTTP-Host-Override", "evil.example"),
    ("X-Forwarded-Server", "evil.example"),
    ("X-Forwarded", "for=6.6.6.6"),
    ("X-Original-Forwarded-For", "6.6.6.6"),
    ("X-Cluster-Client-IP", "6.6.6.6"),
    ("CF-Connecting-IP", "6.6.6.6"),
    ("Via", "1.1 evil.example"),
    ("Remote-User", "admin"),
    ("Request-Method", "DELETE"),
    ("Server-Name", "evil.example"),
    ("Server-Port", "666"),
]

# A proxy that obeys this header would remove the named headers after nginx has set them.
HOP_BY_HOP = [
    "close, X-Forwarded-For",
    "close, X-Real-IP, X-Real-Port",
    "close, X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Port, X-Request-ID, Host",
    "close, Forwarded, Cookie, Content-Length, Transfer-Encoding",
    "X-Real-IP",
    "keep-alive, x-forwarded-for",
    "upgrade, X-Forwarded-For",
    "TE, Trailer, X-Forwarded-Proto",
]

ROUTES = [("localhost", "/"), ("localhost", "/async/")]
ROUTES += [("localhost", f"/gateways/{gateway}/") for gateway in GATEWAYS]
ROUTES += [(f"{gateway}.localhost", "/") for gateway in GATEWAYS]
