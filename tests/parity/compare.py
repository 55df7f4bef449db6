"""What may differ between the gateways, by name; all else has to be the same."""

import re
from typing import Any

from tests.routing.wire import Answer

# Headers of an answer: each request's own, whoever answers.
OWN_HEADERS = {
    "date": "the clock",
    "x-request-id": "made for each request",
    "server-timing": "how long it took, and the names of the threads",
}

# The same in bodies and cookies, replaced by a word.
OWN_WORDS = [
    (r"\b[0-9a-f]{32}\b", "REQUEST-ID"),
    (r"(csrftoken=|csrfmiddlewaretoken\" value=\")\w+", r"\1TOKEN"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "TIME"),
]

# What a server tells Django (request.META) and another one does not, or not in these words.
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

# Django's own view of the same.
REQUEST_DIFFERENCES = {"interface": "WSGI or ASGI", "port": "SERVER_PORT, see above"}


def without_own(text: str) -> str:
    for pattern, word in OWN_WORDS:
        text = re.sub(pattern, word, text)
    return text


def comparable(answer: Answer) -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers in alphabetical order, body: with all that may differ left out."""
    headers = [(name, without_own(value)) for name, value in answer.headers if name not in OWN_HEADERS]
    return answer.status, sorted(headers), without_own(answer.body.decode())


def told(answer: Answer) -> dict[str, Any]:
    """What the echo project was told, with all that may differ left out."""
    request = answer.json()
    meta = {
        # A header that was sent twice is joined with ", " by nginx for uwsgi, and with "," by Django under ASGI.
        name: ",".join(part.strip() for part in value.split(","))
        for name, value in request["META"].items()
        # Of a request without a body uwsgi says that its length and type are "", ASGI nothing at all.
        if name not in META_DIFFERENCES and not (name in ("CONTENT_LENGTH", "CONTENT_TYPE") and not value)
    }
    return {**{name: value for name, value in request.items() if name not in REQUEST_DIFFERENCES}, "META": meta}
