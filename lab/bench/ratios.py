"""Comparisons: one table, in which each line is a ratio of two medians of one run."""

import math
from dataclasses import dataclass, replace
from typing import Any


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


def hello(name: str) -> tuple[str, str]:
    return "hello", name


def waiting(clients: int, name: str) -> tuple[str, str]:
    return f"wait-{clients}", name


TABLE = [
    Compared("uwsgi / WSGI ceiling on all cores", hello("uwsgi"), hello("WSGI ceiling"), 0.45, per_core=True),
    Compared("gunicorn / ASGI ceiling on all cores", hello("gunicorn"), hello("ASGI ceiling"), per_core=True),
    Compared("uwsgi / TechEmpower's configuration", hello("uwsgi"), hello("techempower"), 1.5),
    Compared("uwsgi / TechEmpower's configuration without middleware", hello("uwsgi"), hello("techempower-whole"), 1.5),
    Compared("uwsgi / cookiecutter-django's configuration", hello("uwsgi"), hello("cookiecutter"), 5),
    Compared(
        "uwsgi / cookiecutter-django's configuration with its middleware",
        hello("uwsgi"),
        hello("cookiecutter-whole"),
        5,
    ),
    Compared("uwsgi / uwsgi.ini of lab/notes.md", hello("uwsgi"), hello("notes-uwsgi")),
    Compared("uwsgi / granian-wsgi", hello("uwsgi"), hello("granian-wsgi"), 1),
    Compared("uwsgi with 3 x 2, as in lab/notes.md / with 2 x 4", hello("uwsgi-3x2"), hello("uwsgi")),
    Compared("uwsgi with 4 x 2 / with 2 x 4", hello("uwsgi-4x2"), hello("uwsgi")),
    Compared("uwsgi behind nginx / without nginx", hello("uwsgi"), hello("uwsgi without nginx"), 0.85),
    Compared("gunicorn behind nginx / without nginx", hello("gunicorn"), hello("gunicorn without nginx"), 0.85),
    Compared("daphne behind nginx / without nginx", hello("daphne"), hello("daphne without nginx"), 0.85),
    Compared("gunicorn / gunicorn with Django's own middleware", hello("gunicorn"), hello("gunicorn-stock"), 1.9),
    Compared("gunicorn / gunicorn's command in lab/notes.md", hello("gunicorn"), hello("notes-gunicorn")),
    Compared("uvicorn with uvloop and httptools / without", hello("uvicorn-fast"), hello("uvicorn-pure")),
    Compared("uwsgi / cgi", hello("uwsgi"), hello("cgi")),
    Compared(
        "gunicorn: 1,000 clients that wait / 1,000 that do not",
        waiting(1000, "gunicorn"),
        ("hello-1000", "gunicorn"),
        0.9,
    ),
    Compared("gunicorn: 1,000 clients that wait / 32 that do not", waiting(1000, "gunicorn"), hello("gunicorn"), 0.9),
    Compared("1,000 clients that wait: gunicorn / uwsgi", waiting(1000, "gunicorn"), waiting(1000, "uwsgi"), 30),
    Compared("100 clients that wait: gunicorn / uwsgi", waiting(100, "gunicorn"), waiting(100, "uwsgi")),
    Compared("small files: nginx / stock nginx", ("static-small", "nginx"), ("static-small", "stock nginx"), 1.3),
    Compared("10 MiB: nginx / stock nginx", ("static-large", "nginx"), ("static-large", "stock nginx"), 1),
    Compared("small files: nginx / Django", ("static-small", "nginx"), ("static-small", "Django on uwsgi")),
]


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
