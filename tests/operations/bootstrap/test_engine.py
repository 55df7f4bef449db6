"""make engine: does nothing if an engine answers. Otherwise it installs packages, or reports why it cannot."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from tests.support.clone import Clone, only_line
from tests.support.stack import run

type Stub = Callable[..., str]
type Calls = Callable[[], list[str]]

# A stub of docker with these versions. If `engine` is empty, no engine answers.
DOCKER = """
case "$*" in
  *Server.Version*) echo "{engine}" ; [ -n "{engine}" ] ;;
  "compose version"*) echo "{compose}" ;;
  "buildx version"*) echo "github.com/docker/buildx {buildx} abcdef" ;;
  *) [ -n "{engine}" ] ;;
esac"""


def docker(engine: str = "26.1.5", compose: str = "v2.26.1", buildx: str = "v0.13.1") -> str:
    return DOCKER.format(engine=engine, compose=compose, buildx=buildx)


@pytest.fixture
def path(stub: Stub) -> str:
    """A PATH on which nothing can be installed or started."""
    for program in ("apt-get", "systemctl", "dockerd", "sudo", "usermod"):
        stub(program, "exit 1")
    return stub("docker", docker())


def test_a_running_engine_is_left_unchanged(clone: Clone, path: str, calls: Calls) -> None:
    said = clone.make("engine", PATH=path)
    assert (said.returncode, said.stdout) == (0, "Docker Engine 26.1.5, Compose 2.26.1: ready\n")
    assert {call.split()[0] for call in calls()} == {"docker"}


@pytest.mark.parametrize("engine", ["20.10.24", "24.0.7"])
def test_an_older_engine_in_use_is_not_replaced(clone: Clone, path: str, stub: Stub, calls: Calls, engine: str) -> None:
    stub("docker", docker(engine=engine))
    line = only_line(clone.make("engine", PATH=path))
    assert line.startswith(
        f"engine: Docker Engine {engine} is running, but 25 or newer is needed: upgrade it yourself, because an"
        " engine in use is not replaced"
    )
    assert {call.split()[0] for call in calls()} == {"docker"}


@pytest.mark.parametrize("version", ["25.0.0", "28.5.1", "30.0.0-rc.1"])
def test_newer_engines_are_accepted(clone: Clone, path: str, stub: Stub, version: str) -> None:
    stub("docker", docker(engine=version, compose="5.0.1"))
    assert clone.make("engine", PATH=path).returncode == 0


@pytest.mark.parametrize(
    ("release", "user", "before", "fault"),
    [
        (
            "ID=fedora",
            "0",
            "",
            "this distribution is not Debian or Ubuntu: install Docker Engine >= 25 and Compose >= 2.24",
        ),
        ("ID=debian", "65534", "", "installing Docker needs root: run this as root, or install sudo"),
        ("ID=arch", "0", "rm /usr/bin/apt-get", "(make engine installs them only on Debian and Ubuntu)"),
        (
            "ID=debian\nVERSION_ID=12",
            "0",
            "rm -r /etc/apt/sources*",
            "no Debian mirror found in apt's sources; set DEBIAN_",
        ),
    ],
)
def test_an_unsupported_machine_is_reported_with_the_reason(
    clone: Clone, setting: Callable[[str], str], release: str, user: str, before: str, fault: str
) -> None:
    # A container without Docker, whose os-release names another distribution.
    (clone.path / "os-release").write_text(f"{release}\n")
    volumes = ("--volume", f"{clone.path}:/clone:ro", "--volume", f"{clone.path}/os-release:/etc/os-release:ro")
    machine = ("docker", "run", "--rm", "--network", "none", "--user", user, *volumes, setting("PYTHON_IMAGE"))
    line = only_line(run(*machine, "sh", "-c", f"{before or ':'}; cd /clone && bin/engine", check=False))
    assert line.startswith("engine: ")
    assert fault in line


# ann is not in the group docker. sudo allows everything. The engine accepts root, and ann once `granted` exists.
ID = 'case "$1" in -u) echo 1000 ;; -un) echo ann ;; -gn) echo users ;; esac'
SUDO = '[ "$1" != -- ] || shift; AS_ROOT=1 exec "$@"'
CLOSED = '[ -n "${{AS_ROOT:-}}" ] || [ -e {granted} ] || case "$*" in version*) exit 1 ;; esac'


@pytest.fixture
def stranger(clone: Clone, stub: Stub) -> Callable[[str], CompletedProcess[str]]:
    """Runs make engine as a user whom the running engine rejects, with a setfacl that runs this script."""

    def run(setfacl: str) -> CompletedProcess[str]:
        granted = clone.path / "granted"
        for program in ("apt-get", "systemctl", "usermod", "chown", "chgrp", "chmod"):
            stub(program, "exit 0")
        stub("dockerd", "echo Docker version 26.1.5, build 1")
        stub("id", ID)
        stub("sudo", SUDO)
        stub("setfacl", setfacl.format(granted=granted))
        return clone.make("engine", PATH=stub("docker", CLOSED.format(granted=granted) + docker()))

    return run


def test_only_the_user_gets_access_and_the_socket_stays_dockers(
    stranger: Callable[[str], CompletedProcess[str]], calls: Calls
) -> None:
    said = stranger("touch {granted}")
    assert said.returncode == 0, said.stderr
    assert said.stdout.endswith("Docker Engine 26.1.5, Compose 2.26.1: ready\n")
    assert "setfacl --modify user:ann:rw /var/run/docker.sock" in calls()
    assert "usermod -aG docker ann" in calls()
    assert not [call for call in calls() if call.split()[0] in ("chown", "chgrp", "chmod")]


def test_without_access_lists_the_user_must_log_in_again(
    stranger: Callable[[str], CompletedProcess[str]], calls: Calls
) -> None:
    line = only_line(stranger("exit 1"))
    assert line == (
        "engine: ann is in the group docker from the next login on: log in again, then make up;"
        " or now: sg docker -c 'make up'"
    )
    assert not [call for call in calls() if call.split()[0] in ("chown", "chgrp", "chmod")]
