"""The stack and the sample do not know each other's insides.

Only apps/, the gallery, the benchmark, .env.example, tests and documentation know the sample by name. The sample knows
no gateway, and imports from `tricorn` only what docs/your-project.md offers to every project.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.project.own.page import PAGE
from tests.support.stack import ROOT, run

# The gallery and the benchmark are not meant to be copied: they host the sample, and add views to it.
EXTRAS = ("lab/", "bin/bench", "bin/test")
FREE_TO_NAME_IT = ("apps/", "tests/", "docs/", ".env.example", *EXTRAS)
# Packages of the sample whose names have no other meaning here.
PACKAGES = ("hello", "lobby", "rooms", "students")
# Names of servers, of what they consist of, and of the package's modules for them.
GATEWAYS = re.compile(r"uwsgi|gunicorn|uvicorn|daphne|twisted|autobahn|tricorn\.answers", re.IGNORECASE)
APPS = sorted(path.parent.name for path in ROOT.glob("apps/*/__init__.py"))


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


def sample() -> dict[str, str]:
    """The text of each file of the sample, without the lock, which names what requires a library."""
    files = (file for file in tracked() if file.startswith("apps/") and file != "apps/requirements.txt")
    return {file: (ROOT / file).read_text() for file in files if (ROOT / file).is_file()}


def test_no_file_of_the_sample_names_a_gateway() -> None:
    assert {file: found for file, text in sample().items() if (found := GATEWAYS.findall(text))} == {}


def test_the_sample_uses_what_the_documentation_offers_to_every_project() -> None:
    text = "\n".join(text for file, text in sample().items() if file.endswith(".py"))
    used = set(re.findall(r"\btricorn\.(\w+)", text)) | set(re.findall(r"from tricorn import (\w+)", text))
    assert {"handler", "health", "threads", "channels_dispatch"} <= used
    assert {name for name in used if not re.search(rf"`(tricorn\.)?{name}\b", PAGE)} == set()


@pytest.mark.parametrize("app", APPS)
def test_each_app_states_whether_it_is_a_demonstration(app: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / "apps" / app / "__init__.py").read_text())) or ""
    assert said.startswith(("A demonstration", "Worth copying"))
