"""A WSGI application below a path, such as /app: uWSGI on a site that has not the whole host.

uWSGI's own way, `mount` with `manage-script-name`, makes uWSGI (2.0.31) end with a segmentation fault at its start if
`py-call-uwsgi-fork-hooks` is on too. If nginx sent SCRIPT_NAME, health checks would lack it: Django would assume that
the site has the whole host, and it keeps the STATIC_URL that it computes first.
"""

from collections.abc import Callable, Iterable
from typing import Any

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def below(prefix: str, application: Application) -> Application:
    """The same application without a prefix, else one that splits the prefix off each path that begins with it."""

    def below_prefix(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith(f"{prefix}/"):
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = prefix, path.removeprefix(prefix)
        return application(environ, start_response)

    return below_prefix if prefix else application
