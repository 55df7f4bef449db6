"""Base images: pulled where a registry answers, made where none can be reached, never guessed. Docker is a stub."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from tests.bootstrap.clone import Clone, only_line

OFFICIAL = {
    "PYTHON_IMAGE": "python:3.13-slim-trixie",
    "NGINX_IMAGE": "nginx:1.30",
    "POSTGRES_IMAGE": "postgres:17-trixie",
    "VALKEY_IMAGE": "valkey/valkey:8",
}
STANDINS = {name: f"tricorn/{image.rpartition('/')[2]}" for name, image in OFFICIAL.items()}
# What `docker pull` says.
UNREACHABLE = 'echo "Error response from daemon: Get https://registry.example/: dial tcp: no such host" >&2; exit 1'
UNKNOWN = 'echo "Error response from daemon: manifest for it not found: manifest unknown" >&2; exit 1'

type Images = Callable[..., CompletedProcess[str]]
type Calls = Callable[[], list[str]]


@pytest.fixture
def images(clone: Clone, stub: Callable[..., str]) -> Images:
    """images("exit 1", PYTHON_IMAGE=...): bootstrap/images with these settings, no image yet, a pull that does that."""
    clone.configure(**OFFICIAL)

    def run(pull: str, **settings: str) -> CompletedProcess[str]:
        clone.configure(**settings)
        stub("docker", f'case "$1" in image) exit 1 ;; pull) {pull} ;; import) cat >/dev/null ;; esac')
        path = stub("mmdebstrap", "echo tarball")
        return clone.run("bootstrap/images", PATH=path, DEBIAN_MIRROR="http://mirror.example/debian")

    return run


def recorded(clone: Clone) -> dict[str, str]:
    return {name: clone.bash(f"setting {name}").stdout.strip() for name in OFFICIAL}


def test_official_images_are_pulled_where_the_registry_answers(clone: Clone, images: Images, calls: Calls) -> None:
    assert images("exit 0").stdout.endswith(
        "base images: python:3.13-slim-trixie nginx:1.30 postgres:17-trixie valkey/valkey:8\n"
    )
    assert [call for call in calls() if " pull " in call] == [
        f"docker pull --quiet {image}" for image in OFFICIAL.values()
    ]
    assert not [call for call in calls() if " build " in call or call.startswith("mmdebstrap")]
    assert recorded(clone) == OFFICIAL


def test_stand_ins_are_built_and_recorded_where_no_registry_can_be_reached(
    clone: Clone, images: Images, calls: Calls
) -> None:
    said = images(UNREACHABLE).stdout
    assert "the image registry cannot be reached (no such host): taking stand-ins" in said
    assert said.endswith("stand-ins for base images: " + " ".join(STANDINS.values()) + "\n")
    assert recorded(clone) == STANDINS
    # One try is enough; each suite is made once, over the mirror of this host.
    assert len([call for call in calls() if " pull " in call]) == 1
    suites = sorted(call.split()[-3:] for call in calls() if call.startswith("mmdebstrap"))
    assert suites == [[suite, "-", "http://mirror.example/debian"] for suite in ("forky", "trixie")]
    # Never an official tag: it would shadow the real image for every other project of the machine.
    tags = [call.partition("--tag ")[2].split()[0] for call in calls() if " build " in call]
    assert sorted(tags) == sorted(STANDINS.values())


def test_a_mirror_of_the_official_image_is_stood_in_for_as_well(clone: Clone, images: Images) -> None:
    assert images(UNREACHABLE, PYTHON_IMAGE="registry.example:5000/library/python:3.13").returncode == 0
    assert recorded(clone) == STANDINS | {"PYTHON_IMAGE": "tricorn/python:3.13"}


@pytest.mark.parametrize("image", ["python:3.12-slim-trixie", "registry.example/base:latest", "python:3.130"])
def test_a_stand_in_never_poses_as_another_version(clone: Clone, images: Images, image: str) -> None:
    line = only_line(images(UNREACHABLE, PYTHON_IMAGE=image))
    assert (
        f"PYTHON_IMAGE={image} cannot be pulled (no such host), and a stand-in can be made for python:3.13 alone"
        in line
    )
    assert recorded(clone)["PYTHON_IMAGE"] == image


def test_an_image_that_the_registry_does_not_know_is_a_mistake(images: Images, calls: Calls) -> None:
    line = only_line(images(UNKNOWN, NGINX_IMAGE="nginx:9.9"))
    assert line.startswith("images: PYTHON_IMAGE=python:3.13-slim-trixie cannot be pulled: manifest for it not found")
    assert not [call for call in calls() if call.startswith("mmdebstrap")]


def test_a_stand_in_that_cannot_be_made_is_one_line(clone: Clone, images: Images, stub: Callable[..., str]) -> None:
    stub("setsid", 'echo "E: cannot download -v Release" >&2; exit 25')
    line = only_line(images(UNREACHABLE))
    assert line.endswith("could not be made from the mirror http://mirror.example/debian: cannot download Release")
    assert recorded(clone) == OFFICIAL


def test_a_choice_made_in_the_shell_is_not_recorded_in_vain(
    clone: Clone, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VALKEY_IMAGE", "registry.example/valkey:8")
    line = only_line(images(UNREACHABLE))
    assert "VALKEY_IMAGE=registry.example/valkey:8 comes from the shell" in line
