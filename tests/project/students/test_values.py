"""Valid values are returned as they were sent: every script, the longest values, and classmates."""

import httpx
import pytest

from tests.project.students.conftest import ADA, Create

NAMES = [
    "Žofie Křížová",
    "駿馬",
    "محمد",
    "דָּוִד",
    "นักเรียน",
    "🐎" * 80,
    "e\u0301\u200d",
    "O'Brien; DROP TABLE",
    "<b>%s{{ x }}</b>",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_stored_unchanged(client: httpx.Client, create: Create, twin: str, name: str) -> None:
    pk = create(twin, name=name, description=name)["id"]
    student = client.get(f"{twin}{pk}/").json()
    assert (student["name"], student["description"]) == (name, name)


def test_the_longest_values_are_stored(client: httpx.Client, create: Create, twin: str) -> None:
    longest = {"name": "ž" * 80, "age": 120, "mobile": "+1234567890 12345678", "description": "🐎" * 2000}
    pk = create(twin, **longest)["id"]
    assert client.get(f"{twin}{pk}/").json() == {**ADA, **longest, "id": pk}


def test_lines_of_a_description_are_kept(client: httpx.Client, create: Create, twin: str) -> None:
    pk = create(twin, description="one\ntwo\tthree")["id"]
    assert client.get(f"{twin}{pk}/").json()["description"] == "one\ntwo\tthree"


def test_a_student_cannot_be_their_own_classmate(client: httpx.Client, create: Create, twin: str) -> None:
    student = create()
    for response in (
        client.put(f"{twin}{student['id']}/", json={**ADA, "classmate": student["id"]}),
        client.patch(f"{twin}{student['id']}/", json={"classmate": student["id"]}),
    ):
        assert response.status_code == 400
        assert response.json()["errors"].keys() == {"classmate"}


def test_a_student_whose_classmate_is_deleted_stays(client: httpx.Client, create: Create, twin: str) -> None:
    grace = create(name="Grace Hopper")
    ada = create(twin, classmate=grace["id"])
    assert ada["classmate"] == grace["id"]
    assert client.delete(f"{twin}{grace['id']}/").status_code == 204
    assert client.get(f"{twin}{ada['id']}/").json() == {**ada, "classmate": None}


def test_a_classmate_can_be_changed_and_removed(client: httpx.Client, create: Create, twin: str) -> None:
    grace, ada = create(name="Grace Hopper"), create()
    for classmate in (grace["id"], None):
        changed = client.patch(f"{twin}{ada['id']}/", json={"classmate": classmate})
        assert changed.json()["classmate"] == classmate


def test_pages_together_are_the_list_without_gap_or_repetition(client: httpx.Client, create: Create, twin: str) -> None:
    made = [create(name=f"Student {number}")["id"] for number in range(5)]
    total = client.get(twin).json()["total"]
    ids = []
    for number in range(1, total // 2 + 2):
        page = client.get(f"{twin}?page={number}&size=2").json()
        assert (page["page"], page["size"], page["total"]) == (number, 2, total)
        ids += [student["id"] for student in page["students"]]
    assert ids == sorted(set(ids))
    assert len(ids) == total
    assert set(made) <= set(ids)


def test_a_page_after_the_last_is_empty(client: httpx.Client, twin: str) -> None:
    page = client.get(f"{twin}?page=100&size=100")
    assert page.status_code == 200
    assert page.json()["students"] == []


def test_without_a_query_the_first_20_are_listed(client: httpx.Client, create: Create, twin: str) -> None:
    create()
    page = client.get(twin).json()
    assert (page["page"], page["size"]) == (1, 20)
    assert len(page["students"]) == min(20, page["total"])
