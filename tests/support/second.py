"""A second stack beside the tested one. In tests/operations, `backup` restores into it, and `faults` breaks it."""

import functools
import os
import random
import socket

from tests.support.stack import ROOT, Stack, run


def free_port() -> int:
    """An unused port of 127.0.0.1, below the range from which the kernel picks ports by itself."""
    while True:
        port = random.randint(20000, 32000)  # noqa: S311  # no secret
        with socket.socket() as candidate:
            if candidate.connect_ex(("127.0.0.1", port)):
                return port


@functools.cache
def second_stack() -> Stack:
    """The first caller starts it, as `make up` does."""
    project = f"{os.environ['COMPOSE_PROJECT_NAME']}-faults"
    kept = Stack(project, {})
    # A fixed port: with port 0, nginx would get another port each time it is killed.
    port = kept.port() if kept.containers("nginx") else free_port()
    stack = Stack(project, {"HTTP_BIND": f"127.0.0.1:{port}"})
    environment = {**os.environ, **stack.environment, "COMPOSE_PROJECT_NAME": project}
    run("bin/up", cwd=ROOT, env=environment, timeout=300)
    return stack


def remove_second_stack() -> None:
    """Its health checks would slow the tests that follow. bin/test removes it too if no test has done so."""
    if os.environ.get("KEEP") != "1":
        second_stack().compose("down", "--volumes", "--timeout", "0")
        second_stack.cache_clear()
