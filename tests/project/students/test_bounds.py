"""The cost of one request is limited, however many students exist."""

from collections.abc import Iterator

import httpx
import pytest

from tests.project.students.conftest import TWINS
from tests.support.stack import Stack, run

REACH = 10_000  # apps/students/payload.py
INSERT = """INSERT INTO students_student (name, age, sex, mobile, description, status)
SELECT 'One of many', 20, 'other', '', '', 'enrolled' FROM generate_series(1, 10500)"""
DELETE = "DELETE FROM students_student WHERE name = 'One of many'"


@pytest.fixture(scope="module")
def many(stack: Stack) -> Iterator[None]:
    """More students than the list counts."""
    psql = ["docker", "exec", "--interactive", stack.container("postgres"), "sh", "-c"]
    psql += ['psql --no-psqlrc -qAt --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --set=ON_ERROR_STOP=1']
    run(*psql, input=INSERT)
    try:
        yield
    finally:
        run(*psql, input=DELETE)


@pytest.mark.usefixtures("many")
def test_no_more_rows_are_counted_than_a_client_can_page_through(client: httpx.Client) -> None:
    assert [client.get(twin).json()["total"] for twin in TWINS] == [REACH] * len(TWINS)


@pytest.mark.usefixtures("many")
def test_the_last_page_is_full_and_none_comes_after_it(client: httpx.Client) -> None:
    for twin in TWINS:
        assert len(client.get(f"{twin}?page={REACH // 100}&size=100").json()["students"]) == 100
        after = client.get(f"{twin}?page={REACH // 100 + 1}&size=100")
        assert after.status_code == 400
        assert after.json() == {"errors": {"page": ["This list ends after 10000 students."]}}
