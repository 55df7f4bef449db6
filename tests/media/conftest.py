"""nginx as a raw socket, uploads, and the files on their volume."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.routing.wire import Answer, Edge
from tests.support.stack import Stack, run

BOUNDARY = "----tricorn"
FORM = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
JSON = ("Accept", "application/json")


def form(name: str, content: bytes, content_type: str = "application/octet-stream") -> bytes:
    """What a browser sends for a form with one file."""
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    head = f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: {content_type}\r\n\r\n"
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def send(edge: Edge, gateway: str, name: str, content: bytes, accept: tuple[str, str] = JSON) -> Answer:
    body = form(name, content)
    return edge.ask("POST", f"/gateways/{gateway}/upload/", headers=[FORM, accept], body=body)


@dataclass(frozen=True)
class Volume:
    """The uploads as a gateway's container sees them."""

    container: str
    made: list[str] = field(default_factory=list)

    def shell(self, command: str) -> str:
        return run("docker", "exec", "--workdir", "/srv/uploads", self.container, "sh", "-c", command).stdout.strip()

    def files(self) -> set[str]:
        """All files, finished or not."""
        return set(self.shell("find media tmp -mindepth 1").split("\n")) - {""}

    def upload(self, edge: Edge, gateway: str, name: str, content: bytes) -> dict[str, Any]:
        """Uploads a file, which must succeed; returns the answer."""
        answer = send(edge, gateway, name, content)
        assert answer.status == 201, answer
        self.made.append(answer.json()["name"])
        return answer.json()


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Edge:
    return Edge(("127.0.0.1", stack.port()), stack.container("nginx"))


@pytest.fixture(scope="module")
def volume(stack: Stack) -> Iterator[Volume]:
    volume = Volume(stack.container("uwsgi"))
    yield volume
    volume.shell("rm -f " + " ".join(f"media/{name}" for name in volume.made))
