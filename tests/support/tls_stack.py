"""A stack that terminates TLS itself, beside the plain one: project NAME-tls, with its own ports and certificates."""

import os
import random
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.stack import ROOT, Stack, run

FILES = ("compose.yaml", "compose.tls.yaml")
# Below the clone, so that the engine can mount it.
CERTS = ROOT / ".tests" / "tls"


@dataclass(frozen=True)
class TlsStack(Stack):
    """What HTTPS clients need. `port()` is the port of plain HTTP, which redirects."""

    files: tuple[str, ...] = FILES
    certs: Path = CERTS

    @property
    def authority(self) -> Path:
        """The certificate of the CA that signed the stack's own. Clients trust no other."""
        return self.certs / "ca.crt"

    @property
    def https_port(self) -> int:
        """The port for TCP, and for UDP (HTTP/3)."""
        return int(self.environment["HTTPS_BIND"].rpartition(":")[2])

    @property
    def https_url(self) -> str:
        """The URL with the name that the certificate covers: https://localhost:PORT."""
        return f"https://localhost:{self.https_port}"

    def script(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs `make certs`, `make roll`, ... on this stack, as its operator does."""
        variables = {
            **os.environ,
            **self.environment,
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": ":".join(self.files),
            "CERTS": str(self.certs),
            **environment,
        }
        return run(*command, check=check, cwd=ROOT, env=variables, timeout=300)


def free_port() -> int:
    """An unused port of 127.0.0.1, below the range from which the kernel picks ports by itself."""
    while True:
        port = random.randint(20000, 32000)  # noqa: S311  # no secret
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                for candidate in (tcp, udp):
                    candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def brought_up() -> Iterator[TlsStack]:
    """Starts it as `make certs up` does, with few processes."""
    project = f"{os.environ['COMPOSE_PROJECT_NAME']}-tls"
    kept = TlsStack(project, {"CERTS": str(CERTS)})
    published = run("docker", "ps", "--filter", f"label=com.docker.compose.project={project}", "--format", "{{.Ports}}")
    if "->8443/tcp" in published.stdout:  # KEEP=1 kept it in an earlier run
        plain, https = kept.port(), int(published.stdout.partition("->8443/tcp")[0].rpartition(":")[2])
    else:
        plain, https = free_port(), free_port()
    stack = TlsStack(
        project,
        {
            "CERTS": str(CERTS),
            "HTTP_BIND": f"127.0.0.1:{plain}",
            "HTTPS_BIND": f"127.0.0.1:{https}",
            "UWSGI_PROCESSES": "2",
            "WEB_CONCURRENCY": "2",
        },
    )
    stack.script("bin/certs")
    stack.script("bin/up")
    yield stack
    if os.environ.get("KEEP") != "1":
        stack.compose("down", "--volumes", "--timeout", "0")
