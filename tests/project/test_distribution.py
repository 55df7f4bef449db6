"""The package `tricorn` is an ordinary distribution: complete in the images, importable from the repository."""

import json
import tomllib

import pytest

from tests.support.stack import GATEWAYS, ROOT, Stack

FOLDER = ROOT / "tricorn"
PROJECT = tomllib.loads((FOLDER / "pyproject.toml").read_text())
INSTALLED = """
import importlib.metadata, json, tricorn
files = [str(file) for file in importlib.metadata.files("tricorn")]
print(json.dumps({"files": files, "version": importlib.metadata.version("tricorn"), "from": tricorn.__file__}))
"""


def sources() -> set[str]:
    found = [*FOLDER.rglob("*.py"), *FOLDER.rglob("*.c")]
    return {path.relative_to(ROOT).as_posix() for path in found if "build" not in path.parts}


def test_every_package_is_named() -> None:
    folders = {path.rpartition("/")[0].replace("/", ".") for path in sources()}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders


@pytest.mark.parametrize("service", [*GATEWAYS, "migrate"])
def test_an_image_has_all_of_it_installed(stack: Stack, service: str) -> None:
    command = ("run", "--rm", "--no-deps", "-T", service, "python", "-I", "-c", INSTALLED)
    found = json.loads(stack.compose(*command).stdout)
    assert {name for name in found["files"] if name.startswith("tricorn/") and "__pycache__" not in name} == sources()
    assert found["version"] == PROJECT["project"]["version"]
    assert "/site-packages/" in found["from"]


def test_its_wheel_is_built_by_what_is_locked_with_hashes() -> None:
    (backend,) = PROJECT["build-system"]["requires"]
    locked = (FOLDER / "requirements.txt").read_text()
    assert f"\n{backend.partition('>')[0]}==" in locked
    assert "--hash=sha256:" in locked
