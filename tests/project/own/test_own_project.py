"""The Django project is a setting: another project, in another folder, runs on all three gateways."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.clone import CLONES, Clone, only_line
from tests.support.stack import GATEWAYS

# A model without a migration.
MODELS = """from django.db import models


class Note(models.Model):
    text = models.TextField()
"""
REQUEST_CLASSES = {"uwsgi": "WSGIRequest", "gunicorn": "ASGIRequest", "daphne": "ASGIRequest"}


@pytest.fixture(scope="module")
def tiny() -> Iterator[tuple[Clone, str]]:
    """A stack that serves tests/project/own/tiny from a folder outside the clone, and the output of `make up`."""
    clone = Clone.of_the_repository("project", f"{os.environ['COMPOSE_PROJECT_NAME']}-project")
    apps = CLONES / "elsewhere"
    shutil.copytree(Path(__file__).parent / "tiny", apps, dirs_exist_ok=True)
    (apps / "tiny" / "models.py").write_text(MODELS)
    (apps / "tiny" / "migrations").mkdir(exist_ok=True)
    (apps / "tiny" / "migrations" / "__init__.py").touch()
    clone.configure(
        APPS=str(apps),
        DJANGO_SETTINGS_MODULE="tiny.settings",
        WSGI_APPLICATION="tiny.wsgi:application",
        ASGI_APPLICATION="tiny.asgi:application",
        HEALTH_PATH="/health/",
        # The project does not know the prefix: its STATIC_URL is "static/".
        URL_PREFIX="/app",
    )
    up = clone.make("up")
    assert up.returncode == 0, up.stdout + up.stderr
    yield clone, up.stdout
    clone.remove()
    shutil.rmtree(apps)


@pytest.fixture
def site(tiny: tuple[Clone, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=tiny[0].url(), headers={"Host": "localhost"}) as client:
        yield client


def test_make_up_reports_server_and_version_of_each_gateway(tiny: tuple[Clone, str]) -> None:
    for gateway in GATEWAYS:
        assert re.search(rf"  {gateway} +\w.* +\d+\.\d+\.\d+ +[AW]SGI +http://{gateway}\.localhost:\d+/app/\n", tiny[1])


def test_make_up_warns_of_a_model_without_a_migration(tiny: tuple[Clone, str]) -> None:
    warnings = [line for line in tiny[1].splitlines() if line.startswith("warning: ")]
    assert warnings == ["warning: models without a migration, so their tables or columns are missing, in: tiny"]


def test_a_project_without_a_database_is_reported_before_a_replacement(tiny: tuple[Clone, str]) -> None:
    clone, _ = tiny
    (CLONES / "elsewhere" / "tiny" / "bare.py").write_text(
        "from tiny.settings import *  # noqa: F403\n\nDATABASES = {}\n"
    )
    running = clone.owned("container")
    line = only_line(clone.make("up", DJANGO_SETTINGS_MODULE="tiny.bare"))
    assert line.startswith(
        "up: migrate: tiny.bare does not set DATABASES, which migrate needs: see docs/your-project.md"
    )
    assert clone.owned("container") == running


def test_its_page_is_served_by_each_gateway_through_its_own_interface(site: httpx.Client, gateway: str) -> None:
    page = site.get("/app/", headers={"Host": f"{gateway}.localhost"}).raise_for_status().json()
    assert page["project"] == "tiny"
    assert (page["gateway"], page["request"]) == (gateway, REQUEST_CLASSES[gateway])
    # Migrations have run, and the database answers.
    assert page["users"] == 0


def test_its_static_files_are_hashed_and_served_by_nginx(site: httpx.Client, gateway: str) -> None:
    address = site.get("/app/", headers={"Host": f"{gateway}.localhost"}).json()["stylesheet"]
    assert re.fullmatch(r"/app/static/tiny/tiny\.[0-9a-f]{12}\.css", address)
    stylesheet = site.get(address).raise_for_status()
    assert stylesheet.text == (Path(__file__).parent / "tiny/tiny/static/tiny/tiny.css").read_text()
    assert "immutable" in stylesheet.headers["Cache-Control"]


def test_the_samples_pages_do_not_exist(site: httpx.Client) -> None:
    assert site.get("/app/students/").status_code == 404
