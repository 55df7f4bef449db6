"""Header lines: where does one end, and what is its name?"""

from tests.security.smuggling.case import HTTP_GATEWAYS_REFUSE, Case, message, passed, refused

END = "0\r\n\r\n"


def hiding(*lines: str) -> str:
    """With a length: these lines may hide a coding from one server that another one finds."""
    return message(*lines, "Content-Length: {length}", body=END + "{smuggled}")


HEADERS = [
    refused("a space before the colon of the coding", hiding("Transfer-Encoding : chunked")),
    refused("a tab before the colon of the coding", hiding("Transfer-Encoding\t: chunked")),
    refused("a space before the colon of the length", message("Content-Length : 5", body="hello{smuggled}")),
    refused("a space before the colon of the host", message(host="Host : {host}")),
    refused("a space in a name", hiding("Transfer Encoding: chunked")),
    refused("a vertical tab before the colon", hiding("Transfer-Encoding\x0b: chunked")),
    refused("a byte of nothing in a name", hiding("Transfer-Encoding\0: chunked")),
    refused("a byte of nothing in a value", hiding("X-A: a\0b")),
    refused("a byte of nothing between lines", hiding("X-A: a\r\n\0\r\nTransfer-Encoding: chunked")),
    refused("a line without a colon", hiding("Transfer-Encoding chunked")),
    refused("a line without a name", hiding(": chunked")),
    refused("a folded line", hiding("X-A: a", " Transfer-Encoding: chunked")),
    refused("a folded line with a tab", hiding("X-A: a", "\tTransfer-Encoding: chunked")),
    refused("a folded coding", message("Transfer-Encoding:", " chunked", body="{chunk}" + END)),
    refused("a folded length", message("Content-Length:", " 5", body="hello{smuggled}")),
    refused("a folded line at the first place", message(host=" X-A: a\r\nHost: {host}")),
    refused("a carriage return alone between lines", hiding("X-A: a\rTransfer-Encoding: chunked")),
    passed("a carriage return alone at the end of a value", hiding("X-A: a\r"), END + "{smuggled}"),
    refused("a carriage return before a name", hiding("\rTransfer-Encoding: chunked")),
    refused("two carriage returns at the end of a line", hiding("X-A: a\r\r\nTransfer-Encoding: chunked")),
    refused("a line feed alone before a coding, and a length", hiding("X-A: a\nTransfer-Encoding: chunked")),
    Case(
        "an empty line of line feeds before the rest of the head",
        "{method} {path} HTTP/1.1\nHost: {host}\n\nTransfer-Encoding: chunked\r\n\r\n",
        (200, 400),
        "closed",
    ),
    refused("a line feed and two carriage returns at the end of the head", message("X-A: a\n\r\rX-B: b")),
    passed("a name with a byte beyond ASCII", hiding("Transfer-Encoding\xa0: chunked"), END + "{smuggled}"),
    passed("a name in parentheses", hiding("(Transfer-Encoding): chunked"), END + "{smuggled}"),
    passed("a name with an underscore", hiding("Transfer_Encoding: chunked"), END + "{smuggled}"),
    passed("a name with a dot", hiding("Transfer.Encoding: chunked"), END + "{smuggled}"),
    passed("a line break that is escaped", hiding("X-A: a%0d%0aTransfer-Encoding: chunked"), END + "{smuggled}"),
    passed(
        "a line break of another alphabet",
        hiding("X-A: a\xe5\x98\x8a\xe5\x98\x8dTransfer-Encoding: chunked"),
        END + "{smuggled}",
    ),
    passed(
        "a control character in a value", hiding("X-A: a\x01\x0b\x1b\x7fb"), END + "{smuggled}", on=HTTP_GATEWAYS_REFUSE
    ),
    passed(
        "a connection that names the length",
        message("Connection: keep-alive, Content-Length", "Content-Length: {length}", body="{smuggled}"),
        "{smuggled}",
    ),
    passed(
        "a connection that names the coding",
        message("Connection: Transfer-Encoding", "Transfer-Encoding: chunked", body="{chunk}" + END),
        "{smuggled}",
    ),
    passed("a connection that names the host", message("Connection: Host, X-Forwarded-For, X-Real-IP")),
    Case("a connection that is to be closed and kept", message("Connection: close, keep-alive"), (200,), "closed"),
    passed("a proxy's connection", message("Proxy-Connection: close", "Keep-Alive: timeout=9999, max=1")),
    passed(
        "trailers announced",
        message(
            "TE: trailers, chunked",
            "Trailer: Content-Length",
            "Transfer-Encoding: chunked",
            body="{chunk}0\r\nContent-Length: 0\r\n\r\n",
        ),
        "{smuggled}",
    ),
    passed(
        "a body declared as compressed",
        message("Content-Encoding: gzip", "Content-Length: {length}", body="{smuggled}"),
        "{smuggled}",
    ),
    passed(
        "a multipart body with its boundary",
        message(
            'Content-Type: multipart/form-data; boundary="x"; boundary=y',
            "Content-Length: {length}",
            body="--x\r\n\r\n{smuggled}--x--",
        ),
        "--x\r\n\r\n{smuggled}--x--",
    ),
    refused("two hosts that agree", message("Host: {host}")),
    refused("two hosts that differ", message("Host: evil.example")),
    refused("no host", message(host="X-A: a")),
    refused("a host with a line break that is escaped", message(host="Host: {host}%0d%0aX-A:b")),
    refused("a header of 12 kB", message("X-A: " + "x" * 12_000), 431),
    refused("a header of 100 kB", message("X-A: " + "x" * 100_000), 431),
    refused("a name of 12 kB", message("X" * 12_000 + ": a"), 431),
    refused("headers of 45 kB together", message(*(f"X-{number}: {'x' * 9000}" for number in range(5))), 431),
    refused("two hundred headers", message(*(f"X-{number}: x" for number in range(200))), 431),
    refused("two hundred lengths", message(*("Content-Length: 5" for _ in range(200)), body="hello")),
]
