"""No answer contains a version, except the one whose purpose that is: /gateway/."""

import re
from collections.abc import Iterator

import pytest

from tests.security.cases import Cases
from tests.security.headers.answers import FAILURES, OWN, PAGES, Case, through
from tests.support.stack import GATEWAYS, HTTP_PORTS, Stack
from tests.support.wire import Answer, Edge

KIND = "headers: no version shown"

# Names of servers that are not packages too: `Server: uWSGI/2`, `Python/3.13`.
NAMES = "nginx|uwsgi|gunicorn|uvicorn|daphne|twisted|autobahn|python|cpython|django|debian|wsgiserver"
NAME_AND_NUMBER = re.compile(rf"\b(?:{NAMES})[ /-]?v?\d", re.IGNORECASE)

INSTALLED = """
import importlib.metadata, platform
print(platform.python_version(), *(each.version for each in importlib.metadata.distributions()))
"""

PAST_NGINX = ("/", "/nope/", "/livez")

# Prints the header names of each answer in one line.
DIRECT = """
import http.client
for path in {paths!r}:
    connection = http.client.HTTPConnection("127.0.0.1", {port})
    connection.request("GET", path, headers=dict(Host="localhost"))
    print(*(name.lower() for name, _ in connection.getresponse().getheaders()))
"""


def inside(stack: Stack, gateway: str, script: str) -> str:
    return stack.inside(gateway).check_output("python -c %s", script)


@pytest.fixture(scope="module")
def versions(stack: Stack) -> set[str]:
    """Versions of nginx, Python and each gateway's packages, except numbers like 2.5, which may also be a time."""
    told = [inside(stack, gateway, INSTALLED) for gateway in GATEWAYS]
    told.append(stack.inside("nginx").run("nginx -v").stderr.partition("/")[2])
    found = {version for line in told for version in line.split() if version.count(".") > 1}
    assert len(found) > 20
    return found


def told_in(answer: Answer, versions: set[str]) -> list[str]:
    text = "\n".join([*(f"{name}: {value}" for name, value in answer.headers), answer.body.decode()])
    # Django's static files have a hash in their names, which is not a version.
    numbers = set(re.findall(r"(?<![\w.])v?(\d+(?:\.\d+)+)(?![\w])", text))
    return sorted(numbers & versions) + NAME_AND_NUMBER.findall(text)


def answers(edge: Edge, cases: Cases, asked: Iterator[Case] | list[Case]) -> Iterator[tuple[str, Answer]]:
    for case in asked:
        cases.add(KIND, case.name, note="headers and bodies; versions of nginx, Python and every package installed")
        yield case.name, case.ask(edge)


def test_no_response_of_nginx_shows_a_version(edge: Edge, cases: Cases, versions: set[str]) -> None:
    told = {name: told_in(answer, versions) for name, answer in answers(edge, cases, OWN) if name != "static file"}
    assert {name: found for name, found in told.items() if found} == {}


def test_no_response_of_a_gateway_shows_a_version(edge: Edge, cases: Cases, versions: set[str], gateway: str) -> None:
    told = {name: told_in(answer, versions) for name, answer in answers(edge, cases, through(gateway, PAGES))}
    assert {name: found for name, found in told.items() if found} == {}


def test_no_error_shows_a_version(misbehaving: Edge, cases: Cases, versions: set[str], gateway: str) -> None:
    told = {name: told_in(answer, versions) for name, answer in answers(misbehaving, cases, through(gateway, FAILURES))}
    assert {name: found for name, found in told.items() if found} == {}


def test_named_exception_the_samples_gateway_page_shows_versions(edge: Edge, versions: set[str], gateway: str) -> None:
    """That is its purpose, and proves that the tests above would find one. docs/security.md says how to remove it."""
    assert len(told_in(edge.get(f"/gateways/{gateway}/gateway/"), versions)) >= 3


def test_no_server_identifies_itself_even_to_nginx(stack: Stack, cases: Cases, gateway: str) -> None:
    cases.add(KIND, *(f"{path}, {gateway}, past nginx" for path in PAST_NGINX))
    answers = inside(stack, gateway, DIRECT.format(port=HTTP_PORTS[gateway], paths=PAST_NGINX)).splitlines()
    assert ["content-type" in line.split() for line in answers] == [True] * len(PAST_NGINX)
    assert not [name for name in ("server", "via", "x-powered-by") for line in answers if name in line.split()]
