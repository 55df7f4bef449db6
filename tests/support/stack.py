"""The stack under test, driven through Docker Compose; the one place that knows how."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import testinfra
from testinfra.host import Host

ROOT = Path(__file__).parents[2]
GATEWAYS = ("uwsgi", "gunicorn", "daphne")
# Those that speak ASGI, and so WebSocket.
ASGI_GATEWAYS = ("gunicorn", "daphne")
# Where nginx finds them, and where HTTP is spoken inside the container.
PORTS = {"uwsgi": 3031, "gunicorn": 8000, "daphne": 9000}
HTTP_PORTS = {**PORTS, "uwsgi": 8001}


def run(*command: str, check: bool = True, timeout: float = 170, **options: object) -> subprocess.CompletedProcess[str]:
    """Runs a program; its output is text. A failure raises with what it said."""
    result = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **options)  # type: ignore[call-overload]
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


def settings() -> dict[str, str]:
    """Every setting in force: .env, with the shell's variables winning, as Compose has it."""
    lines = (ROOT / ".env").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name: os.environ.get(name, value.strip('"')) for name, value in pairs.items()}


def nginx_workers() -> int:
    """As many as nginx.conf says."""
    found = re.search(r"^worker_processes (\d+);", (ROOT / "nginx/nginx.conf").read_text(), re.MULTILINE)
    assert found
    return int(found[1])


def wait_until[T](condition: Callable[[], T], seconds: float = 30, message: str = "") -> T:
    """Waits until condition() is true, returns its value; fails after `seconds`. An assertion in it counts as false."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if value := condition():
                return value
            problem = ""
        except (AssertionError, OSError, httpx.HTTPError) as error:
            problem = str(error)
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {message or condition.__name__} {problem}")
        time.sleep(0.1)


@dataclass(frozen=True)
class Stack:
    """One Compose project; `environment` overrides settings of .env."""

    project: str
    environment: dict[str, str]
    files: tuple[str, ...] = ("compose.yaml",)

    def compose(self, *arguments: str, check: bool = True, timeout: float = 170) -> subprocess.CompletedProcess[str]:
        """`docker compose` on this project."""
        files = [part for file in self.files for part in ("--file", file)]
        environment = {**os.environ, **self.environment, "COMPOSE_PROJECT_NAME": self.project}
        return run("docker", "compose", *files, *arguments, check=check, timeout=timeout, cwd=ROOT, env=environment)

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers, running or not."""
        return self.listed(service, "{{.ID}}", "--all", "--no-trunc").split()

    def container(self, service: str) -> str:
        """The id of a service's only container."""
        (container,) = self.containers(service)
        return container

    def port(self) -> int:
        """The port of 127.0.0.1 that nginx is published on; another one after nginx has been recreated."""
        published = self.listed("nginx", "{{.Ports}}")
        return int(published.partition("->8080")[0].rpartition(":")[2])

    def listed(self, service: str, what: str, *options: str) -> str:
        """`docker ps` of a service. Not `docker compose ps`: it takes seven times as long, and every test asks."""
        labels = (f"project={self.project}", f"service={service}", "oneoff=False")
        only = [part for label in labels for part in ("--filter", f"label=com.docker.compose.{label}")]
        return run("docker", "ps", *only, "--format", what, *options).stdout

    def cookie(self, name: str, guard: str = "") -> str:
        """What the sample calls its cookie `sessionid` or `csrftoken`: each stack has names of its own."""
        return f"{guard}{self.project}_{name}"

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port()}"

    def inside(self, service: str) -> Host:
        """testinfra inside a service's container. It has no ps and no ss: see observer()."""
        return testinfra.get_host(f"docker://{self.container(service)}")

    @contextmanager
    def observer(self, service: str, container: str | None = None) -> Iterator[Host]:
        """testinfra beside a service's container, in its process and network namespaces, with the tools it lacks.

        The observer's own processes run as user 65534, so a filter by user leaves them out.
        """
        target = container or self.container(service)
        namespaces = ("--pid", f"container:{target}", "--network", f"container:{target}")
        label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
        image = os.environ["TOOLS_IMAGE"]
        command = ("docker", "run", "--detach", "--rm", "--user", "65534", "--label", label, *namespaces, image)
        sidecar = run(*command, "sleep", "600").stdout.strip()
        try:
            yield testinfra.get_host(f"docker://{sidecar}")
        finally:
            run("docker", "rm", "--force", sidecar)

    def wait_for_routes(self, *services: str) -> None:
        """Waits until nginx reaches the given gateways again: it believes Docker's DNS for 1 s."""
        url, gateways = self.url(), [service for service in services if service in GATEWAYS]

        def reached() -> bool:
            # Four in a row, for one of several replicas may be gone.
            answers = [httpx.get(f"{url}/gateways/{gateway}/", timeout=10) for gateway in gateways for _ in range(4)]
            return all(answer.status_code not in (502, 503, 504) for answer in answers)

        wait_until(reached, 30, f"nginx reaches {gateways}")

    @contextmanager
    def changed(self, *services: str, **environment: str) -> Iterator["Stack"]:
        """This stack with other settings for the given services; as it was, afterwards."""
        other = Stack(self.project, {**self.environment, **environment}, self.files)
        up = ("up", "--detach", "--wait", "--no-deps", *services)
        other.compose(*up)
        try:
            other.wait_for_routes(*services)
            yield other
        finally:
            self.compose(*up)
            self.wait_for_routes(*services)

    @contextmanager
    def stopped(self, *services: str) -> Iterator[None]:
        """This stack without the given services; with them again, and healthy, afterwards."""
        self.compose("stop", "--timeout", "5", *services)
        try:
            yield
        finally:
            self.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", *services)
            self.wait_for_routes(*services)
