"""A user who logs in on one gateway works with students on all of them, and no other site acts in the user's name."""

import re

import httpx
import pytest

from tests.project.admin.conftest import Browser
from tests.support.admin import log_in, token
from tests.support.stack import GATEWAYS

ADA = {"name": "Ada", "age": "36", "sex": "female", "status": "enrolled", "mobile": "", "description": ""}
ADD = "/admin/students/student/add/"


@pytest.fixture(scope="module")
def session(browser: Browser, superuser: tuple[str, str]) -> dict[str, str]:
    """The cookies of a superuser who has logged in on the first gateway."""
    client = browser(GATEWAYS[0])
    assert log_in(client, *superuser).status_code == 302
    return dict(client.cookies)


@pytest.fixture
def teacher(browser: Browser, gateway: str, session: dict[str, str]) -> httpx.Client:
    """The superuser's browser, with the same session on each gateway in turn."""
    client = browser(gateway)
    client.cookies.update(session)
    return client


def test_the_session_holds_on_every_gateway(teacher: httpx.Client) -> None:
    page = teacher.get("/admin/")
    assert page.status_code == 200
    assert "Students" in page.text


def test_a_student_is_added_listed_found_and_deleted(teacher: httpx.Client) -> None:
    added = teacher.post(ADD, data={**ADA, "csrfmiddlewaretoken": token(teacher.get(ADD))})
    assert (added.status_code, added.headers["Location"]) == (302, "/admin/students/student/")
    page = teacher.get("/admin/students/student/?q=Ada&status__exact=enrolled")
    student = re.search(r"/admin/students/student/(\d+)/change/[^>]*>Ada<", page.text)
    assert student
    delete = f"/admin/students/student/{student[1]}/delete/"
    deleted = teacher.post(delete, data={"post": "yes", "csrfmiddlewaretoken": token(teacher.get(delete))})
    assert deleted.status_code == 302
    assert teacher.get(f"/students/{student[1]}/").status_code == 404


def test_a_bad_value_is_shown_beside_its_field(teacher: httpx.Client) -> None:
    response = teacher.post(ADD, data={**ADA, "age": "2", "csrfmiddlewaretoken": token(teacher.get(ADD))})
    assert response.status_code == 200
    assert "greater than or equal to 3" in response.text


def test_a_form_without_its_token_is_refused(teacher: httpx.Client) -> None:
    total = teacher.get("/students/").json()["total"]
    for fields in (ADA, {**ADA, "csrfmiddlewaretoken": "x" * 64}):
        assert teacher.post(ADD, data=fields).status_code == 403
    assert teacher.get("/students/").json()["total"] == total


def test_a_form_of_another_site_is_rejected(teacher: httpx.Client) -> None:
    form = {**ADA, "csrfmiddlewaretoken": token(teacher.get(ADD))}
    for origin in ("http://evil.example", "null"):
        assert teacher.post(ADD, data=form, headers={"Origin": origin}).status_code == 403
