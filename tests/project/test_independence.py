"""Only apps/, the gallery, the benchmark, .env.example, tests and documentation know the sample by name."""

import re
from pathlib import Path

from tests.support.stack import ROOT, run

# The gallery and the benchmark are not meant to be copied: they host the sample, and add views to it.
EXTRAS = ("lab/", "bin/bench")
FREE_TO_NAME_IT = ("apps/", "tests/", "docs/", ".env.example", *EXTRAS)
# Packages of the sample whose names have no other meaning here.
PACKAGES = ("hello", "lobby", "rooms", "students")


def tracked() -> list[str]:
    listed = run("git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    return listed.stdout.splitlines()


def modules() -> set[str]:
    """Every module of the sample by its dotted name: config.settings, students.models."""
    files = (Path(file).relative_to("apps") for file in tracked() if file.startswith("apps/") and file.endswith(".py"))
    return {".".join(file.with_suffix("").parts) for file in files if len(file.parts) > 1 and file.stem != "__init__"}


def test_no_file_outside_the_project_names_its_modules() -> None:
    assert "config.settings" in modules()
    names = re.compile(rf"\b({'|'.join(map(re.escape, modules()))}|{'|'.join(PACKAGES)})\b")
    others = [file for file in tracked() if not file.startswith(FREE_TO_NAME_IT) and not file.endswith(".md")]
    assert "compose.yaml" in others
    found = [
        f"{file}:{number}: {line.strip()}"
        for file in others
        if (ROOT / file).is_file()
        for number, line in enumerate((ROOT / file).read_text(errors="replace").splitlines(), 1)
        if names.search(line)
    ]
    assert found == []
