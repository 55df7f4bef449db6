"""Runs the scenarios: contestants in turns, round after round; so a bad moment of the machine meets all of them."""

import asyncio
import json
import statistics
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench import load, sockets
from bench.containers import Network, container, docker, memory, seconds_until_healthy
from bench.contestants import CEILINGS, DIRECT, FILES, GATEWAYS, PEERS, Contestant
from bench.scenarios import Scenario

# One load at a time, so one network for all that come through nginx.
FROM_EDGE = Network()


@dataclass
class Plan:
    """How much is measured."""

    scenarios: list[Scenario]
    contestants: list[Contestant]  # the gateways that take part, and the gallery's
    rounds: int
    seconds: float
    paced_seconds: float
    fractions: tuple[float, ...]  # of a contestant's own peak, for the latency curves
    idle: int  # WebSockets to hold open; 0: none
    members: int  # of the room
    restarts: int
    extras: bool  # ceilings, peers, past nginx


@dataclass
class Results:
    """What has been measured so far; written after an interruption too."""

    scenarios: dict[str, Any] = field(default_factory=dict)
    latency: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    sockets: dict[str, Any] = field(default_factory=dict)
    starts: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False


def summary(samples: list[float]) -> dict[str, Any]:
    """Median and spread; the samples themselves as well."""
    return {"median": statistics.median(samples), "least": min(samples), "most": max(samples), "samples": samples}


class Runner:
    def __init__(self, plan: Plan, results: Results) -> None:
        self.plan = plan
        self.results = results
        self.networks: dict[str, Network] = {}
        self.progress = Progress(
            TextColumn("{task.description:<46}"),
            BarColumn(30),
            TextColumn("{task.completed:>4.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self.task = self.progress.add_task("", total=1)

    # ---- the way through ----

    def run(self) -> None:
        steps = list(self.steps())
        self.progress.update(self.task, total=len(steps))
        said = ""
        with self.progress:
            try:
                for title, step in steps:
                    self.progress.update(self.task, description=title)
                    # A log gets a line for each part instead.
                    part = title.partition(":")[0]
                    if part != said and not self.progress.console.is_terminal:
                        self.progress.console.print(f"  {part}")
                    said = part
                    step()
                    self.progress.advance(self.task)
            except KeyboardInterrupt:
                self.results.interrupted = True

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        for scenario in self.plan.scenarios:
            contestants = self.contestants(scenario)
            for number in range(self.plan.rounds + 1):
                for it in contestants:
                    title = f"{scenario.name}: {it.name}" + ("" if number else ", warming up")
                    yield title, lambda s=scenario, c=it, warm=not number: self.measure(s, c, is_warm_up=warm)
        yield from self.memory_steps()
        if self.plan.scenarios[0].name in ("hello", "url"):
            yield from self.latency_steps(self.plan.scenarios[0])
        yield from self.socket_steps()
        for number in range(self.plan.restarts):
            for it in self.gateways():
                yield f"cold start {number + 1}: {it.name}", lambda c=it: self.cold_start(c)

    def gateways(self) -> list[Contestant]:
        return self.plan.contestants

    def contestants(self, scenario: Scenario) -> list[Contestant]:
        chosen = {it.name for it in self.plan.contestants}
        groups = {
            "gateways": self.plan.contestants,
            "direct": [it for it in DIRECT if it.service in chosen] if self.plan.extras else [],
            "ceilings": CEILINGS if self.plan.extras else [],
            "peers": PEERS if self.plan.extras else [],
            "files": [it for it in FILES if it.service != "uwsgi" or scenario.name != "static-gzip"],
        }
        return [it for group in scenario.who for it in groups[group]]

    def network(self, contestant: Contestant) -> Network:
        if not contestant.is_direct:
            return FROM_EDGE
        return self.networks.setdefault(contestant.service, Network(contestant.service))

    # ---- peaks ----

    def measure(self, scenario: Scenario, contestant: Contestant, *, is_warm_up: bool) -> None:
        seconds = 0.5 if is_warm_up else self.plan.seconds
        try:
            if contestant.kind == "ceiling":
                found = load.Peak(self.ceiling(scenario, contestant, seconds), 0, {}, 0)
            else:
                url, headers = self.address(scenario, contestant)
                found = load.peak(self.network(contestant), url, scenario.clients, seconds, scenario.body, headers)
        except (RuntimeError, ValueError, OSError) as error:
            if not is_warm_up:
                self.row(scenario, contestant)["failures"].append(str(error)[:300])
            return
        if not is_warm_up:
            row = self.row(scenario, contestant)
            row["peaks"].append(asdict(found))
            row["rate"] = summary([it["rate"] for it in row["peaks"]])
            row["errors"] = sum(it["errors"] for it in row["peaks"])

    def row(self, scenario: Scenario, contestant: Contestant) -> dict[str, Any]:
        table = self.results.scenarios.setdefault(
            scenario.name,
            {
                "title": scenario.title,
                "unit": scenario.unit,
                "claims": scenario.claims,
                "clients": scenario.clients,
                "rows": {},
            },
        )
        return table["rows"].setdefault(
            contestant.name, {"kind": contestant.kind, "peaks": [], "failures": [], "errors": 0}
        )

    def address(self, scenario: Scenario, contestant: Contestant) -> tuple[str, dict[str, str]]:
        match scenario.name:
            case "url":
                return contestant.url, {}
            case "events":
                return f"{contestant.url}/async/stream/?events=50&interval=0", {}
            case "static-small" | "static-large" if contestant.service == "uwsgi":
                return (
                    f"{contestant.url}/bench/file/{'small.css' if scenario.name == 'static-small' else '10mib.bin'}",
                    {},
                )
            case "static-small" | "static-gzip" | "static-large":
                path = "/media/bench/10mib.bin" if scenario.name == "static-large" else static_path()
                return contestant.url + path, ({"Accept-Encoding": "gzip"} if scenario.name == "static-gzip" else {})
        return contestant.url + contestant.path(scenario.view), {}

    def ceiling(self, scenario: Scenario, contestant: Contestant, seconds: float) -> float:
        kind = contestant.interface.lower()
        script = ("python", "/srv/bench/ceiling.py", kind, contestant.path(scenario.view), str(seconds))
        return float(docker("exec", container(contestant.service), *script).split()[-1])

    # ---- fixed rates ----

    def latency_steps(self, scenario: Scenario) -> Iterator[tuple[str, Callable[[], None]]]:
        for fraction in self.plan.fractions:
            for it in self.gateways():
                yield (
                    f"latency at {fraction:.0%} of its peak: {it.name}",
                    lambda c=it, f=fraction: self.latency(scenario, c, f),
                )

    def latency(self, scenario: Scenario, contestant: Contestant, fraction: float) -> None:
        row = self.results.scenarios.get(scenario.name, {}).get("rows", {}).get(contestant.name, {})
        if "rate" not in row:
            return
        url, _ = self.address(scenario, contestant)
        points = self.results.latency.setdefault(contestant.name, [])
        try:
            points.append(
                {
                    "fraction": fraction,
                    **asdict(load.paced(FROM_EDGE, url, row["rate"]["median"] * fraction, 32, self.plan.paced_seconds)),
                }
            )
        except (RuntimeError, load.LoadError, ValueError) as error:
            points.append({"fraction": fraction, "failure": str(error)[:300]})

    # ---- memory ----

    def memory_steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        for it in filter(lambda it: it.service, self.gateways()):
            yield f"memory: {it.name}", lambda c=it: self.results.memory.update({c.name: asdict(memory(c.service))})

    # ---- WebSockets ----

    def socket_steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        speakers = [it for it in self.gateways() if it.interface == "ASGI"]
        for number in range(self.plan.rounds):
            for it in speakers:
                yield f"WebSocket echo {number + 1}: {it.name}", lambda c=it: self.echo(c)
        if self.plan.members:
            for number in range(self.plan.rounds):
                for it in speakers:
                    yield f"room of {self.plan.members} {number + 1}: {it.name}", lambda c=it: self.room(c)
        if self.plan.idle:
            for it in speakers:
                yield f"{self.plan.idle:,} idle WebSockets: {it.name}", lambda c=it: self.idle(c)

    def socket_row(self, what: str, contestant: Contestant) -> dict[str, Any]:
        return self.results.sockets.setdefault(what, {}).setdefault(contestant.name, {"samples": [], "errors": 0})

    def echo(self, contestant: Contestant) -> None:
        found = asyncio.run(sockets.echo(f"{contestant.url}/ws/echo/", 32, self.plan.seconds))
        row = self.socket_row("echo", contestant)
        row["samples"].append(found.rate)
        row["errors"] += found.errors
        row["rate"] = summary(row["samples"])

    def room(self, contestant: Contestant) -> None:
        url = f"{contestant.url}/ws/rooms/bench-{contestant.name}/"
        found = asyncio.run(sockets.broadcast(url, self.plan.members, 5))
        row = self.socket_row("room", contestant)
        row["members"] = self.plan.members
        row["samples"].append(found.seconds)
        row["errors"] += found.errors
        row["seconds"] = summary(row["samples"])

    def idle(self, contestant: Contestant) -> None:
        """Opens them, asks for memory and for HTTP beside them, and closes them."""
        before = memory(contestant.service)
        others = [it for it in GATEWAYS if it.name != contestant.name]
        quiet = {it.name: self.beside(it) for it in others}

        async def hold() -> dict[str, Any]:
            loop = asyncio.get_running_loop()
            started = loop.time()
            opened, refused = await sockets.open_many(f"{contestant.url}/ws/echo/", self.plan.idle)
            took = loop.time() - started
            after = await asyncio.to_thread(memory, contestant.service)
            busy = {it.name: await asyncio.to_thread(self.beside, it) for it in others}
            lost = sum(it.state.name != "OPEN" for it in opened)
            await sockets.close_all(opened)
            return {
                **asdict(sockets.Idle(len(opened), refused, took, lost)),
                "bytes_each": (after.pss - before.pss) / max(len(opened), 1),
                "beside": {name: {"before": quiet[name], "with": busy[name]} for name in busy},
            }

        self.results.sockets.setdefault("idle", {})[contestant.name] = asyncio.run(hold())

    def beside(self, contestant: Contestant) -> dict[str, Any]:
        """HTTP at a rate far below the peak of any."""
        return asdict(load.paced(FROM_EDGE, contestant.url + contestant.path("hello"), 100, 10, 3))

    # ---- starts ----

    def cold_start(self, contestant: Contestant) -> None:
        row = self.results.starts.setdefault(contestant.name, {"samples": []})
        row["samples"].append(seconds_until_healthy(contestant.service))
        row["seconds"] = summary(row["samples"])


def static_path() -> str:
    """A style sheet of 22 kB that every Django has."""
    manifest = json.loads(docker("exec", container("uwsgi"), "cat", "/srv/static/staticfiles.json"))
    return "/static/" + manifest["paths"]["admin/css/base.css"]


def prepare() -> None:
    """Twenty rows to read, and files to serve."""
    make = """
import os, pathlib, sys
import django
django.setup()
from benchmark.content import NEW, ROWS
from students.models import Student
Student.objects.all().delete()
Student.objects.bulk_create(Student(**NEW) for _ in range(ROWS))
folder = pathlib.Path(os.environ["MEDIA_ROOT"], "bench")
folder.mkdir(parents=True, exist_ok=True)
(folder / "10mib.bin").write_bytes(os.urandom(1024) * 10240)
(folder / "small.css").write_text(sys.argv[1])
"""
    small = docker("exec", container("nginx"), "cat", "/etc/nginx" + static_path())
    docker("exec", container("uwsgi"), "python", "-c", make, small)
