"""The request target: which host, which path, and which part is only text?"""

from tests.security.smuggling.case import answered, message, passed, refused


def target(text: str, host: str = "Host: {host}") -> str:
    return message(line=f"{{method}} {text} HTTP/1.1", host=host)


# A whole request in one escaped word: decoded once too often, it becomes a request.
ESCAPED = "%20HTTP/1.1%0d%0aHost:%20{gateway}.localhost%0d%0a%0d%0aGET%20/smuggled/{token}"

TARGETS = [
    passed("an absolute target of the same host", target("http://{host}{path}")),
    passed("an absolute target with another host's header", target("http://{host}{path}", "Host: localhost")),
    passed(
        "an absolute target, and a header of a host that is refused",
        target("http://{host}{path}", "Host: evil.example"),
    ),
    passed("an absolute target with a port", target("http://{host}:8443{path}")),
    passed("an absolute target over HTTPS", target("https://{host}{path}")),
    answered("an absolute target of another host", target("http://evil.example{path}"), 421),
    answered("an absolute target of a gateway by its name", target("http://{gateway}:8000{path}"), 421),
    refused("an absolute target with a user", target("http://{host}@evil.example{path}")),
    refused("an absolute target without a host", target("http://{path}")),
    refused("an absolute target with a line break", target("http://{host}\r\nX-A: b{path}")),
    refused("an absolute target without slashes", target("http:{path}")),
    refused("a host and a port for a target", target("{host}:80")),
    refused("an asterisk for a target", message(line="OPTIONS * HTTP/1.1")),
    refused("a path without its slash", target("smuggled/{token}")),
    refused("a byte of nothing in the path", target("{path}\0")),
    refused("a byte of nothing in the path, escaped", target("{path}%00")),
    refused("an escape that is cut off", target("{path}%")),
    refused("an escape of no number", target("{path}%zz")),
    refused("a line break in the path, escaped", target("{path}%0d%0aX-A:%20b")),
    refused("a line feed in the path, escaped", target("{path}%0a")),
    refused("a request in the path, escaped", target("{path}" + ESCAPED)),
    refused("a path that leads out of the root", target("/../../..{path}")),
    refused("a control character in the path", target("{path}\x01")),
    refused("a delete character in the path", target("{path}\x7f")),
    passed("a request in the query string, escaped", target("{path}?a=" + ESCAPED)),
    passed("a request in the path, escaped twice", target("{path}" + ESCAPED.replace("%", "%25"))),
    passed("a space in the path, escaped, and a version", target("{path}%20HTTP/1.1")),
    passed("a question mark and a number sign in the path, escaped", target("{path}%3f%23")),
    passed("a fragment", target("{path}#/smuggled/{token}")),
    passed("a backslash", target("{path}\\..\\smuggled")),
    passed("a semicolon and two dots", target("{path}/..;/smuggled")),
    passed("bytes beyond ASCII", target("{path}\xc3\xbc\xff")),
    passed("two slashes before the path", target("/{path}")),
    passed("two dots, escaped, and back", target("/x/%2e%2e{path}")),
]
