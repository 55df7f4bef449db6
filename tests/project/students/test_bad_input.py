"""Invalid input gets 400 with the name of the field. Nothing is stored, and nothing breaks."""

import json
import math
from typing import Any

import httpx
import pytest

from tests.project.students.conftest import ADA, Create

NOBODY = 999_999_999
HALF = json.loads(r'"\ud83d"')  # half a character: JSON can contain it, UTF-8 and PostgreSQL cannot
MISSING = object()

BAD_VALUES: dict[str, list[Any]] = {
    "name": [MISSING, None, "", "   ", "x" * 81, "a\0b", HALF, ["Ada"], {"first": "Ada"}],
    "age": [MISSING, None, "", 2, 121, -20, 10**10, 10**4000, 20.5, 1e308, math.inf, math.nan, True, "old", [20]],
    "sex": [MISSING, None, "", "maybe", "FEMALE", 1, ["female"]],
    "mobile": ["0", "call me", "+44 7700 900123 9001239", "1234\n5678", "١٢٣٤٥", HALF],
    "classmate": [0, -1, NOBODY, 2**63, 10**30, "Grace", 1.5, True, [1]],
    "description": ["x" * 2001, "a\0b", HALF, ["text"], {"text": 1}],
    "status": ["expelled", "ENROLLED", 1, ["enrolled"]],
    "shoe_size": [38],
    "id": [7],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in BAD_VALUES.items() for value in values],
    ids=lambda value: "missing" if value is MISSING else ascii(value)[:24],
)
def test_an_invalid_value_is_rejected_with_the_name_of_its_field(
    client: httpx.Client, field: str, value: object
) -> None:
    fields = {**ADA, field: value}
    if value is MISSING:
        del fields[field]
    # The paths of the default host. test_twins.py shows that the other ways give the same answer.
    for path in ("/students/", "/async/students/"):
        response = client.post(path, content=json.dumps(fields))
        assert response.status_code == 400, response.text
        assert response.json()["errors"].keys() == {field}
        assert response.json()["errors"][field][0]


BAD_BODIES = {
    "nothing": b"",
    "cut short": b'{"name": "Ada',
    "no object": b'["Ada"]',
    "null": b"null",
    "a number": b"7",
    "a form": b"name=Ada&age=36",
    "no text": b"\xff\xfe\x00\xd8",
    "brackets without end": b"[" * 100_000,
    "objects without end": b'{"name":' * 100_000,
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_not_a_json_object_is_rejected(
    client: httpx.Client, create: Create, twin: str, body: bytes
) -> None:
    pk = create()["id"]
    for method, path in (("POST", ""), ("PUT", f"{pk}/"), ("PATCH", f"{pk}/")):
        response = client.request(method, twin + path, content=body)
        assert response.status_code == 400
        assert response.json()["errors"].keys() == {"body"}


def test_a_body_of_three_megabytes_is_rejected_without_a_failure(client: httpx.Client, twin: str) -> None:
    response = client.post(twin, json={**ADA, "description": "x" * 3_000_000})
    assert response.status_code in (400, 413)
    assert client.get(twin).status_code == 200


def test_rejected_input_is_not_stored(client: httpx.Client, create: Create, twin: str) -> None:
    student = create()
    before = client.get(twin).json()["total"]
    assert client.post(twin, json={**ADA, "age": 2}).status_code == 400
    assert client.put(f"{twin}{student['id']}/", json={**ADA, "name": "Grace", "age": 2}).status_code == 400
    assert client.patch(f"{twin}{student['id']}/", json={"name": "Grace", "age": 2}).status_code == 400
    assert client.get(twin).json()["total"] == before
    assert client.get(f"{twin}{student['id']}/").json() == student


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_unknown_student_is_404(client: httpx.Client, twin: str, method: str) -> None:
    for pk in (NOBODY, 0, 2**63, 10**30):
        response = client.request(method, f"{twin}{pk}/", json=ADA)
        assert response.status_code == 404
        assert response.json()["errors"].keys() == {"id"}


def test_an_unsupported_method_is_405_with_the_allowed_ones(client: httpx.Client, create: Create, twin: str) -> None:
    one = f"{twin}{create()['id']}/"
    for path, method, allowed in [
        (twin, "PUT", {"GET", "POST", "HEAD", "OPTIONS"}),
        (twin, "PATCH", {"GET", "POST", "HEAD", "OPTIONS"}),
        (twin, "DELETE", {"GET", "POST", "HEAD", "OPTIONS"}),
        (one, "POST", {"GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}),
    ]:
        response = client.request(method, path, json=ADA)
        assert response.status_code == 405
        assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=-1", "page=x", "page=1000001", "page=501", "page=101&size=100", "size=0", "size=101", "size=x"],
)
def test_an_invalid_page_is_rejected_with_the_name_of_its_field(client: httpx.Client, twin: str, query: str) -> None:
    response = client.get(f"{twin}?{query}")
    assert response.status_code == 400
    assert response.json()["errors"].keys() == {query.split("=")[0]}
