"""The differences between the gateways that are allowed, by name. Everything else must be the same."""

import re
from typing import Any

from tests.support.wire import Answer

# Headers that differ between requests, whichever gateway answers.
OWN_HEADERS = {
    "date": "the clock",
    "x-request-id": "made for each request",
    "server-timing": "how long it took, and the names of the threads",
}

# Such values in bodies and cookies; a word replaces each.
OWN_WORDS = [
    (r"\b[0-9a-f]{32}\b", "REQUEST-ID"),
    (r"(csrftoken=|csrfmiddlewaretoken\" value=\")\w+", r"\1TOKEN"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "TIME"),
]

# Values that a server gives Django (request.META), and another one does not, or gives differently.
META_DIFFERENCES = {
    "SERVER_NAME": "uwsgi: the host of the request; ASGI: the address of the gateway's own socket",
    "SERVER_PORT": "uwsgi: the port that the client used; ASGI: that of the gateway's own socket",
    "REMOTE_HOST": "ASGI only: the client's address once more",
    "REMOTE_PORT": "uwsgi only",
    "REQUEST_URI": "uwsgi only",
    "SERVER_PROTOCOL": "uwsgi only",
    "UWSGI_SCHEME": "uwsgi only",
    "wsgi.url_scheme": "WSGI only",
    "HTTP_X_REQUEST_ID": "made for each request",
    "HTTP_X_REAL_PORT": "of each connection",
}

# The same differences as Django's request object shows them.
REQUEST_DIFFERENCES = {"interface": "WSGI or ASGI", "port": "SERVER_PORT, see above"}


def without_own(text: str) -> str:
    for pattern, word in OWN_WORDS:
        text = re.sub(pattern, word, text)
    return text


def comparable(answer: Answer) -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers in alphabetical order, and body, without the allowed differences."""
    headers = [(name, without_own(value)) for name, value in answer.headers if name not in OWN_HEADERS]
    return answer.status, sorted(headers), without_own(answer.body.decode())


def told(answer: Answer) -> dict[str, Any]:
    """What the echo project received, without the allowed differences."""
    request = answer.json()
    meta = {
        # nginx joins a repeated header with ", " for uwsgi; Django joins it with "," under ASGI.
        name: ",".join(part.strip() for part in value.split(","))
        for name, value in request["META"].items()
        # Without a body, uwsgi gives an empty length and type; ASGI gives none.
        if name not in META_DIFFERENCES and not (name in ("CONTENT_LENGTH", "CONTENT_TYPE") and not value)
    }
    return {**{name: value for name, value in request.items() if name not in REQUEST_DIFFERENCES}, "META": meta}
