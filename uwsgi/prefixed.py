"""The project's WSGI application below a path, URL_PREFIX: read by uwsgi.ini in the place of WSGI_APPLICATION.

uWSGI's own way, `mount` with `manage-script-name`, ends it with a segmentation fault at its start (2.0.31) where
`py-call-uwsgi-fork-hooks` is on too. SCRIPT_NAME from nginx would be missing in health checks: Django would take the
site for one that has the whole host, and it keeps what it first made of STATIC_URL.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any

# The project's application, with limits for its streams.
from gateway_answers.wsgi import application as project

PREFIX = os.environ["URL_PREFIX"]


def below_prefix(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path.startswith(f"{PREFIX}/"):
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = PREFIX, path.removeprefix(PREFIX)
    return project(environ, start_response)


# Without a prefix, uWSGI calls the project directly.
application = below_prefix if PREFIX else project
