"""The login to the admin works through every gateway, and only with the password."""

import re

import httpx
import pytest

from tests.project.admin.conftest import Browser
from tests.support.admin import log_in, token
from tests.support.stack import Stack


@pytest.fixture
def visitor(browser: Browser, gateway: str) -> httpx.Client:
    """A browser without a login."""
    return browser(gateway)


def test_unauthenticated_clients_are_redirected_to_the_login(visitor: httpx.Client) -> None:
    response = visitor.get("/admin/students/student/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/admin/login/?next=/admin/students/student/"


def test_the_login_page_finds_its_files(visitor: httpx.Client) -> None:
    page = visitor.get("/admin/login/")
    assert page.status_code == 200
    files = re.findall('(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(files) >= 4
    for file in files:
        response = visitor.get(file)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]


def test_a_wrong_password_is_refused(stack: Stack, visitor: httpx.Client, superuser: tuple[str, str]) -> None:
    response = log_in(visitor, superuser[0], "wrong")
    assert response.status_code == 200
    assert "correct username and password" in response.text
    assert stack.cookie("sessionid") not in visitor.cookies


def test_a_login_without_its_token_is_refused(stack: Stack, visitor: httpx.Client, superuser: tuple[str, str]) -> None:
    form = {"username": superuser[0], "password": superuser[1]}
    assert visitor.post("/admin/login/", data=form).status_code == 403
    assert stack.cookie("sessionid") not in visitor.cookies


def test_a_session_begins_with_the_login_and_ends_with_the_logout(
    stack: Stack, visitor: httpx.Client, superuser: tuple[str, str]
) -> None:
    response = log_in(visitor, *superuser)
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")
    name = stack.cookie("sessionid")
    (cookie,) = [line for line in response.headers.get_list("Set-Cookie") if line.startswith(f"{name}=")]
    assert "HttpOnly" in cookie  # scripts cannot read it
    assert "SameSite=Lax" in cookie
    page = visitor.get("/admin/")
    assert page.status_code == 200
    assert visitor.post("/admin/logout/", data={"csrfmiddlewaretoken": token(page)}).status_code == 200
    assert visitor.get("/admin/").status_code == 302
