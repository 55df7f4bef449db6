"""The Valkey base image: the server and its client on the PATH, user 999, /data."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.images.base.conftest import Inside
from tests.support.containers import started
from tests.support.stack import run, wait_until


@pytest.fixture(scope="module")
def image(setting: Callable[[str], str]) -> str:
    return setting("VALKEY_IMAGE")


@pytest.mark.parametrize("program", ["valkey-server", "valkey-cli"])
def test_a_program_is_on_the_path_and_of_version_8(inside: Inside, program: str) -> None:
    said = inside("VALKEY", program, "--version").stdout
    assert re.search(r"\b(v=)?8\.\d+\.\d+", said)


def test_its_user_is_999(inside: Inside) -> None:
    assert inside("VALKEY", "sh", "-c", "id -u valkey && id -g valkey").stdout.split() == ["999", "999"]


def test_it_works_in_data_a_volume_of_its_user(inside: Inside, config: Callable[[str], dict[str, Any]]) -> None:
    found = config("VALKEY")
    assert (found["WorkingDir"], list(found["Volumes"])) == ("/data", ["/data"])
    assert inside("VALKEY", "stat", "--format", "%U", "/data").stdout == "valkey\n"


def test_it_starts_a_server(config: Callable[[str], dict[str, Any]]) -> None:
    assert config("VALKEY")["Cmd"] == ["valkey-server"]


def test_it_serves_without_root_and_ends_with_status_0(image: str) -> None:
    options = ("--network=none", "--user=999:999", "--read-only", "--cap-drop=ALL")
    with started(*options, image, "valkey-server", "--save", "") as container:
        ping = ("docker", "exec", container, "valkey-cli", "ping")
        wait_until(lambda: run(*ping, check=False).stdout == "PONG\n", message="Valkey answers")
        run("docker", "stop", container)
        assert run("docker", "inspect", "--format", "{{.State.ExitCode}}", container).stdout == "0\n"
