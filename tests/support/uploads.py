"""Uploads as a browser sends them, and the files on their volume."""

from dataclasses import dataclass, field
from typing import Any

from tests.support.stack import run
from tests.support.wire import Answer, Edge

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
