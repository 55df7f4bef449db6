"""Dockerfiles and the images that they build."""

import json
import re
from typing import Any

from tests.support.stack import ROOT, run

FILES = ("Dockerfile", "lab/Dockerfile", "bin/fallback-images/Dockerfile")


def instructions(file: str) -> list[tuple[str, str]]:
    """Pairs such as (RUN, its command), without comments and with continued lines joined."""
    lines = [line for line in (ROOT / file).read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (name.upper(), rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    ]


def all_instructions(name: str) -> list[str]:
    found = [rest for file in FILES for other, rest in instructions(file) if other == name]
    assert found
    return found


def commands() -> list[str]:
    """Each command of each RUN."""
    return [command.strip() for run_ in all_instructions("RUN") for command in re.split(r"&&|;|\|\|", run_)]


def defaults() -> dict[str, str]:
    """Each ..._IMAGE of .env.example."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]+_IMAGE=", line))


def image(name: str) -> dict[str, Any]:
    """The result of docker image inspect."""
    return json.loads(run("docker", "image", "inspect", name).stdout)[0]
