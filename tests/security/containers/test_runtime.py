"""CIS Docker Benchmark 1.6.0, section 5: each container's configuration, and what the kernel enforces."""

import json
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from tests.security.containers.build_files import image
from tests.security.containers.exceptions import EXCEPTIONS
from tests.security.hardening.conftest import COMPOSE, RUNNING
from tests.support.containers import for_each
from tests.support.stack import ROOT, Stack, nginx_workers, run

type Containers = dict[str, dict[str, Any]]
type Setting = Callable[[str], str]
type Statuses = dict[str, list[dict[str, str]]]

UNITS = {"k": 2**10, "m": 2**20, "g": 2**30}
CAPABILITY_SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
# Folders of the image; the first is its root.
IMAGE = ("", "/etc", "/usr/local/bin", "/srv", "/var/lib")
SENSITIVE = ("/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sys", "/usr", "/var")
# What an operator runs, and what the documentation tells him to run.
COMMANDS = ("Makefile", *(str(path.relative_to(ROOT)) for path in (ROOT / "bin").rglob("*") if path.is_file()))
ADVICE = ("README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))


def named(service: str) -> str:
    """The prefix of a service's settings. Migrations run once, with uWSGI's limits."""
    return {"migrate": "UWSGI"}.get(service, service.upper())


@pytest.fixture(scope="module")
def engine() -> dict[str, Any]:
    """The result of docker info."""
    return json.loads(run("docker", "info", "--format", "json").stdout)


def modules(engine: dict[str, Any]) -> str:
    """The engine's security modules: apparmor, selinux, seccomp."""
    return " ".join(engine["SecurityOptions"])


def test_every_service_of_the_file_is_checked(containers: Containers) -> None:
    assert set(containers) == set(COMPOSE)


def test_cis_5_1_nothing_needs_swarm_mode(containers: Containers, service: str) -> None:
    """So Swarm mode is on only if the operator needs it for something else."""
    assert not any(label.startswith("com.docker.swarm") for label in containers[service]["Config"]["Labels"])
    networks = json.loads(
        run("docker", "network", "inspect", *containers[service]["NetworkSettings"]["Networks"]).stdout
    )
    assert {(network["Driver"], network["Scope"]) for network in networks} == {("bridge", "local")}


def test_cis_5_2_apparmor_confines_it_where_the_kernel_has_it(
    containers: Containers, service: str, engine: dict[str, Any]
) -> None:
    assert containers[service]["AppArmorProfile"] == ("docker-default" if "apparmor" in modules(engine) else "")
    assert not any("apparmor" in option for option in containers[service]["HostConfig"]["SecurityOpt"])


def test_cis_5_3_selinux_labels_it_where_the_engine_uses_it(
    containers: Containers, service: str, engine: dict[str, Any]
) -> None:
    assert bool(containers[service]["ProcessLabel"]) is ("selinux" in modules(engine))
    assert not any("label" in option for option in containers[service]["HostConfig"]["SecurityOpt"])


def test_cis_5_4_all_capabilities_are_dropped_and_none_is_added(containers: Containers, service: str) -> None:
    asked = containers[service]["HostConfig"]
    assert (asked["CapDrop"], asked["CapAdd"]) == (["ALL"], None)


@pytest.mark.parametrize("service", RUNNING)
def test_cis_5_4_no_process_has_a_capability_or_can_get_one(statuses: Statuses, service: str) -> None:
    sets = {process[name] for process in statuses[service] for name in CAPABILITY_SETS}
    assert {int(bits, 16) for bits in sets} == {0}


def test_cis_5_5_a_container_is_not_privileged(containers: Containers, service: str) -> None:
    assert containers[service]["HostConfig"]["Privileged"] is False


def test_cis_5_6_of_the_host_a_container_sees_its_secrets_alone(containers: Containers, service: str) -> None:
    binds = [mount for mount in containers[service]["Mounts"] if mount["Type"] == "bind"]
    assert {mount["Source"].removeprefix(f"{ROOT}/") for mount in binds} <= {
        f"secrets/{name}" for name in ("secret_key", "postgres_password", "valkey_password")
    }
    assert not any(mount["RW"] for mount in binds)
    # Named volumes are in a folder of the engine.
    assert {mount["Type"] for mount in containers[service]["Mounts"]} <= {"bind", "volume"}


@pytest.mark.parametrize("service", RUNNING)
def test_cis_5_7_no_container_runs_an_ssh_server(statuses: Statuses, service: str) -> None:
    # Item 4.3 checks that no such program exists.
    assert not [process for process in statuses[service] if re.search("ssh|dropbear|telnet", process["Name"])]


def test_cis_5_8_no_port_of_a_container_is_privileged(containers: Containers, service: str) -> None:
    assert all(int(port.split("/")[0]) > 1024 for port in containers[service]["HostConfig"]["PortBindings"])


def test_cis_5_8_the_port_of_the_host_is_not_privileged_unless_the_operator_wants_it(stack: Stack) -> None:
    assert stack.port() > 1024
    example = re.search(r"^HTTP_BIND=.*:(\d+)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert example
    assert int(example[1]) > 1024


def test_cis_5_9_nothing_but_nginx_is_published(containers: Containers, service: str) -> None:
    # tests/gateways/processes/test_sockets.py checks the listening ports, tests/security/reach who can reach them.
    published = {
        port
        for ports in (
            containers[service]["NetworkSettings"]["Ports"],
            containers[service]["HostConfig"]["PortBindings"],
        )
        for port, bindings in ports.items()
        if bindings
    }
    assert published == ({"8080/tcp"} if service == "nginx" else set())
    assert containers[service]["HostConfig"]["PublishAllPorts"] is False


def test_cis_5_10_a_container_has_a_network_namespace_of_its_own(containers: Containers, service: str) -> None:
    mode = containers[service]["HostConfig"]["NetworkMode"]
    assert mode != "host"
    assert not mode.startswith("container:")


def test_cis_5_11_memory_is_limited_as_the_settings_say(containers: Containers, service: str, setting: Setting) -> None:
    size = setting(f"{named(service)}_MEMORY")
    assert containers[service]["HostConfig"]["Memory"] == int(size[:-1]) * UNITS[size[-1]]


def test_cis_5_12_processors_are_limited_as_the_settings_say(
    containers: Containers, service: str, setting: Setting
) -> None:
    assert containers[service]["HostConfig"]["NanoCpus"] == float(setting(f"{named(service)}_CPUS")) * 10**9


def test_cis_5_13_the_root_file_system_is_asked_for_as_read_only(containers: Containers, service: str) -> None:
    assert containers[service]["HostConfig"]["ReadonlyRootfs"] is True


@pytest.mark.parametrize("service", RUNNING)
def test_cis_5_13_not_even_root_could_write_to_the_image(containers: Containers, service: str) -> None:
    # As root: the read-only root must refuse, not the folder's owner.
    command = ("docker", "exec", "--user", "0", containers[service]["Id"], "mkdir", *(f"{it}/.written" for it in IMAGE))
    result = run(*command, check=False)
    assert result.returncode != 0
    assert result.stderr.count("Read-only file system") == len(IMAGE)


def test_cis_5_14_nginx_is_published_on_the_configured_address_alone(
    containers: Containers, stack: Stack, setting: Setting
) -> None:
    address = setting("HTTP_BIND").rpartition(":")[0]
    bindings = containers["nginx"]["NetworkSettings"]["Ports"]["8080/tcp"]
    assert [binding["HostIp"] for binding in bindings] == [address]
    assert socket.create_connection((address, stack.port()), timeout=5)


def test_cis_5_14_the_published_port_is_closed_on_every_other_address_of_the_host(stack: Stack) -> None:
    others, port = run("hostname", "--all-ip-addresses").stdout.split(), stack.port()

    def is_open(address: str) -> bool:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as client:
            client.settimeout(3)
            return client.connect_ex((address, port)) == 0

    assert for_each(tuple(others), is_open) == dict.fromkeys(others, False)


def test_cis_5_15_a_service_comes_back_unless_it_was_stopped(containers: Containers, service: str) -> None:
    assert "5.15" in EXCEPTIONS
    wanted = "no" if service == "migrate" else "unless-stopped"
    assert containers[service]["HostConfig"]["RestartPolicy"]["Name"] == wanted


def test_cis_5_16_a_container_sees_its_own_processes_alone(containers: Containers, service: str) -> None:
    assert containers[service]["HostConfig"]["PidMode"] == ""


def test_cis_5_17_a_container_shares_no_memory_with_others(containers: Containers, service: str) -> None:
    assert containers[service]["HostConfig"]["IpcMode"] == "private"


def test_cis_5_18_a_container_gets_no_device_of_the_host(containers: Containers, service: str) -> None:
    asked = containers[service]["HostConfig"]
    assert (asked["Devices"], asked["DeviceRequests"], asked["DeviceCgroupRules"]) == (None, None, None)


def test_cis_5_19_no_service_needs_another_ulimit_than_the_engine_gives(containers: Containers, service: str) -> None:
    assert not containers[service]["HostConfig"]["Ulimits"]


def test_cis_5_19_nginx_has_the_descriptors_that_it_asks_for(stack: Stack) -> None:
    nginx = stack.inside("nginx")
    rendered = nginx.check_output("cat /tmp/nginx/live/rendered/workers.conf /tmp/nginx/live/rendered/worker_c*.conf")
    wanted = {name: int(value) for name, value in re.findall(r"(worker_\w+) (\d+);", rendered)}
    lines = nginx.check_output("cat /proc/[0-9]*/status /proc/[0-9]*/limits 2>/dev/null; true").splitlines()
    soft = [line.split()[3] for line in lines if line.startswith("Max open files")]
    assert soft.count(str(wanted["worker_rlimit_nofile"])) >= wanted["worker_processes"] == nginx_workers()
    # A descriptor for each connection, and two connections for each of 30,000 WebSockets.
    assert wanted["worker_rlimit_nofile"] >= wanted["worker_connections"]
    assert wanted["worker_processes"] * wanted["worker_connections"] >= 60_000


def test_cis_5_20_no_mount_is_shared_with_the_host(containers: Containers, service: str) -> None:
    assert {mount.get("Propagation", "") for mount in containers[service]["Mounts"]} <= {"", "rprivate"}


def test_cis_5_21_a_container_has_a_host_name_of_its_own(containers: Containers, service: str) -> None:
    assert containers[service]["HostConfig"]["UTSMode"] == ""


@pytest.mark.parametrize("service", RUNNING)
def test_cis_5_22_every_process_is_filtered_by_seccomp(
    containers: Containers, statuses: Statuses, service: str
) -> None:
    assert {process["Seccomp"] for process in statuses[service]} == {"2"}
    # With the engine's own profile: the option names no other.
    assert containers[service]["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("file", [*COMMANDS, *ADVICE])
def test_cis_5_23_nothing_here_executes_a_privileged_command_in_a_container(file: str) -> None:
    assert not re.search(r"\bexec\b[^\n]*--privileged", (ROOT / file).read_text())


@pytest.mark.parametrize("file", [*COMMANDS, *ADVICE])
def test_cis_5_24_nothing_here_executes_a_command_as_root_in_a_container(file: str) -> None:
    assert not re.search(r"\bexec\b[^\n]*(--user|-u)[ =](0|root)\b", (ROOT / file).read_text())


def test_cis_5_25_a_container_is_in_the_engine_s_own_cgroup(containers: Containers, service: str) -> None:
    assert containers[service]["HostConfig"]["CgroupParent"] == ""


def test_cis_5_26_new_privileges_are_refused(containers: Containers, service: str) -> None:
    assert "no-new-privileges:true" in containers[service]["HostConfig"]["SecurityOpt"]


@pytest.mark.parametrize("service", RUNNING)
def test_cis_5_26_no_process_can_gain_privileges(statuses: Statuses, service: str) -> None:
    assert {process["NoNewPrivs"] for process in statuses[service]} == {"1"}


@pytest.mark.parametrize("service", RUNNING)
def test_cis_5_27_a_service_is_asked_for_its_health_and_is_healthy(containers: Containers, service: str) -> None:
    health = containers[service]["State"]["Health"]
    assert health["Status"] == "healthy"
    assert health["Log"]


def test_cis_5_28_what_runs_is_the_image_that_its_name_means_now(containers: Containers, service: str) -> None:
    assert containers[service]["Image"] == image(containers[service]["Config"]["Image"])["Id"]


def test_cis_5_29_processes_are_limited_as_the_settings_say(
    containers: Containers, service: str, setting: Setting
) -> None:
    assert containers[service]["HostConfig"]["PidsLimit"] == int(setting(f"{named(service)}_PIDS"))


def test_cis_5_30_the_engine_s_default_bridge_is_not_used(containers: Containers, service: str) -> None:
    project = containers[service]["Config"]["Labels"]["com.docker.compose.project"]
    networks = containers[service]["NetworkSettings"]["Networks"]
    assert networks
    assert all(name.startswith(f"{project}_") for name in networks)


def test_cis_5_31_the_host_s_user_namespace_is_not_asked_for(containers: Containers, service: str) -> None:
    assert containers[service]["HostConfig"]["UsernsMode"] == ""


@pytest.mark.parametrize("service", RUNNING)
def test_cis_5_32_the_engine_s_socket_is_in_no_container(containers: Containers, inside: Host, service: str) -> None:
    assert not [mount for mount in containers[service]["Mounts"] if "docker.sock" in mount["Source"]]
    assert inside.check_output("find / -xdev -type s -name 'docker*'; find /run /var/run -name 'docker*.sock'") == ""
