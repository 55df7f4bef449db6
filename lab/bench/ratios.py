"""Comparisons: each is a ratio of two medians of one run. lab/bench/contestants.toml has the table."""

import math
from dataclasses import dataclass, replace
from typing import Any

from lab.bench import contestants


@dataclass(frozen=True)
class Compared:
    """`one` divided by `other`, each a scenario and a contestant. `goal` is the least value, if one was promised."""

    what: str
    one: tuple[str, str]
    other: tuple[str, str]
    goal: float | None = None
    per_core: bool = False  # `other` is the figure of one core


@dataclass(frozen=True)
class Ratio:
    what: str
    value: float
    goal: float | None
    scenario: str


def comparison(entry: dict[str, Any]) -> Compared:
    """An entry of the table."""
    scenario = entry["scenario"]
    return Compared(
        entry["what"],
        (scenario, entry["one"]),
        (entry.get("other_scenario", scenario), entry["other"]),
        entry.get("goal"),
        entry.get("per_core", False),
    )


TABLE = [comparison(entry) for entry in contestants.TABLE["ratio"]]


def median(found: dict[str, Any], where: tuple[str, str]) -> float | None:
    scenario, name = where
    row = found["scenarios"].get(scenario, {}).get("rows", {}).get(name, {})
    return row["rate"]["median"] if "rate" in row else None


def ratios(found: dict[str, Any]) -> list[Ratio]:
    """The ratios of which both sides were measured."""
    compared = []
    for it in TABLE:
        one, other = median(found, it.one), median(found, it.other)
        if one and other:
            cores = found["machine"]["cores"] if it.per_core else 1
            compared.append(Ratio(it.what, one / other / cores, it.goal, it.one[0]))
    for name, it in found["memory"].items():
        # The share of RSS, of all pages of the processes, that more than one process has.
        if it["processes"] > 2:
            compared.append(
                Ratio(
                    f"{name}: share of memory pages in use by several processes",
                    1 - it["private"] / it["rss"],
                    0.6,
                    "memory",
                )
            )
    for name, it in found.get("scaling", {}).items():
        if "1" in it and "8" in it:
            of_linear = it["8"]["rate"] / it["1"]["rate"] / 8
            compared.append(Ratio(f"{name}: 8 replicas / 8 times one replica", of_linear, 0.9, "scaling"))
    # Truncated, not rounded: 0.898 is not 0.9.
    return [replace(it, value=math.floor(it.value * 100) / 100) for it in compared]
