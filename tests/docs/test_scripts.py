"""The shell scripts of bin/ stay small, and source every file of bin/lib/ whose functions they call."""

import re

import pytest

from tests.support.stack import ROOT

BIN = ROOT / "bin"
SHELL = [file for file in BIN.rglob("*") if file.is_file() and re.match(rb"#!.*sh\n", file.read_bytes())]
COMMANDS = sorted(file.name for file in SHELL if file.parent == BIN)


def functions(text: str) -> set[str]:
    """The names of all functions that a script defines, except those without an underscore: `start` is also a word."""
    return set(re.findall(r"^([a-z]+_[a-z_]+)\(\) ", text, re.MULTILINE))


def with_sourced(command: str) -> str:
    text = (BIN / command).read_text()
    return "\n".join([text, *((ROOT / file).read_text() for file in re.findall(r"^\. (bin/lib/\S+)$", text, re.M))])


def test_a_shell_script_has_at_most_120_lines() -> None:
    lines = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in SHELL}
    assert lines.keys() >= {"bin/up", "bin/lib/settings", "bin/inside/certificate"}
    assert {file: count for file, count in lines.items() if count > 120} == {}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_sources_the_functions_that_it_calls(command: str) -> None:
    # bash reports a missing function only when it calls it, which may be after a rare fault.
    everywhere = set().union(*(functions(file.read_text()) for file in (BIN / "lib").iterdir()))
    text = with_sourced(command)
    code = re.sub(r"(^|\s)#.*", r"\1", text)
    called = {name for name in re.findall(r"(?<![\w$-])\w+", code) if name in everywhere}
    assert called - functions(text) == set()
