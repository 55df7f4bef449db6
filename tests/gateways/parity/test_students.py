"""All operations on a student give the same answers on every gateway."""

import re

import pytest

from tests.support.compare import comparable
from tests.support.stack import GATEWAYS
from tests.support.wire import Answer, Edge

JSON = [("Content-Type", "application/json")]
NEW = b'{"name": "Zo\xc3\xab", "age": 20, "sex": "female", "mobile": "+44 7700 900123", "description": "\\u20ac"}'
WHOLE = b'{"name": "Ann", "age": 30, "sex": "other", "status": "graduated"}'


def life(edge: Edge, prefix: str, path: str) -> list[Answer]:
    """Created, read, changed, replaced, refused as their own classmate, deleted, and not found."""
    born = edge.ask("POST", prefix + path, headers=JSON, body=NEW)
    one = prefix + born.one("Location")
    steps: list[tuple[str, bytes | None]] = [
        ("GET", None),
        ("HEAD", None),
        ("PATCH", b'{"age": 21}'),
        ("PATCH", b'{"age": 2}'),
        ("PUT", WHOLE),
        ("PUT", b'{"name": "Ann"}'),
        ("PATCH", b'{"classmate": %d}' % born.json()["id"]),
        ("PATCH", b'{"classmate": 99999999}'),
        ("POST", NEW),
        ("DELETE", None),
        ("GET", None),
        ("PUT", WHOLE),
        ("DELETE", None),
    ]
    return [born, *(edge.ask(method, one, headers=JSON, body=body) for method, body in steps)]


def without_number(answer: Answer, number: str) -> tuple[int, list[tuple[str, str]], str]:
    """An answer without the student's id, and without the length that depends on it."""
    status, headers, body = comparable(answer)
    headers = [(name, "/N/" if name == "location" else value) for name, value in headers if name != "content-length"]
    return status, headers, re.sub(rf'("id": ){number}\b', r"\1N", body)


@pytest.mark.parametrize("path", ["/students/", "/async/students/"])
def test_a_students_life_is_the_same_on_every_gateway(edge: Edge, path: str) -> None:
    lives = {gateway: life(edge, f"/gateways/{gateway}", path) for gateway in GATEWAYS}
    assert [answer.status for answer in lives["uwsgi"]] == [
        201, 200, 200, 200, 400, 200, 400, 400, 400, 405, 204, 404, 404, 404
    ]  # fmt: skip
    told = {
        gateway: [without_number(answer, str(own[0].json()["id"])) for answer in own] for gateway, own in lives.items()
    }
    for gateway in GATEWAYS:
        for step, (answer, expected) in enumerate(zip(told[gateway], told["uwsgi"], strict=True)):
            assert answer == expected, (gateway, step)
