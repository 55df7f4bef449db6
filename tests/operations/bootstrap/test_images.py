"""Base images: pulled from a registry, built if none can be reached, updated on demand. Docker is a stub."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from tests.support.clone import Clone, only_line

OFFICIAL = {
    "PYTHON_IMAGE": "python:3.13-slim-trixie",
    "NGINX_IMAGE": "nginx:1.30",
    "POSTGRES_IMAGE": "postgres:17-trixie",
    "VALKEY_IMAGE": "valkey/valkey:8",
}
FALLBACKS = {name: f"localhost/tricorn/{image.rpartition('/')[2]}" for name, image in OFFICIAL.items()}
# The output of `docker pull`.
UNREACHABLE = 'echo "Error response from daemon: Get https://registry.example/: dial tcp: no such host" >&2; exit 1'
UNKNOWN = 'echo "Error response from daemon: manifest for it not found: manifest unknown" >&2; exit 1'

DOCKER = """
case "$1 $2 $*" in
  "image ls "*) echo tricorn/valkey:8 ;;
  image*) exit 1 ;;
  pull*) {pull} ;;
  import*) cat >/dev/null ;;
  *"--entrypoint nginx"*) echo "nginx version: nginx/{nginx}" >&2 ;;
esac"""

type Images = Callable[..., CompletedProcess[str]]
type Calls = Callable[[], list[str]]


@pytest.fixture
def images(clone: Clone, stub: Callable[..., str]) -> Images:
    """images("exit 1", PYTHON_IMAGE=...): runs bin/images with this pull and these settings, no image yet."""
    clone.configure(**OFFICIAL)

    def run(pull: str, nginx: str = "1.30.9", security: str | None = None, **settings: str) -> CompletedProcess[str]:
        clone.configure(**{name: value for name, value in settings.items() if name != "UPDATE"})
        stub("docker", DOCKER.format(pull=pull, nginx=nginx))
        stub("apt-helper", "exit 1" if security is None else f"[[ $2 == {security}/* ]]")
        path = stub("mmdebstrap", "echo tarball")
        update = {"UPDATE": settings["UPDATE"]} if "UPDATE" in settings else {}
        return clone.run("bin/images", PATH=path, DEBIAN_MIRROR="http://mirror.example/debian", **update)

    return run


def recorded(clone: Clone) -> dict[str, str]:
    return {name: clone.bash(f"setting {name}").stdout.strip() for name in OFFICIAL}


def test_official_images_are_pulled_if_the_registry_answers(clone: Clone, images: Images, calls: Calls) -> None:
    assert images("exit 0").stdout.endswith(
        "base images: python:3.13-slim-trixie nginx:1.30 postgres:17-trixie valkey/valkey:8\n"
    )
    assert [call for call in calls() if " pull " in call] == [
        f"docker pull --quiet {image}" for image in OFFICIAL.values()
    ]
    assert not [call for call in calls() if " build " in call or call.startswith("mmdebstrap")]
    assert recorded(clone) == OFFICIAL


def test_without_a_registry_fallback_images_are_built_and_recorded(clone: Clone, images: Images, calls: Calls) -> None:
    said = images(UNREACHABLE).stdout
    assert "the image registry cannot be reached (no such host): using fallback images" in said
    assert said.endswith("fallback base images: " + " ".join(FALLBACKS.values()) + "\n")
    assert recorded(clone) == FALLBACKS
    # It tries one pull, and builds each suite once, from this host's mirror.
    assert len([call for call in calls() if " pull " in call]) == 1
    suites = sorted(call.partition("update-ca-certificates ")[2] for call in calls() if call.startswith("mmdebstrap"))
    assert suites == [f"{suite} - deb http://mirror.example/debian {suite} main" for suite in ("forky", "trixie")]
    assert "Debian trixie from this host's mirror, without its security suite" in said
    # Never an official tag: it would hide the real image from every other project on the machine.
    tags = [call.partition("--tag ")[2].split()[0] for call in calls() if " build " in call]
    assert sorted(tags) == sorted(FALLBACKS.values())


def test_old_names_of_fallback_images_in_env_are_updated(clone: Clone, images: Images) -> None:
    clone.configure(**{name: image.removeprefix("localhost/") for name, image in FALLBACKS.items()})
    said = images("exit 1").stdout
    assert recorded(clone) == FALLBACKS
    assert "fallback images are now named localhost/tricorn/...: updated .env\n" in said
    # Another clone may use the old images, so they are named, not removed.
    assert "no longer used, unless by another clone: docker image rm tricorn/valkey:8\n" in said
    assert "are now named" not in images("exit 1").stdout


def test_a_mirror_of_the_official_image_has_a_fallback_as_well(clone: Clone, images: Images) -> None:
    assert images(UNREACHABLE, PYTHON_IMAGE="registry.example:5000/library/python:3.13").returncode == 0
    assert recorded(clone) == FALLBACKS | {"PYTHON_IMAGE": "localhost/tricorn/python:3.13"}


@pytest.mark.parametrize("image", ["python:3.12-slim-trixie", "registry.example/base:latest", "python:3.130"])
def test_a_fallback_image_never_has_another_version(clone: Clone, images: Images, image: str) -> None:
    line = only_line(images(UNREACHABLE, PYTHON_IMAGE=image))
    assert (
        f"PYTHON_IMAGE={image} cannot be pulled (no such host), and a fallback image can be built only for python:3.13"
        in line
    )
    assert recorded(clone)["PYTHON_IMAGE"] == image


def test_an_image_unknown_to_the_registry_is_an_error(images: Images, calls: Calls) -> None:
    line = only_line(images(UNKNOWN, NGINX_IMAGE="nginx:9.9"))
    assert line.startswith("images: PYTHON_IMAGE=python:3.13-slim-trixie cannot be pulled: manifest for it not found")
    assert not [call for call in calls() if call.startswith("mmdebstrap")]


def test_a_failed_build_of_a_fallback_image_is_reported_in_one_line(
    clone: Clone, images: Images, stub: Callable[..., str]
) -> None:
    stub("setsid", 'echo "E: cannot download -v Release" >&2; exit 25')
    line = only_line(images(UNREACHABLE))
    assert line.endswith("could not be built from the mirror http://mirror.example/debian: cannot download Release")
    assert recorded(clone) == OFFICIAL


def test_an_image_set_in_the_shell_is_reported(clone: Clone, images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VALKEY_IMAGE", "registry.example/valkey:8")
    line = only_line(images(UNREACHABLE))
    assert "VALKEY_IMAGE=registry.example/valkey:8 is set in the shell" in line


def test_fallback_images_use_the_security_suite_if_it_exists(images: Images, calls: Calls) -> None:
    said = images(UNREACHABLE, security="http://mirror.example/debian-security")
    assert "Debian trixie from this host's mirror, with its security suite" in said.stdout
    sources = [call.partition(" - ")[2] for call in calls() if call.startswith("mmdebstrap")]
    assert sorted(sources) == [
        f"deb http://mirror.example/debian {suite} main deb http://mirror.example/debian-security {suite}-security main"
        for suite in ("forky", "trixie")
    ]


@pytest.mark.parametrize("version", ["1.26.3", "1.29.8", "1.30.1"])
def test_an_nginx_with_known_vulnerabilities_is_rejected(images: Images, version: str) -> None:
    line = only_line(images("exit 0", nginx=version))
    assert line.startswith(
        f"images: NGINX_IMAGE=nginx:1.30 is nginx {version}, which has known vulnerabilities: 1.30.2 fixed "
    )
    assert "make images UPDATE=1" in line


def test_an_nginx_with_unverified_advisories_is_used_with_a_warning(clone: Clone, images: Images) -> None:
    assert "warning" not in images("exit 0", nginx="1.30.6").stdout
    clone.configure(COMPOSE_FILE="compose.yaml:compose.tls.yaml")
    warning = "warning: nginx 1.30.6: advisories in HTTP/2 are reported, not verified, for versions before 1.30.7"
    said = images("exit 0", nginx="1.30.6")
    assert said.returncode == 0
    assert warning in said.stdout
    assert "warning" not in images("exit 0", nginx="1.30.7").stdout


def test_a_change_is_reported_with_old_and_new_version(clone: Clone) -> None:
    before, after = clone.path / "before", clone.path / "after"
    script = f". bin/lib/versions; compare_contents nginx {before} {after}"
    before.write_text("1.30.6\nlibssl3 3.5.1\nzlib 1\n")
    after.write_text("1.30.6\nlibssl3 3.5.1\nzlib 1\n")
    assert clone.bash(script).stdout == "nginx 1.30.6: unchanged\n"
    after.write_text("1.30.6\nlibssl3 3.5.4\nzlib 1\n")
    assert clone.bash(script).stdout == "nginx 1.30.6; packages: libssl3 3.5.1 -> 3.5.4\n"
    after.write_text("1.30.7\nlibssl3 3.5.4\nextra 1\nzlib 1\n")
    assert clone.bash(script).stdout == "nginx 1.30.6 -> 1.30.7; packages: extra new, libssl3 3.5.1 -> 3.5.4\n"


# A stub of an engine with images: after a pull, the second `docker run` of each finds the new version.
UPDATED = """
case "$1 $2 $*" in
  "image ls "*) ;;
  "image inspect "*) echo "sha256:$(test -e {pulled} && echo new || echo old)" ;;
  pull*) {pull} ;;
  *"--entrypoint nginx"*) echo "nginx version: nginx/1.30.9" >&2 ;;
  *" nginx:"*) test -e {pulled} && echo 1.30.9 || echo 1.30.7 ;;
  run*) echo 1.0 ;;
esac"""


def test_an_update_pulls_every_image_and_reports_newer_versions(
    clone: Clone, stub: Callable[..., str], calls: Calls
) -> None:
    clone.configure(**OFFICIAL)
    pulled = clone.path / "pulled"
    path = stub("docker", UPDATED.format(pulled=pulled, pull=f"touch {pulled}"))
    said = clone.make("images", "UPDATE=1", PATH=path)
    assert said.returncode == 0, said.stderr
    assert "  python 1.0: unchanged\n  nginx 1.30.7 -> 1.30.9\n  postgres 1.0: unchanged\n" in said.stdout
    assert said.stdout.endswith("make up uses the new images: docs/security.md describes what this interrupts\n")
    assert len([call for call in calls() if " pull " in call]) == 4
    # An unchanged image keeps its id, so nothing that is built on it is rebuilt.
    assert [call for call in calls() if call.startswith("docker tag")] == [
        f"docker tag sha256:old {OFFICIAL[name]}" for name in ("PYTHON_IMAGE", "POSTGRES_IMAGE", "VALKEY_IMAGE")
    ]


def test_an_update_without_a_registry_changes_nothing(clone: Clone, stub: Callable[..., str]) -> None:
    clone.configure(**OFFICIAL)
    path = stub("docker", UPDATED.format(pulled=clone.path / "pulled", pull=UNREACHABLE))
    line = only_line(clone.make("images", "UPDATE=1", PATH=path))
    assert "PYTHON_IMAGE=python:3.13-slim-trixie cannot be updated" in line
    assert "(no such host); nothing was changed" in line
    assert recorded(clone) == OFFICIAL
