"""The project's WSGI application below a path, URL_PREFIX. uwsgi.ini loads it instead of tricorn.answers.wsgi.

uWSGI's own way, `mount` with `manage-script-name`, makes uWSGI (2.0.31) end with a segmentation fault at its start if
`py-call-uwsgi-fork-hooks` is on too. If nginx sent SCRIPT_NAME, health checks would lack it: Django would assume that
the site has the whole host, and it keeps the STATIC_URL that it computes first.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any

# The project's application, with limits for its streams.
from tricorn.answers.wsgi import application as project

PREFIX = os.environ["URL_PREFIX"]


def below_prefix(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path.startswith(f"{PREFIX}/"):
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = PREFIX, path.removeprefix(PREFIX)
    return project(environ, start_response)


# Without a prefix, uWSGI calls the project directly.
application = below_prefix if PREFIX else project
