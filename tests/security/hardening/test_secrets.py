"""A secret is only in its file, which only its readers can read."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.security.hardening.conftest import RUNNING, SECRETS
from tests.support.stack import GATEWAYS, ROOT, Stack, run

type Containers = dict[str, dict[str, Any]]

READERS = {
    "nginx": set(),
    "postgres": {"postgres_password"},
    "valkey": {"valkey_password"},
} | {service: set(SECRETS) for service in (*GATEWAYS, "migrate")}


def test_the_search_for_secrets_finds_a_known_one(leaks: Callable[[str], list[str]]) -> None:
    for name in SECRETS:
        assert leaks(f"before{(ROOT / 'secrets' / name).read_text()}after") == [name]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_on_the_host_is_readable_only_by_its_user(name: str) -> None:
    status = (ROOT / "secrets" / name).stat()
    assert (oct(status.st_mode), status.st_uid) == ("0o100600", 999)


def test_the_folder_of_the_secrets_is_closed_to_others() -> None:
    assert oct((ROOT / "secrets").stat().st_mode) == "0o40700"


def test_git_tracks_no_secret() -> None:
    git = ("git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT))
    assert run(*git, "ls-files", "secrets", ".env").stdout == ""
    assert run(*git, "check-ignore", "secrets/secret_key", ".env").stdout.split() == ["secrets/secret_key", ".env"]


def test_a_container_gets_only_the_secrets_that_it_needs(containers: Containers, service: str) -> None:
    mounts = [mount for mount in containers[service]["Mounts"] if "/secrets" in mount["Destination"]]
    assert {mount["Destination"].removeprefix("/run/secrets/") for mount in mounts} == READERS[service]
    assert not any(mount["RW"] for mount in mounts)


def test_nginx_sees_no_secrets_at_all(containers: Containers) -> None:
    # As root: missing permissions must not hide anything. -xdev skips /proc.
    wanted = " -o ".join(f"-name {name}" for name in ("secrets", *SECRETS))
    script = f"find / -xdev {wanted}"
    assert run("docker", "exec", "--user", "0", containers["nginx"]["Id"], "sh", "-c", script, check=False).stdout == ""


@pytest.mark.parametrize("service", GATEWAYS)
def test_another_user_in_a_gateway_cannot_read_the_secrets(containers: Containers, service: str) -> None:
    command = ("docker", "exec", "--user", "101", containers[service]["Id"], "cat")
    for name in SECRETS:
        result = run(*command, f"/run/secrets/{name}", check=False)
        assert (result.returncode, result.stdout, "Permission denied" in result.stderr) == (1, "", True)


def test_docker_inspect_shows_no_secret(
    containers: Containers, service: str, leaks: Callable[[str], list[str]]
) -> None:
    assert leaks(run("docker", "inspect", containers[service]["Id"]).stdout) == []


def test_no_setting_that_is_given_to_a_container_is_named_like_a_secret(containers: Containers, service: str) -> None:
    variables = [variable.partition("=") for variable in containers[service]["Config"]["Env"]]
    named = {name for name, _, _ in variables if re.search(r"PASSWORD|SECRET|TOKEN", name)}
    assert {name for name in named if not name.endswith("_FILE")} == set()


@pytest.mark.parametrize("service", RUNNING)
def test_no_process_has_a_secret_in_its_environment_or_arguments(
    containers: Containers, service: str, leaks: Callable[[str], list[str]]
) -> None:
    # Privileged, to read every process, even a health check that is just starting. A process may end meanwhile.
    script = "for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do tr '\\0' '\\n' <$file; done"
    command = ("docker", "exec", "--privileged", "--user", "0", containers[service]["Id"], "sh", "-c", script)
    result = run(*command, check=False, errors="replace")
    assert "Permission denied" not in result.stderr
    assert "PATH=" in result.stdout
    assert leaks(result.stdout) == []


def test_no_service_has_logged_a_secret(stack: Stack, service: str, leaks: Callable[[str], list[str]]) -> None:
    logs = stack.compose("logs", "--no-color", service)
    assert leaks(logs.stdout + logs.stderr) == []


def test_compose_prints_its_configuration_without_a_secret(stack: Stack, leaks: Callable[[str], list[str]]) -> None:
    assert leaks(stack.compose("config").stdout) == []
