"""Images are built from any clone: whatever its modes, line ends, old .gz files, or templates that end in .py."""

import gzip
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bootstrap.clone import Clone
from tests.support.stack import ROOT, run

STYLESHEET = "apps/lobby/static/lobby/lobby.css"
# Projects with `startapp --template` or cookiecutter templates have such files.
TEMPLATE = "apps/lobby/conf/app_template/models.py"
IMAGES = {"nginx": "/etc/nginx", "uwsgi": "/etc/uwsgi", "gunicorn": "/etc/gunicorn", "daphne": "/etc/daphne"}


def close_to_others(folder: Path) -> None:
    """Modes as with umask 077. Not of requirements: only root reads them, and pip would install everything again."""
    for path in folder.rglob("*"):
        if not path.is_symlink() and path.name != "requirements.txt":
            path.chmod(path.stat().st_mode & stat.S_IRWXU)


@pytest.fixture(scope="module")
def unclean(project: str) -> Iterator[Clone]:
    """A clone with all of these, whose images are built."""
    clone = Clone.of_the_repository("unclean", project)
    (clone.path / TEMPLATE).parent.mkdir(parents=True)
    (clone.path / TEMPLATE).write_text("from {{ app_name }} import models\n{% if x %}\n")
    (clone.path / f"{STYLESHEET}.gz").write_bytes(gzip.compress(b"an older version"))
    for folder in ("apps", "nginx", "uwsgi", "gunicorn", "daphne", "tricorn"):
        close_to_others(clone.path / folder)
    built = clone.run("docker", "compose", "build", *IMAGES, "migrate")
    assert built.returncode == 0, built.stderr[-4000:]
    yield clone
    clone.remove_files()


def inside(clone: Clone, image: str, script: str) -> str:
    command = ("docker", "run", "--rm", "--network=none", "--entrypoint=sh", f"{clone.project}-{image}", "-euc", script)
    return run(*command).stdout


@pytest.mark.parametrize("image", IMAGES)
def test_its_user_may_read_all_files_and_run_the_programs(unclean: Clone, image: str) -> None:
    package = "/usr/local/lib/python3.*/site-packages/tricorn*"
    folders = f"{IMAGES[image]} {'/etc/nginx/static' if image == 'nginx' else f'/srv/apps {package}'}"
    # ! -type l: a link may lead to a folder that is created at the start.
    assert inside(unclean, image, f"find {folders} ! -type l ! -readable; find {folders} -type d ! -executable") == ""
    program = {"nginx": "/etc/nginx/entrypoint", "daphne": "/etc/daphne/run"}.get(image)
    assert program is None or inside(unclean, image, f"test -x {program} && echo yes") == "yes\n"


def test_migrate_may_read_the_project(unclean: Clone) -> None:
    assert inside(unclean, "migrate", "find /srv/apps ! -readable") == ""


def test_modules_have_bytecode_and_a_template_is_left_as_it_is(unclean: Clone) -> None:
    assert inside(unclean, "uwsgi", "ls /srv/apps/config/__pycache__/settings.*.pyc").count("settings.") == 1
    assert inside(unclean, "uwsgi", f"cat /srv/{TEMPLATE}").startswith("from {{ app_name }}")


def test_a_compressed_file_that_was_there_is_the_one_that_it_is_sent_for(unclean: Clone) -> None:
    static = STYLESHEET.removeprefix("apps/lobby/static/")
    compressed, plain = inside(
        unclean, "nginx", f"cd /etc/nginx/static && zcat {static}.gz && echo END && cat {static}"
    ).split("END\n")
    assert compressed == plain == (ROOT / STYLESHEET).read_text()


def test_line_ends_stay_those_of_unix(tmp_path: Path) -> None:
    """Git for Windows sets core.autocrlf=true, but Linux uses the files."""
    git = ("git", "-c", "safe.directory=*", "-c", "core.autocrlf=true")
    run(*git, "checkout-index", "--all", f"--prefix={tmp_path}/", cwd=ROOT)
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file.suffix != ".png"]
    assert tmp_path / "nginx/entrypoint" in files
    assert [str(file) for file in files if b"\r\n" in file.read_bytes()] == []
