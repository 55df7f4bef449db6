"""The commands of docs/upgrading-a-copy.md bring a copied folder to a new version, and keep what its owner changed."""

import os
import re
from pathlib import Path

import pytest

from tests.support.stack import ROOT, run

COMMANDS = "\n".join(
    re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs/upgrading-a-copy.md").read_text(), re.MULTILINE | re.DOTALL)
)
WHO = {"GIT_AUTHOR_NAME": "n", "GIT_AUTHOR_EMAIL": "n@x", "GIT_COMMITTER_NAME": "n", "GIT_COMMITTER_EMAIL": "n@x"}
LINES = [f"line {number}\n" for number in range(20)]
COPY = "deploy/gunicorn"


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two versions of gunicorn/: the second changes a file, adds one and deletes one."""
    for name, value in (WHO | {"HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    repository = tmp_path / "upstream"
    commit(repository, {"gunicorn/conf": "".join(LINES), "gunicorn/old": "", "CHANGELOG.md": "1\n"})
    (repository / "gunicorn/old").unlink()
    commit(repository, {"gunicorn/conf": changed(2), "gunicorn/new": "", "CHANGELOG.md": "2\n"})
    return repository


def changed(*numbers: int) -> str:
    return "".join(f"changed {line}" if number in numbers else line for number, line in enumerate(LINES))


def commit(repository: Path, files: dict[str, str]) -> None:
    run("git", "init", "--quiet", "--initial-branch=main", str(repository))
    for name, content in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(content)
    run("git", "add", "--all", cwd=repository)
    run("git", "commit", "--quiet", "--message=a version", cwd=repository)


def test_the_new_version_is_merged_with_what_the_owner_changed(upstream: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    commit(site, {f"{COPY}/conf": "".join(LINES), f"{COPY}/old": "", "manage.py": ""})
    commit(site, {f"{COPY}/conf": changed(15)})
    version = run("git", "rev-parse", "--short", "main~1", cwd=upstream).stdout.strip()
    commands = re.sub(r"^old=.*$", f"old={version}", COMMANDS, flags=re.MULTILINE)
    said = run("bash", "-euc", commands, cwd=site, env={**os.environ, "TRICORN": str(upstream), "GIT_PAGER": "cat"})
    # Step 2 finds the version.
    assert f"\n{version} " in f"\n{said.stdout}"
    assert (site / COPY / "conf").read_text() == changed(2, 15)
    assert sorted(path.name for path in (site / COPY).iterdir()) == ["conf", "new"]
    assert run("git", "status", "--porcelain", cwd=site).stdout == ""
    newest = run("git", "rev-parse", "--short", "main", cwd=upstream).stdout.strip()
    assert run("git", "log", "-1", "--format=%s", cwd=site).stdout == f"Upgrade {COPY} to Tricorn {newest}\n"
