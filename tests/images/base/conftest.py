"""The base images, before they contain anything of ours."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.containers import started
from tests.support.stack import run

type Inside = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def idle(setting: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """idle("NGINX"): an idle container of the base image NGINX_IMAGE, for inspection."""
    ids: dict[str, str] = {}
    with ExitStack() as containers:

        def container(base: str) -> str:
            if base not in ids:
                command = ("--init", "--network=none", "--entrypoint=sleep", setting(f"{base}_IMAGE"), "600")
                ids[base] = containers.enter_context(started(*command))
            return ids[base]

        yield container


@pytest.fixture(scope="session")
def inside(idle: Callable[[str], str]) -> Inside:
    """inside("NGINX", "nginx", "-v"): the result of a command in that base image."""
    return lambda base, *command, check=True: run("docker", "exec", idle(base), *command, check=check)


@pytest.fixture(scope="session")
def config(setting: Callable[[str], str]) -> Callable[[str], dict[str, Any]]:
    """config("NGINX"): the configuration of the base image NGINX_IMAGE."""

    def inspect(base: str) -> dict[str, Any]:
        found = json.loads(run("docker", "image", "inspect", setting(f"{base}_IMAGE")).stdout)[0]["Config"]
        return {**found, "Env": dict(variable.split("=", 1) for variable in found["Env"])}

    return inspect
