"""The synchronous and the asynchronous view give the same answer to the same request, on any gateway."""

from typing import Any

import httpx
import pytest

from tests.project.students.conftest import ADA, TWINS, Create

# Method, the path after the list's URL ("ID" is an existing student), body.
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "list": ("GET", "?size=1", None),
    "list of a page that is no number": ("GET", "?page=x", None),
    "read": ("GET", "ID/", None),
    "read the head": ("HEAD", "ID/", None),
    "read an unknown student": ("GET", "999999999/", None),
    "read a number that no database has": ("GET", f"{10**30}/", None),
    "read an id that is not a number": ("GET", "x/", None),
    "read without the slash": ("GET", "ID", None),
    "create a bad one": ("POST", "", {**ADA, "age": 2}),
    "create an empty one": ("POST", "", {}),
    "create with an unknown field": ("POST", "", {**ADA, "shoe_size": 38}),
    "create with an unknown classmate": ("POST", "", {**ADA, "classmate": 999999999}),
    "replace": ("PUT", "ID/", ADA),
    "replace badly": ("PUT", "ID/", {**ADA, "sex": "maybe"}),
    "replace an unknown student": ("PUT", "999999999/", ADA),
    "change": ("PATCH", "ID/", {"age": 50}),
    "change nothing": ("PATCH", "ID/", {}),
    "change badly": ("PATCH", "ID/", {"mobile": "none"}),
    "change an unknown student": ("PATCH", "999999999/", {"age": 50}),
    "delete an unknown student": ("DELETE", "999999999/", None),
    "delete the list": ("DELETE", "", None),
    "replace the list": ("PUT", "", ADA),
    "create below a student": ("POST", "ID/", ADA),
    "options of the list": ("OPTIONS", "", None),
    "options of a student": ("OPTIONS", "ID/", None),
}


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS.values(), ids=REQUESTS)
def test_the_answer_is_the_same(client: httpx.Client, create: Create, method: str, path: str, body: object) -> None:
    path = path.replace("ID", str(create()["id"]))
    answers = {}
    for twin in TWINS:
        answer = client.request(method, twin + path, json=body, headers={"Accept": "application/json"})
        fields = answer.json() if answer.content else None
        if isinstance(fields, dict):
            fields.pop("request_id", None)  # error pages have one
        headers = {name: answer.headers.get(name) for name in ("Content-Type", "Allow", "Content-Length")}
        answers[twin] = (answer.status_code, fields, headers)
    assert all(answer == answers[TWINS[0]] for answer in answers.values()), answers
    assert answers[TWINS[0]][0] < 500
