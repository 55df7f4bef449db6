"""The plan of a run, and its results."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lab.bench.contestants import Contestant
from lab.bench.scenarios import Scenario

# A title for the progress display, and the function that does the step.
Step = tuple[str, Callable[[], None]]
Steps = Iterator[Step]


# The measurements besides the scenarios. SCENARIO= chooses them in the same way.
PARTS = ("memory", "latency", "websockets", "starts", "scaling")


@dataclass
class Plan:
    """How much is measured. The default is what the documentation needs."""

    scenarios: list[Scenario]
    contestants: list[Contestant]  # the gateways that take part, and those of the gallery
    parts: set[str]
    rounds: int = 3
    seconds: float = 3
    paced_seconds: float = 4
    fractions: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75, 0.9)  # of a contestant's own peak, for the latency curves
    idle: int = 10_000  # idle WebSockets; 0: none
    members: int = 200  # of the room
    crowd: int = 10_000  # members of the room that is measured once
    restarts: int = 3
    replicas: tuple[int, ...] = (1, 2, 4, 8)  # numbers of replicas of each gateway, one after the other
    extras: bool = True  # ceilings, peers, and gateways without nginx


@dataclass
class Results:
    """The results so far. They are also written after an interruption."""

    scenarios: dict[str, Any] = field(default_factory=dict)
    latency: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    sockets: dict[str, Any] = field(default_factory=dict)
    starts: dict[str, Any] = field(default_factory=dict)
    reloads: dict[str, Any] = field(default_factory=dict)
    scaling: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)  # steps that failed
    interrupted: bool = False


def summary(samples: list[float]) -> dict[str, Any]:
    """Median, least and most, and the samples themselves."""
    return {"median": statistics.median(samples), "least": min(samples), "most": max(samples), "samples": samples}
