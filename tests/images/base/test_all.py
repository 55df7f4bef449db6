"""What the four base images have in common."""

from collections.abc import Callable

import pytest

from tests.images.base.conftest import Inside


@pytest.fixture(params=["PYTHON", "NGINX", "POSTGRES", "VALKEY"])
def base(request: pytest.FixtureRequest) -> str:
    """Each base image in turn, by the prefix of its setting."""
    return request.param


def test_it_is_debian(inside: Inside, base: str) -> None:
    assert "ID=debian" in inside(base, "cat", "/etc/os-release").stdout.splitlines()


def test_the_image_has_the_programs_that_our_files_call(inside: Inside, base: str) -> None:
    script = "for name in sh cat grep install useradd; do command -v $name >/dev/null || echo $name; done"
    assert inside(base, "sh", "-c", script).stdout == ""


def test_a_fallback_image_has_a_name_of_no_public_registry(base: str, setting: Callable[[str], str]) -> None:
    repository, _, tag = setting(f"{base}_IMAGE").rpartition(":")
    official = {"python", "nginx", "postgres", "valkey/valkey"}
    assert repository in official or repository.startswith("localhost/tricorn/")
    assert tag[0].isdigit()
