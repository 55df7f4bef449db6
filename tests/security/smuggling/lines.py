"""The request line, and what may precede it."""

from tests.security.smuggling.case import GUNICORN_REFUSES, Case, message, passed, refused, unfinished

PADDING = "x" * 12_000


def line(text: str, *headers: str, body: str = "") -> str:
    return message(*headers, line=text, body=body)


LINES = [
    passed("line feeds alone at the ends of all lines", message().replace("\r\n", "\n")),
    passed("an empty line before the request", "\r\n" + message()),
    passed("a line feed before the request", "\n" + message()),
    passed("spaces between the words of the line", line("{method}   {path}   HTTP/1.1")),
    passed("spaces after the line", line("{method} {path} HTTP/1.1  ")),
    passed("a method that nobody knows", line("SMUGGLE {path} HTTP/1.1"), on=GUNICORN_REFUSES),
    passed("a method of PRI, as HTTP/2 begins", line("PRI {path} HTTP/1.1"), on=GUNICORN_REFUSES),
    refused("a space before the method", line(" {method} {path} HTTP/1.1")),
    refused("tabs between the words of the line", line("{method}\t{path}\tHTTP/1.1")),
    refused("a carriage return between the words of the line", line("{method}\r{path} HTTP/1.1")),
    refused("a carriage return in the path", line("{method} {path}\rX HTTP/1.1")),
    Case("a line feed in the path, which makes it HTTP/0.9", line("GET {path}\nX HTTP/1.1"), (0,), "closed"),
    refused("a request line in the path", line("{method} {path} HTTP/1.1 GET /smuggled/{token} HTTP/1.1")),
    refused("a space in the path", line("{method} {path} x HTTP/1.1")),
    refused("a method in small letters", line("post {path} HTTP/1.1")),
    refused("a method with a character that none has", line("GE(T {path} HTTP/1.1")),
    refused("a method with a byte of nothing", line("GET\0 {path} HTTP/1.1")),
    refused("a method with a colon", line("GET: {path} HTTP/1.1")),
    refused("no method", line("{path} HTTP/1.1")),
    refused("no path", line("{method} HTTP/1.1")),
    refused("TRACE", line("TRACE {path} HTTP/1.1"), 405),
    refused("TRACE with a body", line("TRACE {path} HTTP/1.1", "Content-Length: {length}", body="{smuggled}"), 405),
    refused("CONNECT", line("CONNECT {host}:443 HTTP/1.1"), 405),
    refused("CONNECT to a path", line("CONNECT {path} HTTP/1.1")),
    Case("HTTP/0.9", "GET {path}\r\n{smuggled}", (0,), "closed"),
    refused("HTTP/0.9 with its version", line("{method} {path} HTTP/0.9")),
    Case("HTTP/1.0, with no word of the connection", line("{method} {path} HTTP/1.0"), (200,), "closed"),
    # The connection stays open, because every complete answer has a length (tricorn/answers/).
    passed("HTTP/1.0 on a connection that should stay", line("{method} {path} HTTP/1.0", "Connection: keep-alive")),
    passed("HTTP/1.9", line("{method} {path} HTTP/1.9")),
    refused("HTTP/2.0", line("{method} {path} HTTP/2.0"), 505),
    refused("HTTP/3", line("{method} {path} HTTP/3"), 505),
    passed("a version of four digits", line("{method} {path} HTTP/1.0001")),
    refused("a version without its dot", line("{method} {path} HTTP/11"), 505),
    refused("a version with a minus", line("{method} {path} HTTP/-1.1")),
    refused("a version in small letters", line("{method} {path} http/1.1")),
    refused("a version with a byte of nothing", line("{method} {path} HTTP/1.1\0")),
    refused("another protocol", line("{method} {path} ICAP/1.1")),
    refused("a line of 12 kB", line("{method} {path}?" + PADDING + " HTTP/1.1"), 414),
    refused("a line of 100 kB", line("{method} {path}?" + PADDING * 9 + " HTTP/1.1"), 414),
    refused("a method of 12 kB", line("X" * 12_000 + " {path} HTTP/1.1"), 414),
    refused("TLS in place of HTTP", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + "\0" * 160),
    refused("the PROXY protocol before the request", "PROXY TCP4 6.6.6.6 127.0.0.1 1 80\r\n" + message()),
    refused("the PROXY protocol in binary", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + "\6" * 12 + message()),
    refused("SSH in place of HTTP", "SSH-2.0-OpenSSH_9.9\r\n"),
    unfinished("a line that is not finished", "GET {path} HT"),
    unfinished("a head that is not finished", "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-A: "),
    unfinished("empty lines and nothing else", "\r\n" * 20),
]
