"""What all of nginx's own errors have in common."""

from typing import Any

from tests.support.wire import Answer

TITLES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    414: "URI Too Long",
    421: "Misdirected Request",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
}

TYPES = {"json": "application/json", "html": "text/html; charset=utf-8"}


def assert_is_ours(answer: Answer, entry: dict[str, Any], status: int, kind: str) -> None:
    """Checks status, form and headers, and that header, body and `entry` (of the access log) have the same id."""
    request_id = answer.one("X-Request-ID")
    assert (answer.status, answer.one("Content-Type")) == (status, TYPES[kind])
    if kind == "json":
        body = answer.json()
        assert body == {
            "status": status,
            "error": TITLES[status],
            "detail": body["detail"],
            "request_id": request_id,
        }
        assert body["detail"]
    else:
        page = answer.body.decode()
        assert f"<h1>{status} {TITLES[status]}</h1>" in page
        assert f"<code>{request_id}</code>" in page
    # No nginx signature, and no template that was not filled in.
    assert not [word for word in (b"nginx", b"<!--#", b"<center>", b"(none)") if word in answer.body]
    # An error belongs to one request. Its page loads nothing, and cannot be framed or interpreted as another type.
    assert answer.one("Cache-Control") == "no-store"
    assert answer.one("X-Content-Type-Options") == "nosniff"
    assert "default-src 'none'" in answer.one("Content-Security-Policy")
    # Retry-After only where a retry can help. HTTP requires Allow with a 405.
    assert [value.isdecimal() for value in answer.all("Retry-After")] == [True] * (status in (502, 503, 504))
    assert answer.all("Allow") == ["GET, HEAD"] * (status == 405)
    assert (entry["status"], entry["request_id"]) == (status, request_id)
    return entry
