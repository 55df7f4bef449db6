"""Prints the parts of lab/report/README.md that come from the sample report's figures. tests/lab/bench compares them.

Run: python -m lab.bench.document, with any Python since 3.11
"""

import json
from pathlib import Path
from typing import Any

from lab.bench.ratios import ratios
from lab.bench.summary import summary

SAMPLE = Path(__file__).parents[1] / "report/results.json"


def lines(found: dict[str, Any]) -> str:
    return "\n".join(f"- {what}: **{result}**" for what, result in summary(found))


def table(found: dict[str, Any]) -> str:
    rows = ["| compared | ratio | goal, at least | |", "| --- | ---: | ---: | --- |"]
    for it in ratios(found):
        said = "" if it.goal is None else "met" if it.value >= it.goal else "**missed**"
        goal = "" if it.goal is None else f"{it.goal:g}"
        rows.append(f"| [{it.what}](index.html#{it.scenario}) | {it.value:.2f} | {goal} | {said} |")
    return "\n".join(rows)


def read() -> dict[str, Any]:
    return json.loads(SAMPLE.read_text())


if __name__ == "__main__":
    print(lines(read()), table(read()), sep="\n\n")
