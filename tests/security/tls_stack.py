"""A stack that ends TLS itself, beside the plain one: project NAME-tls, ports and certificates of its own."""

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
# Below the clone: the engine mounts it.
CERTS = ROOT / ".tests" / "tls"


@dataclass(frozen=True)
class TlsStack(Stack):
    """What clients need to come in over HTTPS. `port()` is still that of plain HTTP, which redirects."""

    files: tuple[str, ...] = FILES
    certs: Path = CERTS

    @property
    def authority(self) -> Path:
        """The certificate of the CA that signed the stack's own: the clients' only one."""
        return self.certs / "ca.crt"

    @property
    def https_port(self) -> int:
        """TCP, and UDP for HTTP/3."""
        return int(self.environment["HTTPS_BIND"].rpartition(":")[2])

    @property
    def https_url(self) -> str:
        """By the name that the certificate covers: https://localhost:PORT."""
        return f"https://localhost:{self.https_port}"

    def script(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """`make certs`, `make roll`, ... on this stack, as its operator calls them."""
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
    """A port of 127.0.0.1 that nobody uses, below those that the kernel hands out by itself."""
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
    """As `make certs up` does it, with few processes."""
    project = f"{os.environ['COMPOSE_PROJECT_NAME']}-tls"
    kept = TlsStack(project, {"CERTS": str(CERTS)})
    published = run("docker", "ps", "--filter", f"label=com.docker.compose.project={project}", "--format", "{{.Ports}}")
    if "->8443/tcp" in published.stdout:  # KEEP=1, the last time
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
    stack.script("bootstrap/certs")
    stack.script("bootstrap/up")
    yield stack
    if os.environ.get("KEEP") != "1":
        stack.compose("down", "--volumes", "--timeout", "0")
