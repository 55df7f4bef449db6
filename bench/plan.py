"""What is to be measured, and what has been."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.contestants import Contestant
from bench.scenarios import Scenario

# What the progress display calls it, and what does it.
Step = tuple[str, Callable[[], None]]
Steps = Iterator[Step]


# Beside the scenarios, and chosen as they are.
PARTS = ("memory", "latency", "websockets", "starts", "scaling")


@dataclass
class Plan:
    """How much is measured; by default as much as is needed for the documentation."""

    scenarios: list[Scenario]
    contestants: list[Contestant]  # the gateways that take part, and the gallery's
    parts: set[str]
    rounds: int = 3
    seconds: float = 3
    paced_seconds: float = 4
    fractions: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75, 0.9)  # of a contestant's own peak, for the latency curves
    idle: int = 10_000  # WebSockets to hold open; 0: none
    members: int = 200  # of the room
    crowd: int = 10_000  # of the room that is measured once
    restarts: int = 3
    replicas: tuple[int, ...] = (1, 2, 4, 8)  # as many of each gateway, one after the other
    extras: bool = True  # ceilings, peers, past nginx


@dataclass
class Results:
    """What has been measured so far; written after an interruption too."""

    scenarios: dict[str, Any] = field(default_factory=dict)
    latency: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    sockets: dict[str, Any] = field(default_factory=dict)
    starts: dict[str, Any] = field(default_factory=dict)
    reloads: dict[str, Any] = field(default_factory=dict)
    scaling: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)  # steps that could not be taken
    interrupted: bool = False


def summary(samples: list[float]) -> dict[str, Any]:
    """Median and spread; the samples themselves as well."""
    return {"median": statistics.median(samples), "least": min(samples), "most": max(samples), "samples": samples}
