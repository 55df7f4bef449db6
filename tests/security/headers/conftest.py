"""nginx as a raw socket, a superuser, and gateways with views that misbehave."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.admin.conftest import NAME, PASSWORD
from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS, Stack


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Edge:
    return Edge(("127.0.0.1", stack.port()), stack.container("nginx"))


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


@pytest.fixture(scope="package")
def superuser() -> Iterator[Callable[[Stack], tuple[str, str]]]:
    """superuser(stack): name and password of that stack's superuser."""
    made: dict[str, tuple[str, str]] = {}
    with ExitStack() as superusers:

        def superuser(stack: Stack) -> tuple[str, str]:
            if stack.project not in made:
                made[stack.project] = superusers.enter_context(superuser_of(stack))
            return made[stack.project]

        yield superuser


@pytest.fixture(scope="package")
def misbehaving(stack: Stack) -> Iterator[Edge]:
    """Another nginx and other gateways, without database and cache, serving misbehaving/urls.py."""
    environment: dict[str, Any] = {
        "TESTED": stack.project,
        "HTTP_BIND": "127.0.0.1:0",
        "DJANGO_SETTINGS_MODULE": "misbehaving.settings",
        "UWSGI_PROCESSES": "1",
        "WEB_CONCURRENCY": "1",
    }
    files = ("compose.yaml", "tests/security/headers/misbehaving/compose.yaml")
    other = Stack(f"{stack.project}-misbehaving", environment, files)
    try:
        # Created, not started: Docker fills the new volume of uploads from the image when it creates this container.
        other.compose("up", "--no-start", "--no-build", "--no-deps", "migrate")
        other.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "nginx", *GATEWAYS)
        yield Edge(("127.0.0.1", other.port()), other.container("nginx"))
    finally:
        other.compose("down", "--volumes", "--timeout", "0")
