"""The report's summary: five lines with the figures of one run. Lines whose figures were not measured are left out."""

from typing import Any

from lab.bench.contestants import group
from lab.bench.ratios import median, ratios

# The scenarios whose plots say most: they come first in the report. `waiting` draws wait-10, wait-100 and wait-1000.
PICTURES = ("page", "waiting", "static-small")


def rates(found: dict[str, Any], scenario: str, who: str = "gateways") -> str:
    """The medians of a group, the highest first: "uwsgi 1,039, gunicorn 894"."""
    known = {it.name: rate for it in group(who) if (rate := median(found, (scenario, it.name)))}
    return ", ".join(f"{name} {known[name]:,.0f}" for name in sorted(known, key=known.__getitem__, reverse=True))


def idle(found: dict[str, Any]) -> str:
    known = found["sockets"].get("idle", {})
    held = ", ".join(f"{name} {it['opened']:,} of {it['bytes_each'] / 1000:.1f} kB" for name, it in known.items())
    return f"{held}; refused or lost: {sum(it['refused'] + it['lost'] for it in known.values())}" if known else ""


def goals(found: dict[str, Any]) -> str:
    known = [it for it in ratios(found) if it.goal is not None]
    met = sum(it.value >= it.goal for it in known if it.goal is not None)
    return f"{met} of {len(known)} met" if known else ""


def summary(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What was measured, and the result."""
    lines = [
        ("A page with twenty rows of the database, requests a second", rates(found, "page")),
        ("A view that waits 100 ms, 100 clients, requests a second", rates(found, "wait-100")),
        ("A static file of a few kB, requests a second", rates(found, "static-small", "files")),
        ("Idle WebSockets on one gateway", idle(found)),
        ("Goals of the ratios", goals(found)),
    ]
    return [(what, result) for what, result in lines if result]
