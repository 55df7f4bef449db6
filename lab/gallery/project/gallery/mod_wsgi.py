"""mod_wsgi loads a file, and uses its `application`."""

from collections.abc import Callable, Iterable
from typing import Any

from config.wsgi import application as django_application


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    # DNS host names have no underscore, and Django rejects one: this server's own name would get a 400.
    environ["HTTP_HOST"] = environ["HTTP_HOST"].replace("mod_wsgi.", "mod-wsgi.", 1)
    return django_application(environ, start_response)
