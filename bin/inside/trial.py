"""Tries a Django project in one of its new images, before anything that runs is replaced.

bin/lib/build runs this in a container of each gateway and of migrate, with that service's environment. It imports
what WSGI_APPLICATION or ASGI_APPLICATION names, and ROOT_URLCONF. It runs Django's system check, opens the database,
and sends the application a request for HEALTH_PATH, as the health check does. POSTGRES_RUNS=1 means that the stack's
own database runs. It prints lines of these kinds:

    fault: ...      with exit status 1: nothing may be replaced
    warning: ...    something is doubtful
    pending: ...    a migration that is not applied yet, only in migrate
"""

import asyncio
import io
import os
import pkgutil
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn
from urllib.parse import urlsplit

import django
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import connections
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.urls import get_resolver

ROOT = "/srv/apps/"
# Most seconds for the whole trial, on a machine that runs four others at the same time.
LONGEST = 90
# A gateway has one of these two. migrate has neither.
ENTRY_POINT = next((name for name in ("WSGI_APPLICATION", "ASGI_APPLICATION") if name in os.environ), "")
HOST = os.environ["SERVER_NAMES"].split()[0]
HEALTH_PATH = os.environ["HEALTH_PATH"]
PREFIX = os.environ.get("URL_PREFIX", "")


def fault(text: str) -> NoReturn:
    print("fault:", " ".join(text.split()), flush=True)
    # os._exit() does not wait for the project's threads.
    sys.stderr.flush()
    os._exit(1)


def warn(text: str) -> None:
    print("warning:", " ".join(text.split()))


def explain(error: BaseException) -> str:
    """The error, its causes, and the line of the project that raised it."""
    said: list[str] = []
    cause: BaseException | None = error
    root = error
    while cause is not None and len(said) < 4:
        text = f"{cause}" if isinstance(cause, SystemExit) else f"{type(cause).__name__}: {cause}".removesuffix(": ")
        if not any(text in earlier or earlier in text for earlier in said):
            said.append(text)
        root = cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    own = [frame for frame in traceback.extract_tb(root.__traceback__) if frame.filename.startswith(ROOT)]
    place = f" ({own[-1].filename.removeprefix(ROOT)}, line {own[-1].lineno})" if own else ""
    return "; caused by ".join(said) + place


def attempt[T](what: str, do: Callable[[], T]) -> T:
    """Returns what `do` returns. If a project raises anything or exits, that is a fault, and its traceback is kept."""
    try:
        return do()
    except BaseException as error:
        traceback.print_exception(error)
        fault(f"{what}{': ' if what else ''}{explain(error)}")


def load_application() -> Callable[..., Any] | None:
    """Imports what the gateway's server imports. Returns None in migrate."""
    if not ENTRY_POINT:
        return None
    application = os.environ[ENTRY_POINT]
    return attempt(f"{ENTRY_POINT}={application}", lambda: pkgutil.resolve_name(application))


def check_system(databases: list[str]) -> None:
    """Runs the checks of `manage.py check`. Errors are faults; for warnings there is `make manage CMD=check`."""
    found = attempt("", lambda: checks.run_checks(databases=databases))
    errors = [message for message in found if message.is_serious() and not message.is_silenced()]
    if errors:
        told = [f"{it.id}: {it.msg}{f' ({it.hint})' if it.hint else ''}" for it in errors]
        rest = f"; and {len(told) - 3} more" if len(told) > 3 else ""
        fault(f"Django's system check fails: {'; '.join(told[:3])}{rest}")


# ---- the database ----


def is_within_reach(alias: str) -> bool:
    """False for the stack's own database while it is down, as at a first start. Everything else is tried then."""
    host = connections[alias].settings_dict.get("HOST")
    return os.environ.get("POSTGRES_RUNS") == "1" or host != os.environ.get("POSTGRES_HOST")


def open_database(alias: str) -> None:
    connection = connections[alias]
    # Without a server, both of these raise errors for wrong ENGINE and OPTIONS.
    options = connection.get_connection_params()
    pool = getattr(connection, "pool", None)
    if is_within_reach(alias):
        # A pool's error says only that it timed out, so this connects without the pool first.
        if pool:
            connection.Database.connect(**options).close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()
        getattr(connection, "close_pool", lambda: None)()


def check_databases() -> bool:
    """Whether the default database answered. Another one only causes a warning, because migrate does not need it."""
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.dummy":
        fault(f"{settings.SETTINGS_MODULE} does not set DATABASES, which migrate needs: see docs/your-project.md")
    try:
        open_database("default")
    except Exception as error:
        traceback.print_exception(error)
        if "password authentication failed" in str(error):
            fault(
                "the database was created with a password other than secrets/postgres_password: restore that file, or"
                " delete the database with make clean"
            )
        fault(f'DATABASES["default"] cannot be opened: {explain(error)}')
    for alias in [alias for alias in connections if alias != "default"]:
        try:
            open_database(alias)
        except Exception as error:
            warn(f'DATABASES["{alias}"] cannot be opened: {explain(error)}')
    return is_within_reach("default")


def apps_without_migrations() -> list[str]:
    """Apps of the project that have models without a migration. Apps of packages are not the project's to correct."""
    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(loader.graph)
    return [label for label in changes if apps.get_app_config(label).path.startswith(ROOT)]


def pending_migrations() -> list[str]:
    executor = MigrationExecutor(connections["default"])
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


# ---- a request, as the server would pass it on ----


def ask_wsgi(application: Callable[..., Any], path: str, scheme: str) -> tuple[int, str]:
    """Returns the status, and the target of a redirect."""
    answer: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": PREFIX,
        "PATH_INFO": path.partition("?")[0],
        "QUERY_STRING": path.partition("?")[2],
        "SERVER_NAME": HOST,
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": HOST,
        "HTTP_X_FORWARDED_PROTO": scheme,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    body = application(environ, lambda status, headers, _error=None: answer.extend((int(status[:3]), dict(headers))))
    getattr(body, "close", lambda: None)()
    return answer[0], answer[1].get("Location", "")


def ask_asgi(application: Callable[..., Any], path: str, scheme: str) -> tuple[int, str]:
    """The same for ASGI."""
    answer: list[Any] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": scheme,
        "path": PREFIX + path.partition("?")[0],
        "raw_path": (PREFIX + path.partition("?")[0]).encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": PREFIX,
        "client": ("127.0.0.1", 1),
        "server": (HOST, 80),
        "headers": [(b"host", HOST.encode()), (b"x-forwarded-proto", scheme.encode())],
    }
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:  # a second call waits for the disconnect, which never comes
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            answer[:] = [event["status"], {name.lower(): value for name, value in event["headers"]}]

    asyncio.run(application(scope, receive, send))
    return answer[0], answer[1].get(b"location", b"").decode("latin-1")


def check_health(application: Callable[..., Any]) -> None:
    """Otherwise the containers would be found unhealthy only after they have replaced those that run."""
    ask = ask_wsgi if ENTRY_POINT == "WSGI_APPLICATION" else ask_asgi
    status, location = attempt(f"HEALTH_PATH={HEALTH_PATH}", lambda: ask(application, HEALTH_PATH, "https"))
    if not 200 <= status < 300:
        where = f" (to {location})" if location else ""
        cure = {
            400: "ALLOWED_HOSTS must contain the names in SERVER_NAMES: see docs/your-project.md",
            404: "set a path that the project has; it must answer 2xx while the process can serve",
        }.get(status, "it must answer 2xx while the process can serve")
        fault(f"HEALTH_PATH={HEALTH_PATH} answers {status}{where} on the host {HOST}: {cure}")
    # The health check sends X-Forwarded-Proto: https. With HTTPS=0, browsers come over HTTP.
    if os.environ["HTTPS"] == "0":
        status, location = attempt("", lambda: ask(application, HEALTH_PATH, "http"))
        redirects = status in (301, 302, 307, 308) and urlsplit(location).scheme == "https"
        # A middleware may answer HEALTH_PATH before Django's would redirect it.
        if redirects or settings.SECURE_SSL_REDIRECT:
            warn(
                "SECURE_SSL_REDIRECT redirects every visitor to HTTPS, which this stack does not serve with HTTPS=0:"
                " set HTTPS=1 if a load balancer terminates TLS, use compose.tls.yaml (docs/tls.md), or remove the"
                " setting"
            )


def main() -> None:
    too_long = f"after {LONGEST} s the project is not imported yet, or its database has not answered"
    signal.signal(signal.SIGALRM, lambda *_: fault(too_long))
    signal.alarm(LONGEST)
    attempt("", django.setup)
    application = load_application()
    attempt(f"ROOT_URLCONF={getattr(settings, 'ROOT_URLCONF', None)}", lambda: get_resolver().url_patterns)
    answers = check_databases()
    check_system(["default"] if answers else [])
    if application is not None:
        check_health(application)
        return
    if found := apps_without_migrations():
        warn(f"models without a migration, so their tables or columns are missing, in: {', '.join(found)}")
    if answers:
        for name in attempt("the migrations cannot be planned", pending_migrations):
            print("pending:", name)


main()
sys.stdout.flush()
os._exit(0)
