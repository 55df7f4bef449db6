"""The parts of libraries that we replace are unchanged since the replacement was written."""

import json

import pytest

from tests.support.stack import Stack
from tests.upstream.parts import PARTS

# Runs in a container: the sum of each named source, or the error if there is none.
SUMS = """
import hashlib, inspect, json, pkgutil, sys
import django

django.setup()


def digest(name):
    try:
        return hashlib.sha256(inspect.getsource(pkgutil.resolve_name(name)).encode()).hexdigest()[:16]
    except Exception as error:
        return repr(error)


print(json.dumps({name: digest(name) for name in sys.argv[1:]}))
"""

CASES = [
    pytest.param(container, ours, name, expected, id=name)
    for container, files in PARTS.items()
    for ours, parts in files.items()
    for name, expected in parts.items()
]


@pytest.fixture(scope="module")
def sums(stack: Stack) -> dict[str, dict[str, str]]:
    """The sums by container, with one call for each."""

    def ask(container: str) -> dict[str, str]:
        names = [name for parts in PARTS[container].values() for name in parts]
        return json.loads(stack.compose("exec", "-T", container, "python", "-c", SUMS, *names).stdout)

    return {container: ask(container) for container in PARTS}


@pytest.mark.parametrize(("container", "ours", "name", "expected"), CASES)
def test_the_upstream_source_is_the_one_that_ours_was_written_for(
    sums: dict[str, dict[str, str]], container: str, ours: str, name: str, expected: str
) -> None:
    assert sums[container][name] == expected, (
        f"{name} has changed. Read it again, bring {ours} in step, or remove what upstream does by itself now. "
        "Then put the new sum into tests/upstream/parts.py."
    )


def test_the_header_of_uwsgi_is_the_one_that_the_plugins_were_written_for(stack: Stack) -> None:
    """uWSGI's source is not in its container. The header has every name that tricorn/uwsgi_plugins use. tests/processes
    and tests/security/reach test their use.
    """
    digest = stack.compose("exec", "-T", "uwsgi", "sh", "-c", "uwsgi --dot-h | sha256sum").stdout
    assert digest[:16] == "3c380179b261305e", "read the changes of uWSGI, then put the new sum here"
