"""The report: one page without other files, and the table for the terminal."""

from pathlib import Path
from typing import Any

import jinja2
from rich.table import Table

from lab.bench import plots
from lab.bench.contestants import KINDS
from lab.bench.ratios import ratios
from lab.bench.summary import PICTURES, summary

HERE = Path(__file__).parent


def page(found: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    drawn = {name: plots.bars(table["rows"], table["unit"]) for name, table in found["scenarios"].items()}
    return environment.get_template("report.html.j2").render(
        found=found,
        summary=summary(found),
        kinds=KINDS,
        pictures=PICTURES,
        ratios=ratios(found),
        drawn=drawn,
        latency=plots.latency(found["latency"]) if found["latency"] else "",
        waiting=waiting(found),
        memory=plots.memory(found["memory"]) if found["memory"] else "",
        scaling=plots.scaling(found["scaling"]) if found["scaling"] else "",
    )


def waiting(found: dict[str, Any]) -> str:
    known = any(name.startswith("wait-1") for name in found["scenarios"])
    return plots.waiting(found["scenarios"]) if known else ""


def pictures(found: dict[str, Any]) -> dict[str, str]:
    """The most telling plots as files of their own, for pages of Markdown: name and SVG."""
    drawn = {"waiting": waiting(found)}
    for name, table in found["scenarios"].items():
        if name in PICTURES:
            drawn[name] = plots.bars(table["rows"], table["unit"])
    return {name: plots.alone(svg) for name, svg in drawn.items() if svg}


def terminal(found: dict[str, Any]) -> Table:
    table = Table(
        "", "", "median", "spread", "errors", title="report/index.html contains the plots", title_justify="left"
    )
    for name, scenario in found["scenarios"].items():
        for who, row in scenario["rows"].items():
            if "rate" in row:
                rate = row["rate"]
                spread = f"{rate['least']:,.0f} to {rate['most']:,.0f}"
                table.add_row(name, who, f"{rate['median']:,.0f}", spread, str(row["errors"]))
            else:
                table.add_row(name, who, "failed", row["failures"][-1] if row["failures"] else "", "")
            name = ""
        table.add_section()
    for it in ratios(found):
        goal = "" if it.goal is None else f"goal {it.goal:g}: {'met' if it.value >= it.goal else 'missed'}"
        table.add_row("ratio", it.what, f"{it.value:.2f}", goal, "")
    return table
