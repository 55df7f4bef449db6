"""What `make gallery` rejects, and what `make gallery-down` leaves. tests/gallery tests the rest."""

import shutil

from tests.bootstrap.clone import Clone, only_line


def test_a_project_that_is_not_the_sample_is_refused(clone: Clone) -> None:
    shutil.copytree(clone.path / "tests/project/tiny", clone.path / "mine")
    clone.configure(APPS="./mine")
    line = only_line(clone.make("gallery"))
    assert (
        line == "gallery: APPS=./mine: the gallery serves only the sample project, ./apps; use a separate clone for it"
    )
    assert clone.is_down()


def test_https_is_refused(clone: Clone) -> None:
    clone.configure(COMPOSE_FILE="compose.yaml:compose.tls.yaml")
    line = only_line(clone.make("gallery"))
    assert "the gallery supports only plain HTTP" in line
    assert clone.is_down()


def test_what_make_up_refuses_is_refused_here(clone: Clone) -> None:
    clone.configure(UPLOAD_LIMIT="much")
    assert only_line(clone.make("gallery")).startswith("gallery: UPLOAD_LIMIT=much")
    assert clone.is_down()


def test_gallery_down_takes_its_compose_file_out_of_env_and_nothing_else(clone: Clone) -> None:
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
    assert "changed COMPOSE_FILE in .env" in said.stdout
    assert clone.bash("setting COMPOSE_FILE").stdout == "compose.yaml:lab/compose.gallery.yaml:compose.dev.yaml\n"
    again = clone.make("ps")
    assert "changed" not in again.stdout
