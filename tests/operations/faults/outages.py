"""The ways in which PostgreSQL and Valkey become unreachable and return."""

import time
from collections.abc import Callable

from tests.support.containers import paused
from tests.support.kill import Killer, main_process
from tests.support.long_form import repeat
from tests.support.stack import Stack, run, wait_until

# Commands that succeed in the service's own container if the service answers.
ANSWERS = {
    "postgres": "pg_isready --quiet --host=127.0.0.1",
    "valkey": 'REDISCLI_AUTH="$(cat /run/secrets/valkey_password)" valkey-cli ping | grep --quiet PONG',
}
# Seconds of an outage, where the test decides it.
PAUSE = repeat(short=4, full=10)
CUT = repeat(short=3, full=4)


def await_answer(stack: Stack, service: str) -> None:
    container = stack.container(service)
    wait_until(
        lambda: run("docker", "exec", container, "sh", "-c", ANSWERS[service], check=False).returncode == 0,
        30,
        f"{service} answers",
    )


def killed(stack: Stack, kill9: Killer, service: str) -> None:
    """Kills the service; the engine restarts it."""
    container = stack.container(service)
    old = main_process(container)
    kill9.kill(old)
    wait_until(lambda: main_process(container) not in (0, old), 30, f"a new {service}")


def restarted(stack: Stack, _: Killer, service: str) -> None:
    run("docker", "restart", stack.container(service))


def frozen(stack: Stack, _: Killer, service: str) -> None:
    with paused(stack.container(service)):
        time.sleep(PAUSE)


def cut_off(stack: Stack, _: Killer, service: str) -> None:
    """Packets are dropped, and clients get no error."""
    network, container = f"{stack.project}_data", stack.container(service)
    run("docker", "network", "disconnect", network, container)
    try:
        time.sleep(CUT)
    finally:
        run("docker", "network", "connect", "--alias", service, network, container)


OUTAGES: dict[str, Callable[[Stack, Killer, str], None]] = {
    "killed": killed,
    "restarted": restarted,
    f"paused {PAUSE} s": frozen,
    "cut off": cut_off,
}
