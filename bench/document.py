"""Prints the table of docs/choosing.md from the sample report's figures. tests/bench compares them.

Run: python -m bench.document, with any Python since 3.11
"""

import json
from pathlib import Path
from typing import Any

from bench.ratios import ratios

SAMPLE = Path(__file__).parents[1] / "docs/report/results.json"


def table(found: dict[str, Any]) -> str:
    lines = ["| compared | ratio | goal, at least | |", "| --- | ---: | ---: | --- |"]
    for it in ratios(found):
        said = "" if it.goal is None else "met" if it.value >= it.goal else "**missed**"
        goal = "" if it.goal is None else f"{it.goal:g}"
        lines.append(f"| [{it.what}](report/index.html#{it.scenario}) | {it.value:.2f} | {goal} | {said} |")
    return "\n".join(lines)


def read() -> dict[str, Any]:
    return json.loads(SAMPLE.read_text())


if __name__ == "__main__":
    print(table(read()))
