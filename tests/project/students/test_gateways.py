"""All gateways work on the same students, through the synchronous and the asynchronous views."""

import asyncio
from collections import Counter

import httpx

from tests.project.students.conftest import ADA, TWINS, Create
from tests.support.stack import Stack


def test_a_new_student_on_one_gateway_is_visible_on_all(client: httpx.Client, create: Create, twin: str) -> None:
    student = create(twin)
    assert student == {"id": student["id"], **ADA}
    for other in TWINS:
        assert client.get(f"{other}{student['id']}/").json() == student


def test_a_change_on_one_gateway_is_visible_on_all(client: httpx.Client, create: Create, twin: str) -> None:
    student = create()
    changed = client.patch(f"{twin}{student['id']}/", json={"age": 37, "status": "graduated"})
    assert changed.status_code == 200
    assert changed.json() == {**student, "age": 37, "status": "graduated"}
    for other in TWINS:
        assert client.get(f"{other}{student['id']}/").json() == changed.json()


def test_a_replacement_on_one_gateway_is_visible_on_all(client: httpx.Client, create: Create, twin: str) -> None:
    student = create()
    grace = {"name": "Grace Hopper", "age": 85, "sex": "female"}
    replaced = client.put(f"{twin}{student['id']}/", json=grace)
    assert replaced.status_code == 200
    # Omitted fields get a new student's defaults, not their old values.
    defaults = {"mobile": "", "classmate": None, "description": "", "status": "enrolled"}
    assert replaced.json() == {"id": student["id"], **grace, **defaults}
    for other in TWINS:
        assert client.get(f"{other}{student['id']}/").json() == replaced.json()


def test_a_deletion_on_one_gateway_is_visible_on_all(client: httpx.Client, create: Create, twin: str) -> None:
    student = create()
    deleted = client.delete(f"{twin}{student['id']}/")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for other in TWINS:
        assert client.get(f"{other}{student['id']}/").status_code == 404


def test_location_leads_to_the_new_student(client: httpx.Client, twin: str) -> None:
    created = client.post(twin, json=ADA)
    location = created.headers["Location"]
    # The gateway's own path, without the prefix, which only nginx knows.
    assert twin.endswith(location.rsplit("/", 2)[0] + "/")
    assert client.get(location).json() == created.json()
    assert client.delete(location).status_code == 204


def test_50_created_at_once_over_all_gateways_are_stored_once_each(stack: Stack) -> None:
    async def run() -> None:
        headers = {"Host": "localhost"}
        async with httpx.AsyncClient(base_url=stack.url(), headers=headers, timeout=60) as client:
            twins = [TWINS[number % len(TWINS)] for number in range(50)]
            posts = (client.post(twin, json={**ADA, "mobile": f"{n:06}"}) for n, twin in enumerate(twins))
            created = await asyncio.gather(*posts)
            assert Counter(response.status_code for response in created) == {201: 50}
            paths = [f"{twin}{response.json()['id']}/" for twin, response in zip(twins, created, strict=True)]
            stored = await asyncio.gather(*(client.get(path) for path in paths))
            deleted = await asyncio.gather(*(client.delete(path) for path in paths))
            assert [response.json()["mobile"] for response in stored] == [f"{number:06}" for number in range(50)]
            assert len({response.json()["id"] for response in created}) == 50
            assert Counter(response.status_code for response in deleted) == {204: 50}

    asyncio.run(run())


def test_changes_of_two_fields_at_once_are_both_kept(stack: Stack, create: Create) -> None:
    pk = create()["id"]

    async def run() -> dict[str, object]:
        headers = {"Host": "localhost"}
        async with httpx.AsyncClient(base_url=stack.url(), headers=headers, timeout=60) as client:
            for age in range(20, 40):  # often enough that two meet
                changes = ({"age": age}, {"description": f"is {age}"})
                await asyncio.gather(
                    *(client.patch(f"{twin}{pk}/", json=c) for twin, c in zip(TWINS[1:3], changes, strict=True))
                )
                now = (await client.get(f"{TWINS[4]}{pk}/")).json()
                assert (now["age"], now["description"]) == (age, f"is {age}")

    asyncio.run(run())
