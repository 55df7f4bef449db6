"""With COMPARE=0 the summary, the sample's pages and the certificate do not name the pinned hosts."""

import os
import re

import pytest

from tests.support.stack import GATEWAYS, ROOT, Stack, run, settings

LOBBY = """
import django
django.setup()
from django.test import Client
page = Client(SERVER_NAME="localhost").get("/").content.decode()
print(page[page.index("<main"):].partition(">")[0])
"""


def lobby(stack: Stack, **environment: str) -> str:
    options = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
    container = stack.container("uwsgi")
    return run("docker", "exec", *options, container, "python", "-c", LOBBY).stdout.strip()


@pytest.mark.parametrize(("compare", "named"), [("1", "uwsgi gunicorn daphne"), ("0", "site")])
def test_the_lobby_requests_only_existing_routes(stack: Stack, compare: str, named: str) -> None:
    main = lobby(stack, COMPARE=compare, DJANGO_SETTINGS_MODULE="config.settings")
    assert main == f'<main data-root="" data-gateways="{named}"'


@pytest.mark.parametrize("compare", ["0", "1"])
def test_the_summary_of_make_up_lists_only_existing_addresses(stack: Stack, compare: str) -> None:
    environment = {**os.environ, "COMPOSE_PROJECT_NAME": stack.project, "COMPARE": compare, "URL_PREFIX": "/app"}
    lines = run("bin/summary", cwd=ROOT, env=environment).stdout.splitlines()
    assert re.fullmatch(r"  http://localhost:\d+/app/", lines[1])
    rows = [line for line in lines if line.startswith(tuple(f"  {gateway} " for gateway in GATEWAYS))]
    for gateway, row in zip(GATEWAYS, rows, strict=True):
        assert bool(re.search(rf" http://{gateway}\.localhost:\d+/app/$", row)) == (compare == "1")


@pytest.mark.parametrize(
    ("compare", "covered"),
    [
        ("0", "DNS:example.com, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"),
        (
            "1",
            "DNS:example.com, DNS:uwsgi.example.com, DNS:gunicorn.example.com, DNS:daphne.example.com, "
            "IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
        ),
    ],
)
def test_the_certificate_covers_exactly_the_sites_hosts(compare: str, covered: str) -> None:
    show = "openssl x509 -in fullchain.pem -noout -ext subjectAltName"
    names = "example.com 127.0.0.1 '[::1]'"
    make = f"mkdir /tmp/c && cd /tmp/c && AT=/tmp/c sh /inside/certificate renew {names} && {show}"
    options = ("--rm", "--network", "none", "--user", "0", "--volume", f"{ROOT}/bin/inside:/inside:ro")
    options += ("--env", f"COMPARE={compare}", "--env", "FOLDER=certs", "--env", "CA_NAME=test")
    made = run("docker", "run", *options, settings()["PYTHON_IMAGE"], "sh", "-euc", make).stdout
    assert made.splitlines()[-1].strip() == covered
    assert "does not cover" not in made
