"""A superuser, and gateways with views that misbehave."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.admin import superuser_of
from tests.support.stack import GATEWAYS, Stack
from tests.support.wire import Edge


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
        yield Edge.of(other)
    finally:
        other.compose("down", "--volumes", "--timeout", "0")
