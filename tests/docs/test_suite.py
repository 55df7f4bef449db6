"""bin/test runs every test once, tests/README.md names every folder, and imports go to tests/support alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.stack import ROOT, run

TESTS = ROOT / "tests"
MODULES = sorted(file.relative_to(TESTS) for file in TESTS.rglob("test_*.py"))
# The files of the first part, then the folders of each other part, one part a line.
PARTS = '. tests/support/parts; echo "${FIRST[@]}"; echo "${OWN[@]}"; echo "${LOOK[@]}"; list_alone | xargs'


def parts() -> list[list[str]]:
    return [line.split() for line in run("bash", "-euc", PARTS, cwd=ROOT).stdout.splitlines()]


def imports(file: Path) -> Iterator[str]:
    """The folders below tests/ from which a module imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from (name.split(".")[1] for name in names if name.startswith("tests."))


def test_every_module_belongs_to_exactly_one_part() -> None:
    _, *others = parts()
    folders = [folder for part in others for folder in part]
    for module in MODULES:
        above = {str(folder) for folder in module.parents}
        assert len([folder for folder in folders if folder in above]) == 1, module


def test_the_first_verdict_is_on_routing_websockets_and_process_counts() -> None:
    first = [Path(file) for file in parts()[0]]
    # bin/test ignores these files in the other parts: a name that no longer exists would be run by none.
    assert set(first) <= set(MODULES)
    assert {str(file.parent) for file in first} == {"edge/routing", "gateways/websockets", "gateways/processes"}


def test_every_folder_of_a_part_has_tests() -> None:
    _, own, look, alone = parts()
    there = {str(folder) for module in MODULES for folder in module.parents}
    assert set(own + look + alone) <= there
    # It breaks things, and must have the machine to itself.
    assert "operations/faults" in alone


def test_a_module_imports_from_its_own_folder_and_from_support_alone() -> None:
    for file in TESTS.rglob("*.py"):
        folder = file.relative_to(TESTS).parts[0].removesuffix(".py")
        assert set(imports(file)) <= {folder, "support"}, file


def test_the_readme_names_every_folder() -> None:
    lines = (TESTS / "README.md").read_text().splitlines()
    rows = {name: text for _, name, text, _ in (line.split("|") for line in lines if line.startswith("| `"))}
    found = {name.strip(" `/"): set(re.findall(r"`(\w+)`", text)) for name, text in rows.items()}
    folders: dict[str, set[str]] = {file.parent.name: set() for file in TESTS.glob("*/__init__.py")}
    for module in MODULES:
        folders[module.parts[0]] |= set(module.parts[1:-1][:1])
    assert len(folders) == 9
    assert found.keys() == folders.keys()
    for folder, below in folders.items():
        assert below <= found[folder], folder
