"""What `make gallery` rejects, and what `make gallery-down` leaves. tests/lab/gallery tests the rest."""

import shutil

from tests.support.clone import Clone, only_line


def test_the_gallery_rejects_a_project_other_than_the_sample(clone: Clone) -> None:
    shutil.copytree(clone.path / "tests/project/own/tiny", clone.path / "mine")
    clone.configure(APPS="./mine")
    line = only_line(clone.make("gallery"))
    assert (
        line == "gallery: APPS=./mine: the gallery serves only the sample project, ./apps; use a separate clone for it"
    )
    assert clone.is_down()


def test_the_gallery_rejects_https(clone: Clone) -> None:
    clone.configure(COMPOSE_FILE="compose.yaml:compose.tls.yaml")
    line = only_line(clone.make("gallery"))
    assert "the gallery supports only plain HTTP" in line
    assert clone.is_down()


def test_the_gallery_rejects_fewer_gateways(clone: Clone) -> None:
    clone.configure(GATEWAYS='"uwsgi gunicorn"')
    line = only_line(clone.make("gallery"))
    assert line == "gallery: GATEWAYS=uwsgi gunicorn: the gallery needs all three; use a separate clone for it"
    assert clone.is_down()


def test_the_gallery_rejects_what_make_up_rejects(clone: Clone) -> None:
    clone.configure(UPLOAD_LIMIT="much")
    assert only_line(clone.make("gallery")).startswith("gallery: UPLOAD_LIMIT=much")
    assert clone.is_down()


def test_gallery_down_removes_only_its_compose_file_from_env(clone: Clone) -> None:
    clone.configure(COMPOSE_FILE="compose.yaml:compose.dev.yaml")
    before = clone.env.read_text()
    clone.configure(COMPOSE_FILE="compose.yaml:compose.dev.yaml:lab/compose.gallery.yaml")
    said = clone.make("gallery-down")
    assert said.returncode == 0, said.stderr
    assert clone.env.read_text() == before


def test_an_env_that_names_its_compose_file_in_the_root_is_updated(clone: Clone) -> None:
    clone.configure(COMPOSE_FILE="compose.yaml:compose.gallery.yaml:compose.dev.yaml")
    said = clone.make("ps")
    assert said.returncode == 0, said.stderr
    assert "updated COMPOSE_FILE in .env" in said.stderr
    assert clone.bash("setting COMPOSE_FILE").stdout == "compose.yaml:lab/compose.gallery.yaml:compose.dev.yaml\n"
    again = clone.make("ps")
    assert "updated" not in again.stdout + again.stderr
