"""The package mirror is that of this host's apt. The repository names none."""

from collections.abc import Callable

import pytest

from tests.support.clone import Clone

type Stub = Callable[..., str]

# apt's sources: origin, label, address.
SOURCES = """
Debian|Debian-Security|http://security.example/debian-security/
Some Vendor|Vendor|http://vendor.example/apt/
Debian|Debian|http://mirror.example/debian/
Debian|Debian|http://other.example/debian/
"""


def test_the_main_archive_is_chosen_from_apts_sources(clone: Clone, stub: Stub) -> None:
    path = stub("apt-get", f"cat <<'SOURCES'{SOURCES}SOURCES")
    assert clone.bash("debian_mirror", PATH=path).stdout == "http://mirror.example/debian\n"


def test_a_variable_overrides_it(clone: Clone, stub: Stub) -> None:
    path = stub("apt-get", "exit 1")
    assert (
        clone.bash("debian_mirror", PATH=path, DEBIAN_MIRROR="http://mine.example/debian").stdout
        == "http://mine.example/debian\n"
    )


@pytest.mark.parametrize("sources", ["", "Ubuntu|Ubuntu|http://mirror.example/ubuntu/"])
def test_without_a_debian_archive_it_fails(clone: Clone, stub: Stub, sources: str) -> None:
    path = stub("apt-get", f"echo '{sources}'")
    assert clone.bash("debian_mirror || echo none", PATH=path).stdout == "none\n"
