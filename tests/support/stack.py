"""The stack under test, driven through Docker Compose. No other module calls Compose for it."""

import math
import os
import resource
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
# The gateways of the stack under test (bin/test exports GATEWAYS), and those that speak ASGI, and therefore WebSocket.
GATEWAYS = tuple(os.environ.get("GATEWAYS", "uwsgi gunicorn daphne").split())
ASGI_GATEWAYS = tuple(gateway for gateway in GATEWAYS if gateway != "uwsgi")
# The ports where nginx finds the gateways, and the ports that speak HTTP inside the containers.
PORTS = {"uwsgi": 3031, "gunicorn": 8000, "daphne": 9000}
HTTP_PORTS = {**PORTS, "uwsgi": 8001}
# Every socket on which each container listens.
LISTENING = {
    "nginx": {"tcp *:8080"},
    "uwsgi": {"tcp *:3031", "tcp 127.0.0.1:8001", "unix /tmp/uwsgi.stats"},
    "gunicorn": {"tcp *:8000"},
    "daphne": {"tcp *:9000"},
    "postgres": {"tcp *:5432", "unix /var/run/postgresql/.s.PGSQL.5432"},
    "valkey": {"tcp *:6379"},
}


def run(*command: str, check: bool = True, timeout: float = 170, **options: object) -> subprocess.CompletedProcess[str]:
    """Runs a program and captures its output as text. If it fails, the error shows its output."""
    result = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **options)  # type: ignore[call-overload]
    if check and result.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


def settings() -> dict[str, str]:
    """Every setting in force: .env, overridden by environment variables, as in Compose."""
    lines = (ROOT / ".env").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    found = {name: os.environ.get(name, value.strip('"')) for name, value in pairs.items()}
    # An empty number of workers follows the CPUs.
    found["NGINX_WORKERS"] = found["NGINX_WORKERS"] or str(max(workers_for(found["NGINX_CPUS"]), for_websockets()))
    return found


def workers_for(cpus: str) -> int:
    """As many as CPUs, rounded up, and at least two."""
    return max(2, math.ceil(float(cpus)))


def for_websockets() -> int:
    """The nginx workers that have 60,000 descriptors together. The engine limits these tests as it limits nginx."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if most == resource.RLIM_INFINITY else min(6, math.ceil(60_000 / most))


def nginx_workers() -> int:
    """The number of workers with which nginx runs."""
    return int(settings()["NGINX_WORKERS"])


def wait_until[T](condition: Callable[[], T], seconds: float = 30, message: str = "") -> T:
    """Waits for condition() to be true and returns its value; fails after `seconds`. An assertion counts as false."""
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
        """Runs `docker compose` on this project."""
        files = [part for file in self.files for part in ("--file", file)]
        command = self.plain_exec(*arguments) or ("docker", "compose", *files, *arguments)
        environment = {**os.environ, **self.environment, "COMPOSE_PROJECT_NAME": self.project}
        return run(*command, check=check, timeout=timeout, cwd=ROOT, env=environment)

    def plain_exec(self, *arguments: str) -> tuple[str, ...]:
        """`docker exec` for `exec -T [OPTION VALUE]... SERVICE COMMAND`, if one container of the service is running.

        Compose first reads all its files, for 0.4 s, and tests do this some hundred times.
        """
        if arguments[:2] != ("exec", "-T"):
            return ()
        place = 2
        while arguments[place] in ("-e", "--env", "--workdir"):
            place += 2
        running = self.listed(arguments[place], "{{.ID}}", "--no-trunc").split()
        # Compose would choose one of several, and report that none is running.
        return ("docker", "exec", *arguments[2:place], *running, *arguments[place + 1 :]) if len(running) == 1 else ()

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers, running or stopped."""
        return self.listed(service, "{{.ID}}", "--all", "--no-trunc").split()

    def container(self, service: str) -> str:
        """The id of a service's only container."""
        (container,) = self.containers(service)
        return container

    def port(self) -> int:
        """The port of 127.0.0.1 where nginx is published. It changes when nginx is recreated."""
        published = self.listed("nginx", "{{.Ports}}")
        return int(published.partition("->8080")[0].rpartition(":")[2])

    def listed(self, service: str, what: str, *options: str) -> str:
        """`docker ps` of a service. `docker compose ps` takes seven times as long, and every test asks."""
        labels = (f"project={self.project}", f"service={service}", "oneoff=False")
        only = [part for label in labels for part in ("--filter", f"label=com.docker.compose.{label}")]
        return run("docker", "ps", *only, "--format", what, *options).stdout

    def cookie(self, name: str, guard: str = "") -> str:
        """The full name of the sample's cookie `sessionid` or `csrftoken`: each stack has its own names."""
        return f"{guard}{self.project}_{name}"

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port()}"

    def inside(self, service: str) -> Host:
        """testinfra inside a service's container, which has no ps and no ss: see observer()."""
        return testinfra.get_host(f"docker://{self.container(service)}")

    @contextmanager
    def observer(self, service: str, container: str | None = None) -> Iterator[Host]:
        """testinfra in a sidecar in a service's process and network namespaces, with tools that its image lacks.

        The sidecar's own processes run as user 65534, so a filter by user excludes them.
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
        """Waits until nginx reaches the given gateways again: it caches Docker's DNS answers for 1 s."""
        url, gateways = self.url(), [service for service in services if service in GATEWAYS]

        def reached() -> bool:
            # Four in a row: with several replicas, nginx may still use the address of one that has gone.
            answers = [httpx.get(f"{url}/gateways/{gateway}/", timeout=10) for gateway in gateways for _ in range(4)]
            return all(answer.status_code not in (502, 503, 504) for answer in answers)

        wait_until(reached, 30, f"nginx reaches {gateways}")

    @contextmanager
    def changed(self, *services: str, **environment: str) -> Iterator["Stack"]:
        """Runs the given services with other settings, and restores them afterwards."""
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
        """Stops the given services, and starts them afterwards, until they are healthy."""
        self.compose("stop", "--timeout", "5", *services)
        try:
            yield
        finally:
            self.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", *services)
            self.wait_for_routes(*services)
