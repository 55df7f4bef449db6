"""Containers without Compose: what the engine knows of them, and one that a test starts for itself."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from tests.support.stack import Stack, run, wait_until

LABEL = ("--label", f"tricorn.test={os.environ.get('COMPOSE_PROJECT_NAME', '')}")


def inspect(*containers: str) -> list[dict[str, Any]]:
    """docker inspect of these containers."""
    return json.loads(run("docker", "inspect", *containers).stdout)


def inspect_all(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """docker inspect of all containers, by service."""
    found: dict[str, list[dict[str, Any]]] = {}
    for container in inspect(*stack.compose("ps", "--all", "--quiet").stdout.split()):
        found.setdefault(container["Config"]["Labels"]["com.docker.compose.service"], []).append(container)
    return found


def for_each[T](names: tuple[str, ...], action: Callable[[str], T]) -> dict[str, T]:
    """action(name) for all names at once; returns the results by name."""
    with ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(action, names), strict=True))


@contextmanager
def started(*command: str, files: dict[str, str] | None = None) -> Iterator[str]:
    """A container of `docker create COMMAND`, with `files` copied into it by path. It is removed with its volumes."""
    container = run("docker", "create", *LABEL, *command).stdout.strip()
    try:
        for target, source in (files or {}).items():
            run("docker", "cp", source, f"{container}:{target}")
        run("docker", "start", container)
        yield container
    finally:
        run("docker", "rm", "--force", "--volumes", container)


@contextmanager
def paused(*containers: str) -> Iterator[None]:
    """Their processes stand still: the kernel accepts connections for them, and nothing answers."""
    stopped: list[str] = []
    try:
        for container in containers:
            wait_until(lambda container=container: pause(container), 30, f"{container} is paused")
            stopped.append(container)
        yield
    finally:
        if stopped:
            run("docker", "unpause", *stopped)


def pause(container: str) -> bool:
    """On a busy machine, runc gives up while processes come and go ("unable to freeze"). It leaves them running."""
    done = run("docker", "pause", container, check=False)
    assert done.returncode == 0 or "unable to freeze" in done.stderr, done.stderr
    return done.returncode == 0
