"""A second stack, beside the one under test: to restore a backup into, and for the faults."""

import functools
import os
import random
import socket

from tests.support.stack import ROOT, Stack, run


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, below those that the kernel hands out by itself."""
    while True:
        port = random.randint(20000, 32000)  # noqa: S311  # no secret
        with socket.socket() as candidate:
            if candidate.connect_ex(("127.0.0.1", port)):
                return port


@functools.cache
def second_stack() -> Stack:
    """Brought up by the first who asks, as `make up` does it."""
    project = f"{os.environ['COMPOSE_PROJECT_NAME']}-faults"
    kept = Stack(project, {})
    # A fixed one: with port 0, nginx would come back at another port each time that it is killed.
    port = kept.port() if kept.containers("nginx") else free_port()
    stack = Stack(project, {"HTTP_BIND": f"127.0.0.1:{port}"})
    environment = {**os.environ, **stack.environment, "COMPOSE_PROJECT_NAME": project}
    run("bootstrap/up", cwd=ROOT, env=environment, timeout=300)
    return stack


def remove_second_stack() -> None:
    """Its health checks would cost the tests that follow. tests/run removes it too, should nobody else."""
    if os.environ.get("KEEP") != "1":
        second_stack().compose("down", "--volumes", "--timeout", "0")
        second_stack.cache_clear()
