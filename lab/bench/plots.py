"""The report's plots: SVG. Text and axes have the page's colour, so that they are readable in light and dark mode."""

import io
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from lab.bench.contestants import KINDS

INK = "#010203"  # a placeholder for the page's colour: see svg()
COLOURS = {kind: it["colour"] for kind, it in KINDS.items()}
LINES = ["#0d9488", "#d97706", "#5b8dd6", "#9b6bc4", "#c2556b", "#6b8e23"]
matplotlib.rcParams.update(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "tricorn",
        "font.family": "sans-serif",
        "font.size": 10,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": INK,
        "grid.alpha": 0.15,
        "axes.grid": True,
        "axes.axisbelow": True,
        "legend.frameon": False,
        "figure.constrained_layout.use": True,
    }
)


def svg(figure: plt.Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return out.getvalue().partition("<svg")[1] + out.getvalue().partition("<svg")[2].replace(INK, "currentColor")


def alone(svg: str) -> str:
    """The SVG as a file of its own. No page gives it colours there, so it has ink and paper of its own."""
    return svg.replace("<svg", '<svg style="color: #1c2927; background: #ffffff"', 1)


def label_in_full(axes: plt.Axes) -> None:
    """Labels the numbers along two logarithmic axes as people write them: 200, not 2 x 10^2."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axis.set_minor_formatter(NullFormatter())


def bars(rows: dict[str, dict[str, Any]], unit: str) -> str:
    """A bar for each contestant: the median. A line shows the spread of the rounds."""
    measured = {name: row for name, row in rows.items() if "rate" in row}
    figure, axes = plt.subplots(figsize=(8, 0.6 + 0.34 * max(len(measured), 1)))
    names = list(measured)[::-1]
    for place, name in enumerate(names):
        rate = measured[name]["rate"]
        axes.barh(place, rate["median"], color=COLOURS[measured[name]["kind"]], height=0.68)
        axes.plot([rate["least"], rate["most"]], [place, place], color=INK, linewidth=1.4)
        axes.annotate(f" {rate['median']:,.0f}", (max(rate["median"], rate["most"]), place), va="center", color=INK)
    axes.set_yticks(range(len(names)), names)
    axes.margins(x=0.14)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(unit)
    return svg(figure)


def latency(curves: dict[str, list[dict[str, Any]]]) -> str:
    """For each gateway, its quantiles against the rate of requests."""
    figure, axes = plt.subplots(figsize=(8, 4.2))
    styles = {"0.5": "-", "0.99": "--", "0.999": ":"}
    for colour, (name, points) in zip(LINES, curves.items(), strict=False):
        good = [it for it in points if "failure" not in it]
        for quantile, style in styles.items():
            axes.plot(
                [it["rate"] for it in good],
                [it["latency"][quantile] * 1000 for it in good],
                style,
                color=colour,
                marker="o",
                markersize=3.5,
                label=f"{name} p{float(quantile) * 100:g}",
            )
    axes.set(xscale="log", yscale="log", xlabel="requests a second, offered at a fixed rate", ylabel="milliseconds")
    label_in_full(axes)
    # Above the axes, where there are no curves.
    axes.legend(ncols=max(len(curves), 1), fontsize=8.5, loc="lower center", bbox_to_anchor=(0.5, 1))
    return svg(figure)


def waiting(scenarios: dict[str, Any]) -> str:
    """Answers a second of a view that waits 100 ms, against the number of clients."""
    figure, axes = plt.subplots(figsize=(8, 3.6))
    tables = sorted((it for name, it in scenarios.items() if name.startswith("wait-1")), key=lambda it: it["clients"])
    names = list(dict.fromkeys(name for table in tables for name in table["rows"]))
    for colour, name in zip(LINES * 4, names, strict=False):
        points = [
            (it["clients"], it["rows"][name]["rate"]["median"]) for it in tables if "rate" in it["rows"].get(name, {})
        ]
        axes.plot(*zip(*points, strict=True), "-o", color=colour, label=name) if points else None
    clients = [it["clients"] for it in tables]
    axes.plot(clients, [it * 10 for it in clients], ":", color=INK, alpha=0.6, label="without queuing")
    axes.set(xscale="log", yscale="log", xlabel="clients", ylabel="responses a second")
    label_in_full(axes)
    axes.legend(fontsize=8.5)
    return svg(figure)


def memory(found: dict[str, dict[str, Any]]) -> str:
    """The memory of each container: PSS, and on top of it what RSS has, which counts shared pages in each process."""
    figure, axes = plt.subplots(figsize=(8, 0.7 + 0.42 * len(found)))
    names = list(found)[::-1]
    mib = 2**20
    for place, name in enumerate(names):
        it = found[name]
        axes.barh(
            place, it["pss"] / mib, color=COLOURS["gateway"], height=0.66, label="in use (PSS)" if not place else None
        )
        axes.barh(
            place,
            (it["rss"] - it["pss"]) / mib,
            left=it["pss"] / mib,
            color=COLOURS["ceiling"],
            alpha=0.5,
            height=0.66,
            label="shared pages counted again (RSS)" if not place else None,
        )
        axes.annotate(
            f" {it['pss'] / mib:,.0f} of {it['rss'] / mib:,.0f}", (it["rss"] / mib, place), va="center", color=INK
        )
    axes.set_yticks(range(len(names)), names)
    axes.margins(x=0.18)
    axes.set_xlabel("MiB, all processes")
    axes.legend(fontsize=8.5, loc="lower right")
    return svg(figure)


def scaling(found: dict[str, dict[str, Any]]) -> str:
    """Answers a second against the number of replicas. The dotted line is the multiple of one replica's."""
    figure, axes = plt.subplots(figsize=(8, 3.6))
    for colour, (name, rows) in zip(LINES, found.items(), strict=False):
        numbers = [int(number) for number in rows]
        axes.plot(numbers, [it["rate"] for it in rows.values()], "-o", color=colour, label=name)
        if 1 in numbers:
            axes.plot(numbers, [rows["1"]["rate"] * number for number in numbers], ":", color=colour, alpha=0.6)
    axes.set(xlabel="replicas, a fifth of a core each", ylabel="responses a second")
    axes.legend(fontsize=8.5)
    return svg(figure)
