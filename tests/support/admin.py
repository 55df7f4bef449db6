"""A superuser, created as documented, and the log-in form of the admin."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.stack import Stack

NAME = "head-teacher"
PASSWORD = "correct horse battery staple"


@contextmanager
def superuser_of(stack: Stack) -> Iterator[tuple[str, str]]:
    """Name and password of a superuser, who is deleted afterwards."""
    django = ("exec", "-T", "-e", f"DJANGO_SUPERUSER_PASSWORD={PASSWORD}", "uwsgi", "python", "-m", "django")
    stack.compose(*django, "createsuperuser", "--no-input", "--username", NAME, "--email", "head@school.example")
    try:
        yield NAME, PASSWORD
    finally:
        remove = f"from django.contrib.auth.models import User; User.objects.get(username={NAME!r}).delete()"
        stack.compose(*django, "shell", "-c", remove)


def token(page: httpx.Response) -> str:
    """The CSRF token of a page's form."""
    found = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert found
    return found[1]


def log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    form = {"username": name, "password": password, "csrfmiddlewaretoken": token(client.get("/admin/login/"))}
    return client.post("/admin/login/?next=/admin/", data=form)
