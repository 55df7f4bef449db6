"""`make lock` follows APPS. Docker, pip and uv are stubs: no container starts, and no index is asked."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.clone import CLONES, Clone, only_line

type Stub = Callable[..., str]
type Lock = Callable[..., list[str]]

# Runs the script of `docker run` here, with the folder that it would mount.
DOCKER = """
[ "$1" = run ] || exit 0
for argument; do
  case $argument in
    *:/project | *:/project:ro) folder=${argument%%:/project*} ;;
    PROJECT=* | OWNER=* | UPGRADE=*) export "$argument" ;;
  esac
done
sed "s#\\([ =]\\)/project#\\1${folder:-/nowhere}#; s#cd /src\\$#cd $PWD#" | sh -eu
"""
UV = """
while [ "$1" != --output-file ]; do shift; done
echo locked > "$2"
"""
PINNED = "django==5.2.8 --hash=sha256:" + "0" * 64 + "\n"


@pytest.fixture
def project() -> str:
    """The name of a project that nothing starts."""
    return "lock"


@pytest.fixture
def mysite() -> Iterator[Path]:
    """A folder beside the clone, so ../mysite from inside it."""
    folder = CLONES / "mysite"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def lock(clone: Clone, stub: Stub, calls: Callable[[], list[str]]) -> Lock:
    """lock("../mysite"): `make lock` with this APPS. Returns what it prints; calls() has what it calls."""
    (clone.path / "bin/images").write_text("#!/bin/sh\n")
    stub("docker", DOCKER)
    stub("pip")
    path = stub("uv", UV)

    def run(apps: str) -> list[str]:
        clone.configure(APPS=apps)
        locked = clone.make("lock", PATH=path)
        assert locked.returncode == 0, locked.stderr
        return locked.stdout.splitlines()

    return run


def constraints(calls: list[str]) -> dict[str, str]:
    """The constraints of each requirements.in, by its path."""
    compiled = [call.split() for call in calls if call.startswith("uv ")]
    return {call[-1]: call[call.index("--constraints") + 1] if "--constraints" in call else "" for call in compiled}


def test_a_project_of_one_s_own_is_locked_and_the_gateways_follow_its_versions(
    lock: Lock, mysite: Path, calls: Callable[[], list[str]]
) -> None:
    (mysite / "requirements.in").write_text("django\n")
    assert f"{mysite}/requirements.txt" in lock(str(mysite))
    assert (mysite / "requirements.txt").read_text() == "locked\n"
    found = constraints(calls())
    # Relative to the folder: the comments of the file name this path.
    assert found["requirements.in"] == ""
    for gateway in ("uwsgi", "gunicorn", "daphne"):
        assert found[f"{gateway}/requirements.in"] == f"{mysite}/requirements.txt"
    # The gallery serves the sample.
    assert not found["apps/requirements.in"].startswith(str(mysite))
    assert found["lab/gallery/requirements.in"] == "apps/requirements.txt"


def test_a_project_that_has_only_requirements_txt_is_left_alone_and_the_gateways_follow_it(
    lock: Lock, mysite: Path, calls: Callable[[], list[str]]
) -> None:
    (mysite / "requirements.txt").write_text(PINNED)
    assert lock("../mysite")[0] == "../mysite/requirements.txt is left alone, because there is no requirements.in"
    assert (mysite / "requirements.txt").read_text() == PINNED
    assert constraints(calls())["uwsgi/requirements.in"] == f"{mysite}/requirements.txt"


def test_requirements_that_are_not_locked_are_left_alone_and_the_line_names_the_cure(
    lock: Lock, mysite: Path, calls: Callable[[], list[str]]
) -> None:
    (mysite / "requirements.txt").write_text("django>=5.2\n")
    assert lock("../mysite")[1] == (
        "warning: it is not locked, line 1, django>=5.2: it has no exact version (==) and no hash; "
        "rename it to requirements.in, and run make lock again"
    )
    assert (mysite / "requirements.txt").read_text() == "django>=5.2\n"
    assert constraints(calls())["uwsgi/requirements.in"] == "apps/requirements.txt"


def test_the_sample_is_locked_once_however_its_path_is_written(
    clone: Clone, lock: Lock, calls: Callable[[], list[str]]
) -> None:
    printed = lock(str(clone.path / "apps"))
    assert len([line for line in printed if line.endswith("apps/requirements.txt")]) == 1
    assert constraints(calls())["uwsgi/requirements.in"] == "apps/requirements.txt"


@pytest.mark.parametrize(
    ("apps", "line"),
    [
        ("../mysite", "lock: APPS=../mysite: there is no requirements.in in it; create one: docs/your-project.md, 3."),
        ("../nowhere", "lock: APPS=../nowhere: there is no such folder; set it in .env"),
    ],
)
@pytest.mark.usefixtures("mysite")
def test_without_requirements_it_is_one_line_and_nothing_is_written(
    clone: Clone, stub: Stub, calls: Callable[[], list[str]], apps: str, line: str
) -> None:
    clone.configure(APPS=apps)
    assert only_line(clone.make("lock", PATH=stub("docker"))).startswith(line)
    assert not any(call.startswith("docker run") for call in calls())
