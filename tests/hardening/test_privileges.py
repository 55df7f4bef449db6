"""No process of the stack is root, has a capability, can gain one, or can write to its image."""

from typing import Any

import pytest

from tests.hardening.conftest import RUNNING, SERVICES
from tests.support.stack import GATEWAYS, run

USERS = dict.fromkeys(SERVICES, "999") | {"nginx": "101"}
CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
TMP = "/tmp"  # noqa: S108  # a mount point, not a file
WRITABLE = {
    "nginx": {TMP, "/var/cache/nginx"},
    "postgres": {TMP, "/run/postgresql", "/var/lib/postgresql/data"},
    "valkey": {TMP, "/data"},
} | {gateway: {TMP, "/srv/uploads"} for gateway in GATEWAYS}
# Folders of the image, the first of them its root.
IMAGE = ("", "/etc", "/usr/local/bin", "/srv", "/var/lib")


def test_a_container_is_started_as_a_user_that_is_not_root(containers: dict[str, dict[str, Any]], service: str) -> None:
    user = USERS[service]
    assert containers[service]["Config"]["User"] == f"{user}:{user}"


@pytest.mark.parametrize("service", RUNNING)
def test_every_process_really_runs_as_that_user(statuses: dict[str, list[dict[str, str]]], service: str) -> None:
    user = USERS[service]
    # Real, effective, saved and file system ids.
    ids = {tuple(process[kind].split()) for process in statuses[service] for kind in ("Uid", "Gid")}
    assert ids == {(user,) * 4}


@pytest.mark.parametrize("service", RUNNING)
def test_no_process_has_a_capability_or_can_get_one(statuses: dict[str, list[dict[str, str]]], service: str) -> None:
    sets = {process[name] for process in statuses[service] for name in CAPABILITY_SETS}
    assert {int(bits, 16) for bits in sets} == {0}


@pytest.mark.parametrize("service", RUNNING)
def test_no_process_can_gain_privileges_and_all_are_filtered_by_seccomp(
    statuses: dict[str, list[dict[str, str]]], service: str
) -> None:
    assert {(process["NoNewPrivs"], process["Seccomp"]) for process in statuses[service]} == {("1", "2")}


def test_the_engine_was_asked_for_all_of_it(containers: dict[str, dict[str, Any]], service: str) -> None:
    asked = containers[service]["HostConfig"]
    assert asked["ReadonlyRootfs"] is True
    assert (asked["CapDrop"], asked["CapAdd"]) == (["ALL"], None)
    assert asked["SecurityOpt"] == ["no-new-privileges:true"]
    assert (asked["Privileged"], asked["Devices"], asked["PidMode"], asked["UTSMode"]) == (False, None, "", "")
    assert asked["IpcMode"] == "private"


def test_the_engine_s_socket_is_in_no_container(containers: dict[str, dict[str, Any]], service: str) -> None:
    assert not [mount for mount in containers[service]["Mounts"] if "docker.sock" in mount["Source"]]


@pytest.mark.parametrize("service", RUNNING)
def test_not_even_root_could_write_to_the_image(containers: dict[str, dict[str, Any]], service: str) -> None:
    # As root, so that it is the read-only root that refuses, and not the folder's owner.
    command = ("docker", "exec", "--user", "0", containers[service]["Id"], "mkdir", *(f"{it}/.written" for it in IMAGE))
    result = run(*command, check=False)
    assert result.returncode != 0
    assert result.stderr.count("Read-only file system") == len(IMAGE)


@pytest.fixture(scope="module", params=RUNNING)
def mounts(request: pytest.FixtureRequest, containers: dict[str, dict[str, Any]]) -> tuple[str, list[list[str]]]:
    """A service, and /proc/mounts as it sees it: device, place, kind, options and two numbers each."""
    lines = run("docker", "exec", containers[request.param]["Id"], "cat", "/proc/mounts").stdout.splitlines()
    return request.param, [line.split() for line in lines]


def test_only_the_places_that_need_it_are_writable(mounts: tuple[str, list[list[str]]]) -> None:
    service, entries = mounts
    places = {place for _, place, _, options, *_ in entries if options.split(",")[0] == "rw"}
    assert {place for place in places if not place.startswith(("/proc", "/sys", "/dev"))} == WRITABLE[service]


def test_nothing_can_be_executed_in_a_tmpfs(mounts: tuple[str, list[list[str]]]) -> None:
    options = {place: options.split(",") for _, place, kind, options, *_ in mounts[1] if kind == "tmpfs"}
    assert {"noexec", "nosuid", "nodev"} <= set(options[TMP])
