"""The Python base image: 3.13 under /usr/local, with a shared libpython and a working pip, without a compiler."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.images.base.conftest import Inside
from tests.support.stack import run

FACTS = """
import ctypes, json, pathlib, shutil, site, ssl, sqlite3, sys, sysconfig
library = sysconfig.get_config_var("INSTSONAME")
print(json.dumps({
    "version": sys.version_info[:2],
    "prefix": sys.prefix,
    "site": sysconfig.get_path("purelib"),
    "scripts": sysconfig.get_path("scripts"),
    "python": shutil.which("python"),
    "python3": shutil.which("python3"),
    "pip": shutil.which("pip"),
    "shared": sysconfig.get_config_var("Py_ENABLE_SHARED"),
    "library": library,
    "loads": bool(ctypes.CDLL(library)),
    "headers": pathlib.Path(sysconfig.get_path("include"), "Python.h").exists(),
    "compilers": [name for name in ("cc", "gcc", "g++", "clang", "make") if shutil.which(name)],
    "authorities": len(ssl.create_default_context().get_ca_certs()),
    "encoding": sys.getfilesystemencoding(),
}))
"""


@pytest.fixture(scope="module")
def facts(inside: Inside) -> dict[str, Any]:
    return json.loads(inside("PYTHON", "python3", "-c", FACTS).stdout)


def test_it_is_python_3_13(facts: dict[str, Any], config: Callable[[str], dict[str, Any]]) -> None:
    assert facts["version"] == [3, 13]
    assert config("PYTHON")["Env"]["PYTHON_VERSION"].startswith("3.13")


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ("prefix", "/usr/local"),
        ("site", "/usr/local/lib/python3.13/site-packages"),
        ("scripts", "/usr/local/bin"),
        ("python", "/usr/local/bin/python"),
        ("python3", "/usr/local/bin/python3"),
        ("pip", "/usr/local/bin/pip"),
    ],
)
def test_everything_is_under_usr_local(facts: dict[str, Any], fact: str, expected: str) -> None:
    assert facts[fact] == expected


def test_libpython_is_shared_and_can_be_loaded(facts: dict[str, Any]) -> None:
    assert (facts["shared"], facts["loads"]) == (1, True)
    assert facts["library"].startswith("libpython3.13.so")


def test_headers_exist_for_a_build_stage_with_a_compiler(facts: dict[str, Any]) -> None:
    assert facts["headers"]


def test_there_is_no_compiler(facts: dict[str, Any]) -> None:
    assert facts["compilers"] == []


def test_text_is_utf_8_and_tls_has_certificate_authorities(facts: dict[str, Any]) -> None:
    assert facts["encoding"] == "utf-8"
    assert facts["authorities"] > 50


def test_it_sets_no_locale(config: Callable[[str], dict[str, Any]]) -> None:
    """The official image sets none. A fallback with a locale would hide what breaks with the official image."""
    assert not {"LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING"} & config("PYTHON")["Env"].keys()


def test_it_starts_an_interpreter_as_root(config: Callable[[str], dict[str, Any]]) -> None:
    found = config("PYTHON")
    assert (found["Cmd"], found["Entrypoint"], found["User"]) == (["python3"], None, "")


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A distribution with one module and one program, which pip accepts without an index."""
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "def main(): print('installed')\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/entry_points.txt", "[console_scripts]\ntiny = tiny:main\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return path


def test_pip_installs_into_it_without_a_virtual_environment(idle: Callable[[str], str], wheel: Path) -> None:
    python = idle("PYTHON")
    run("docker", "cp", str(wheel), f"{python}:/mnt/{wheel.name}")
    pip = ("pip", "install", "--no-index", "--quiet", "--root-user-action=ignore", "--disable-pip-version-check")
    run("docker", "exec", python, *pip, f"/mnt/{wheel.name}")
    assert run("docker", "exec", python, "/usr/local/bin/tiny").stdout == "installed\n"
