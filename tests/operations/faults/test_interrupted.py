"""make roll and make up are interrupted: serving continues, and the next run cleans up."""

import fcntl
import os
import random
import signal
import subprocess
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.operations.faults.test_roll import ids, make_roll
from tests.support.long_form import IS_FULL
from tests.support.stack import GATEWAYS, ROOT, Stack, run, wait_until
from tests.support.traffic import Flow, Traffic

# Seconds: the longest that one of them can take.
LONGEST = 280


@dataclass(frozen=True)
class Terminal:
    """`make` in its own terminal, as an operator runs it."""

    process: subprocess.Popen[bytes]
    master: int

    @classmethod
    def of(cls, stack: Stack, *arguments: str, **environment: str) -> "Terminal":
        master, slave = os.openpty()
        settings = {**os.environ, **stack.environment, "COMPOSE_PROJECT_NAME": stack.project, **environment}
        pipes = {"stdin": slave, "stdout": slave, "stderr": slave}
        process = subprocess.Popen(  # type: ignore[call-overload]
            ("make", *arguments),
            cwd=ROOT,
            env=settings,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            **pipes,
        )
        os.close(slave)
        return cls(process, master)

    def wait_for(self, text: str) -> None:
        said = b""
        while text.encode() not in said:
            try:
                part = os.read(self.master, 4096)
            except OSError:
                part = b""
            assert part, f"it ended without {text!r}: {said.decode()}"
            said += part

    def close(self) -> None:
        """Closes the terminal as a broken connection does: nobody reads any more, and the operator's shell passes the
        kernel's SIGHUP on to its jobs. Here make has the shell's place, so the test sends the signal.
        """
        os.close(self.master)
        os.killpg(self.process.pid, signal.SIGHUP)
        self.process.wait(LONGEST)

    def signal(self, number: int) -> None:
        """Signals make and the script, as a terminal does. Their child processes have sessions of their own."""
        os.killpg(self.process.pid, number)
        # Read what it writes: otherwise the process blocks when the terminal's buffer is full.
        os.set_blocking(self.master, False)
        deadline = time.monotonic() + LONGEST
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            try:
                os.read(self.master, 65536)
            except (BlockingIOError, OSError):
                time.sleep(0.05)
        os.close(self.master)


def send(number: int) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.signal(number)


ENDS = {"HUP": Terminal.close, "INT": send(signal.SIGINT), "TERM": send(signal.SIGTERM), "KILL": send(signal.SIGKILL)}


def leftovers(stack: Stack) -> list[str]:
    """Names of containers that no finished run leaves: one-off containers, and containers that are being removed."""
    listed = run("docker", "ps", "--all", "--filter", f"label=com.docker.compose.project={stack.project}", "--format",
                 '{{.Names}} {{.Label "com.docker.compose.oneoff"}} {{.Label "tricorn.task"}}').stdout  # fmt: skip
    return [line for line in listed.splitlines() if "-leaving-" in line or line.split()[1:] == ["True", "up"]]


def assert_one_generation(stack: Stack, *gateways: str) -> None:
    assert leftovers(stack) == []
    for gateway in gateways:
        assert len(ids(stack, gateway)) == 1
        assert httpx.get(f"{stack.url()}/hello/sync/", headers={"Host": f"{gateway}.localhost"}).status_code == 200


def test_a_roll_interrupted_midway_loses_no_request_and_the_next_one_cleans_up(stack: Stack) -> None:
    before = ids(stack, "daphne")
    with Traffic(stack, Flow("daphne", "daphne.localhost", "/hello/sync/", 20)) as traffic:
        # The terminal closes while the new container starts: roll removes the new container.
        terminal = Terminal.of(stack, "roll", "GATEWAY=daphne")
        terminal.wait_for("daphne: starting 1 new beside 1")
        terminal.close()
        assert ids(stack, "daphne") == before
        # SIGKILL while both containers run: both keep serving, and the lock is free.
        terminal = Terminal.of(stack, "roll", "GATEWAY=daphne")
        terminal.wait_for("daphne: the new version is healthy, and nginx sends requests to it")
        terminal.signal(signal.SIGKILL)
        assert len(ids(stack, "daphne")) == 2
        rolled = make_roll(stack, "daphne")
    assert rolled.returncode == 0, rolled.stdout + rolled.stderr
    assert_one_generation(stack, "daphne")
    assert not ids(stack, "daphne") & before
    assert traffic["daphne"].failures() == [], traffic["daphne"].statuses


@pytest.mark.skipif(
    not IS_FULL, reason="make test-full runs it: ten rolls that end somewhere, and the next one of each"
)
@pytest.mark.parametrize("end", ENDS)
def test_a_roll_interrupted_at_any_point_loses_no_request(stack: Stack, end: str) -> None:
    draw = random.Random(end)  # noqa: S311  # no secret
    with Traffic(stack, *(Flow(it, f"{it}.localhost", "/hello/sync/", 20) for it in GATEWAYS)) as traffic:
        for _ in range(10 if end == "KILL" else 3):
            terminal = Terminal.of(stack, "roll")
            time.sleep(draw.uniform(0, 45))
            if terminal.process.poll() is None:
                ENDS[end](terminal)
        rolled = make_roll(stack)
    assert rolled.returncode == 0, rolled.stdout + rolled.stderr
    assert_one_generation(stack, *GATEWAYS)
    for name, record in traffic.records.items():
        assert record.failures() == [], f"{name}: {record.statuses}"


@pytest.mark.skipif(not IS_FULL, reason="make test-full runs it: each make up replaces every gateway")
@pytest.mark.parametrize("end", ENDS)
def test_a_make_up_after_an_interrupted_one_continues(stack: Stack, end: str) -> None:
    draw = random.Random(end)  # noqa: S311  # no secret
    for number in range(10 if end == "KILL" else 3):
        # Other settings each time, so that make up has something to recreate.
        terminal = Terminal.of(stack, "up", LOG_LEVEL=("WARNING", "INFO")[number % 2])
        time.sleep(draw.uniform(0, 30))
        if terminal.process.poll() is None:
            ENDS[end](terminal)
    up = run("make", "up", check=False, cwd=ROOT, timeout=LONGEST,
             env={**os.environ, **stack.environment, "COMPOSE_PROJECT_NAME": stack.project})  # fmt: skip
    assert up.returncode == 0, up.stdout + up.stderr
    wait_until(lambda: assert_one_generation(stack, *GATEWAYS) is None, 20, "one generation of containers")
