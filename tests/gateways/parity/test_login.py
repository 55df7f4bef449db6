"""Cookies and CSRF work on each gateway, at every address that a browser may show."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie

import httpx
import pytest

from tests.support.stack import GATEWAYS, Stack

NAME = f"parity-{secrets.token_hex(4)}"
PASSWORD = secrets.token_hex(12)


@pytest.fixture(scope="module")
def administrator(stack: Stack) -> Iterator[None]:
    manage = ("exec", "-T", "uwsgi", "python", "-m", "django", "shell", "-c")
    users = "from django.contrib.auth.models import User; "
    stack.compose(*manage, f"{users} User.objects.create_superuser('{NAME}', '', '{PASSWORD}')")
    yield
    # Deletes the user. The sessions end too: their hash includes the password.
    stack.compose(*manage, f"{users} User.objects.filter(username='{NAME}').delete()")


def browser(stack: Stack, host: str) -> httpx.Client:
    """A client with the headers of a browser at http://HOST:PORT."""
    address = f"{host}:{stack.port()}"
    headers = {"Host": address, "Origin": f"http://{address}", "Accept": "text/html"}
    return httpx.Client(base_url=stack.url(), headers=headers, timeout=30)


def log_in(stack: Stack, client: httpx.Client, path: str, cookies: dict[str, str], **headers: str) -> httpx.Response:
    csrf = stack.cookie("csrftoken")
    form = {
        "username": NAME,
        "password": PASSWORD,
        "csrfmiddlewaretoken": cookies[csrf],
        "next": "/admin/",
    }
    return client.post(path, data=form, headers={"Cookie": f"{csrf}={cookies[csrf]}", **headers})


def cookies_of(response: httpx.Response) -> dict[str, str]:
    jar = SimpleCookie()
    for cookie in response.headers.get_list("Set-Cookie"):
        jar.load(cookie)
    return {name: morsel.value for name, morsel in jar.items()}


# Host, path: the site itself, the pinned hosts, and the prefix on the site.
ADDRESSES = [("localhost", "/admin/login/")]
ADDRESSES += [(f"{gateway}.localhost", "/admin/login/") for gateway in GATEWAYS]
ADDRESSES += [("localhost", f"/gateways/{gateway}/admin/login/") for gateway in GATEWAYS]


@pytest.fixture(scope="module")
def logins(stack: Stack, administrator: None) -> dict[tuple[str, str], httpx.Response]:
    """The answer to a login at each address. All at once, because hashing a password takes long."""

    def log_in_at(address: tuple[str, str]) -> httpx.Response:
        host, path = address
        with browser(stack, host) as client:
            return log_in(stack, client, path, cookies_of(client.get(path)))

    with ThreadPoolExecutor() as pool:
        return dict(zip(ADDRESSES, pool.map(log_in_at, ADDRESSES), strict=True))


@pytest.mark.parametrize("address", ADDRESSES, ids="".join)
def test_a_login_succeeds_and_holds_on_every_gateway(
    stack: Stack, logins: dict[tuple[str, str], httpx.Response], address: tuple[str, str]
) -> None:
    answer = logins[address]
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
    # Sessions are in the database, and all gateways sign them with the same key.
    name = stack.cookie("sessionid")
    session = {"Cookie": f"{name}={cookies_of(answer)[name]}"}
    with browser(stack, "localhost") as client:
        pages = [client.get(f"/gateways/{gateway}/admin/", headers=session) for gateway in GATEWAYS]
    assert [(page.status_code, NAME in page.text) for page in pages] == [(200, True)] * len(GATEWAYS)


@pytest.mark.parametrize("address", ADDRESSES, ids="".join)
def test_the_session_is_kept_from_scripts_and_from_other_sites(
    stack: Stack, logins: dict[tuple[str, str], httpx.Response], address: tuple[str, str]
) -> None:
    cookies = logins[address].headers.get_list("Set-Cookie")
    (session,) = [cookie for cookie in cookies if cookie.startswith(f"{stack.cookie('sessionid')}=")]
    attributes = {part.strip().lower() for part in session.split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= attributes
    # HTTPS=0: with `Secure`, a browser would not return the cookie over plain HTTP.
    assert "secure" not in attributes
    assert not any(part.startswith("domain=") for part in attributes)


@pytest.mark.parametrize("gateway", GATEWAYS)
@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost", "https://localhost:{port}", "null"])
def test_a_form_of_another_origin_is_rejected(stack: Stack, gateway: str, origin: str) -> None:
    path = f"/gateways/{gateway}/admin/login/"
    with browser(stack, "localhost") as client:
        cookies = cookies_of(client.get(path))
        refused = log_in(stack, client, path, cookies, Origin=origin.format(port=stack.port()))
        assert refused.status_code == 403
        assert stack.cookie("sessionid") not in cookies_of(refused)
