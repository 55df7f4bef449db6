"""A superuser, created as documented and deleted afterwards, and browsers on each gateway's pinned host."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.support.stack import Stack

NAME = "head-teacher"
PASSWORD = "correct horse battery staple"

Browser = Callable[[str], httpx.Client]


@pytest.fixture(scope="package")
def superuser(stack: Stack) -> Iterator[tuple[str, str]]:
    """Name and password of a superuser."""
    django = ("exec", "-T", "-e", f"DJANGO_SUPERUSER_PASSWORD={PASSWORD}", "uwsgi", "python", "-m", "django")
    stack.compose(*django, "createsuperuser", "--no-input", "--username", NAME, "--email", "head@school.example")
    yield NAME, PASSWORD
    remove = f"from django.contrib.auth.models import User; User.objects.get(username={NAME!r}).delete()"
    stack.compose(*django, "shell", "-c", remove)


@pytest.fixture(scope="module")
def browser(stack: Stack) -> Iterator[Browser]:
    """browser("daphne"): a new browser without cookies on that gateway's pinned host, also after links."""
    port = stack.port()
    with ExitStack() as browsers:

        def browser(gateway: str) -> httpx.Client:
            host = f"{gateway}.localhost:{port}"
            headers = {"Host": host, "Origin": f"http://{host}"}
            client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30)
            return browsers.enter_context(client)

        yield browser


def token(page: httpx.Response) -> str:
    """The CSRF token of a page's form."""
    found = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found
    return found[1]


def log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    form = {"username": name, "password": password, "csrfmiddlewaretoken": token(client.get("/admin/login/"))}
    return client.post("/admin/login/?next=/admin/", data=form)
