"""CIS Docker Benchmark 1.6.0, section 4: container images and build files."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from tests.security.containers.build_files import (
    FILES,
    all_instructions,
    commands,
    defaults,
    image,
    instructions,
)
from tests.security.containers.exceptions import EXCEPTIONS, STORES
from tests.security.hardening.conftest import COMPOSE, RUNNING, SERVICES
from tests.support.containers import for_each
from tests.support.stack import ROOT, run

type Containers = dict[str, dict[str, Any]]

USERS = dict.fromkeys(SERVICES, "999") | {"nginx": "101"}
BUILT = tuple(name for name in SERVICES if "build" in COMPOSE[name])
# Official images by name. The operator chooses the tag.
OFFICIAL = {
    "PYTHON_IMAGE": "python",
    "NGINX_IMAGE": "nginx",
    "POSTGRES_IMAGE": "postgres",
    "VALKEY_IMAGE": "valkey/valkey",
}
# Programs that would help an intruder.
COMPILERS = ("gcc", "cc", "c++", "make")
CLIENTS = ("ssh", "telnet", "nc", "ncat", "socat", "nmap", "wget", "curl", "git")
NEEDLESS = {*COMPILERS, *CLIENTS, "sshd", "dropbear", "in.telnetd", "sudo", "vim", "nano"}


def test_every_running_image_is_built_here_or_a_base_image() -> None:
    assert {name for name in SERVICES if name not in BUILT} == set(STORES)


def test_cis_4_1_a_container_is_started_as_a_user_that_is_not_root(containers: Containers, service: str) -> None:
    user = USERS[service]
    assert containers[service]["Config"]["User"] == f"{user}:{user}"


@pytest.mark.parametrize("service", RUNNING)
def test_cis_4_1_every_process_really_runs_as_that_user(
    statuses: dict[str, list[dict[str, str]]], service: str
) -> None:
    user = USERS[service]
    # Real, effective, saved and file system ids.
    ids = {tuple(process[kind].split()) for process in statuses[service] for kind in ("Uid", "Gid")}
    assert ids == {(user,) * 4}


@pytest.mark.parametrize("service", BUILT)
def test_cis_4_1_an_image_that_is_built_here_has_its_user_without_compose(containers: Containers, service: str) -> None:
    assert image(containers[service]["Image"])["Config"]["User"] == f"{USERS[service]}:{USERS[service]}"


def test_cis_4_2_images_are_built_on_the_official_ones_and_on_nothing_else() -> None:
    names = {variable: value.partition(":")[0] for variable, value in defaults().items()}
    assert names == OFFICIAL
    for file in ("Dockerfile", "lab/Dockerfile"):
        arguments = {
            rest.partition("=")[0]: rest.partition("=")[2] for name, rest in instructions(file) if name == "ARG"
        }
        stages: set[str] = set()
        for name, rest in instructions(file):
            if name == "FROM":
                base, _, stage = rest.partition(" AS ")
                assert base in {"scratch", "${PYTHON_IMAGE}", "${NGINX_IMAGE}"} | stages
                stages.add(stage)
        assert {name: value for name, value in arguments.items() if name in OFFICIAL} == {
            name: value for name, value in defaults().items() if name in arguments
        }
    assert {COMPOSE[name]["image"] for name in STORES} == {"${POSTGRES_IMAGE}", "${VALKEY_IMAGE}"}


@pytest.mark.parametrize("service", RUNNING)
def test_cis_4_3_no_program_is_there_that_the_service_does_not_need(inside: Host, service: str) -> None:
    # nginx's health check uses curl. The loop must find sh: otherwise it would find nothing.
    needless = NEEDLESS - ({"curl"} if service == "nginx" else set())
    found = inside.run(f"for name in sh {' '.join(needless)}; do command -v $name; done").stdout.split()
    assert [path.rpartition("/")[2] for path in found] == ["sh"]


def test_cis_4_4_a_base_image_is_a_tag_that_goes_on_getting_patches() -> None:
    assert "4.4" in EXCEPTIONS
    for value in defaults().values():
        tag = value.rpartition(":")[2]
        # A version. `latest` is none, and a patch version or digest would never get patches.
        assert re.fullmatch(r"\d+(\.\d+)?(-[a-z-]+)?", tag), value


def test_cis_4_5_where_an_image_comes_from_is_a_setting_that_takes_a_digest() -> None:
    assert "4.5" in EXCEPTIONS
    for name in STORES:
        configured = COMPOSE[name]["image"]
        assert re.fullmatch(r"\$\{[A-Z]+_IMAGE\}", configured)


@pytest.mark.parametrize("service", [name for name in BUILT if name in RUNNING])
def test_cis_4_6_an_image_says_how_its_health_is_asked(containers: Containers, service: str) -> None:
    asked = image(containers[service]["Image"])["Config"]["Healthcheck"]["Test"]
    assert asked[0] == "CMD"
    assert asked == containers[service]["Config"]["Healthcheck"]["Test"]


@pytest.mark.parametrize("service", EXCEPTIONS["4.6"].services)
def test_cis_4_6_where_an_image_does_not_compose_does(containers: Containers, service: str) -> None:
    assert containers[service]["Config"]["Healthcheck"]["Test"][0] in ("CMD", "CMD-SHELL")


def test_cis_4_7_package_lists_are_updated_in_the_instruction_that_installs_from_them() -> None:
    updating = [rest for rest in all_instructions("RUN") if re.search(r"apt(-get)? update", rest)]
    assert updating
    for rest in updating:
        assert re.search(r"apt-get update -qq\s+&& apt-get install", rest), rest
        assert "rm -rf /var/lib/apt/lists/*" in rest


@pytest.fixture(scope="module")
def set_ids(containers: Containers) -> dict[str, tuple[str, str]]:
    """The output of find for setuid and setgid files, and its errors for folders that it could not read, by image."""

    def find(service: str) -> tuple[str, str]:
        # In a new container: root in the running one has no capability, and cannot read every folder.
        options = ("--rm", "--user", "0", "--network", "none", "--entrypoint", "find")
        command = (containers[service]["Image"], "/", "-xdev", "-type", "f", "-perm", "/6000")
        result = run("docker", "run", *options, *command)
        return result.stdout, result.stderr

    return for_each(SERVICES, find)


@pytest.mark.parametrize("service", BUILT)
def test_cis_4_8_no_file_of_an_image_is_setuid_or_setgid(set_ids: dict[str, tuple[str, str]], service: str) -> None:
    assert set_ids[service] == ("", "")


@pytest.mark.parametrize("service", EXCEPTIONS["4.8"].services)
def test_cis_4_8_only_debian_s_own_programs_are_where_there_are_some(
    set_ids: dict[str, tuple[str, str]], service: str
) -> None:
    assert {path.rpartition("/")[0] for path in set_ids[service][0].split()} == {"/usr/bin", "/usr/sbin"}


@pytest.mark.parametrize("service", EXCEPTIONS["4.8"].services)
def test_cis_4_8_where_there_are_some_they_give_nobody_anything(containers: Containers, service: str) -> None:
    """chage is setgid, so that a user's own entry in /etc/shadow can be read."""
    ask = ("chage", "--list", service)
    plain = ("--rm", "--user", "999:999", "--network", "none", "--cap-drop", "ALL", "--entrypoint", ask[0])
    assert run("docker", "run", *plain, containers[service]["Image"], *ask[1:]).stdout
    result = run("docker", "exec", containers[service]["Id"], *ask, check=False)
    assert (result.returncode, result.stdout) == (1, "")
    assert "cannot open /etc/shadow" in result.stderr


@pytest.mark.parametrize("file", FILES)
def test_cis_4_9_files_are_copied_and_never_added(file: str) -> None:
    assert "ADD" not in {name for name, _ in instructions(file)}


@pytest.mark.parametrize("file", FILES)
def test_cis_4_10_a_build_file_holds_no_secret(file: str) -> None:
    found = {
        value
        for name, rest in instructions(file)
        if name in ("ARG", "ENV", "LABEL", "RUN")
        for value in re.findall(r"[A-Z_]*(?:PASSWORD|SECRET|TOKEN|API_?KEY)[A-Z_]*=(\S+)", rest)
    }
    # collectstatic imports the settings, which need a value.
    assert found <= {"collectstatic", "none"}


def test_cis_4_10_an_image_and_its_history_tell_no_secret(
    containers: Containers, service: str, leaks: Callable[[str], list[str]]
) -> None:
    name = containers[service]["Image"]
    history = run("docker", "history", "--no-trunc", "--format", "json", name).stdout
    assert "CreatedBy" in history
    assert leaks(history + run("docker", "image", "inspect", name).stdout) == []


@pytest.mark.parametrize("service", [name for name in RUNNING if name in BUILT])
def test_cis_4_10_no_file_of_an_image_holds_a_secret(
    containers: Containers, service: str, leaks: Callable[[str], list[str]]
) -> None:
    # The project's files and the configuration. -xdev skips mounts.
    script = "find /srv /etc /root /usr/local/bin -xdev -type f -size -1000k -exec cat {} +"
    output = run("docker", "exec", "--user", "0", containers[service]["Id"], "sh", "-c", script, errors="replace")
    assert len(output.stdout) > 10_000
    assert leaks(output.stdout) == []


def test_cis_4_11_python_packages_are_installed_by_hash_alone() -> None:
    installing = [command for command in commands() if re.search(r"\bpip (install|wheel|download)\b", command)]
    assert len(installing) >= 5
    for command in installing:
        # Either by hash, or from wheels that an earlier stage built from requirements with hashes. The wheel of this
        # repository's own package is built by what is installed by hash.
        of_wheels = "--no-index" in command and "/wheels/*.whl" in command
        is_own = {"--no-index", "--no-deps", "--no-build-isolation", "/tricorn"} <= set(command.split())
        assert "--require-hashes" in command or of_wheels or is_own, command


def test_cis_4_11_every_requirement_has_a_hash() -> None:
    files = run("git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "*requirements.txt").stdout.split()
    assert len(files) >= 5
    for file in files:
        packages = re.split(
            r"\n(?=[a-z])", re.sub(r"^\s*#.*\n", "", (ROOT / file).read_text(), flags=re.MULTILINE).strip()
        )
        assert [package for package in packages if "--hash=sha256:" not in package] == [], file


def test_cis_4_12_nothing_tells_apt_to_install_what_is_not_signed() -> None:
    assert "4.12" in EXCEPTIONS
    files = [
        *FILES,
        *(str(path.relative_to(ROOT)) for path in (ROOT / "bin/fallback-images").iterdir()),
        "bin/engine",
    ]
    for file in files:
        loosened = r"trusted=yes|allow-unauthenticated|AllowUnauthenticated|allow-insecure|no-check-gpg|force-yes"
        assert not re.search(loosened, (ROOT / file).read_text(), re.IGNORECASE), file
