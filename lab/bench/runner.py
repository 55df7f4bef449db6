"""Runs the scenarios: contestants in turns, in several rounds. So a slow moment of the machine affects all of them."""

import json
import subprocess
from dataclasses import asdict
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from lab.bench import lives, load, scaling, websockets
from lab.bench.containers import FROM_EDGE, Network, container, docker, memory
from lab.bench.contestants import Contestant, group
from lab.bench.plan import PARTS, Plan, Results, Steps, summary
from lab.bench.scenarios import Scenario


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

    # ---- the run ----

    def run(self) -> None:
        steps = list(self.steps())
        self.progress.update(self.task, total=len(steps))
        said = ""
        with self.progress:
            try:
                for title, step in steps:
                    self.progress.update(self.task, description=title)
                    # In a log, one line for each part replaces the progress bar.
                    part = title.partition(":")[0]
                    if part != said and not self.progress.console.is_terminal:
                        self.progress.console.print(f"  {part}")
                    said = part
                    try:
                        step()
                    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                        self.results.failures.append(f"{title}: {str(error)[:300]}")
                    self.progress.advance(self.task)
            except KeyboardInterrupt:
                self.results.interrupted = True

    def steps(self) -> Steps:
        for scenario in self.plan.scenarios:
            contestants = self.contestants(scenario)
            for number in range(self.plan.rounds + 1):
                for it in contestants:
                    title = f"{scenario.name}: {it.name}" + ("" if number else ", warming up")
                    yield title, lambda s=scenario, c=it, warm=not number: self.measure(s, c, is_warm_up=warm)
        parts = {
            "memory": self.memory_steps(),
            "latency": self.latency_steps(),
            "websockets": websockets.steps(self.plan, self.results),
            "starts": lives.steps(self.plan, self.results),
            "scaling": scaling.steps(self.plan, self.results),
        }
        for name in PARTS:
            if name in self.plan.parts:
                yield from parts[name]

    def gateways(self) -> list[Contestant]:
        return self.plan.contestants

    def contestants(self, scenario: Scenario) -> list[Contestant]:
        chosen = {it.name for it in self.plan.contestants}
        groups = {
            "gateways": self.plan.contestants,
            "direct": [it for it in group("direct") if it.service in chosen] if self.plan.extras else [],
            "ceilings": group("ceilings") if self.plan.extras else [],
            "peers": group("peers") if self.plan.extras else [],
            "files": group("files"),
        }
        return [it for name in scenario.who for it in groups[name] if scenario.name not in it.without]

    def network(self, contestant: Contestant) -> Network:
        if not contestant.is_direct:
            return FROM_EDGE
        return self.networks.setdefault(contestant.service, Network(contestant.service))

    # ---- peaks ----

    def measure(self, scenario: Scenario, contestant: Contestant, *, is_warm_up: bool) -> None:
        seconds = 0.5 if is_warm_up else self.plan.seconds * scenario.longer
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
            case "static-small" | "static-large" if contestant.files:
                file = "small.css" if scenario.name == "static-small" else "10mib.bin"
                return f"{contestant.url}{contestant.files}{file}", {}
            case "static-small" | "static-gzip" | "static-large":
                path = "/media/bench/10mib.bin" if scenario.name == "static-large" else static_path()
                return contestant.url + path, ({"Accept-Encoding": "gzip"} if scenario.name == "static-gzip" else {})
        return contestant.url + contestant.path(scenario.view, synchronous=scenario.synchronous), {}

    def ceiling(self, scenario: Scenario, contestant: Contestant, seconds: float) -> float:
        kind = contestant.interface.lower()
        script = ("python", "/srv/bench/ceiling.py", kind, contestant.path(scenario.view), str(seconds))
        return float(docker("exec", container(contestant.service), *script).split()[-1])

    # ---- fixed rates ----

    def latency_steps(self) -> Steps:
        """Uses the first scenario, because each contestant's peak there determines the rates."""
        if not self.plan.scenarios:
            return
        scenario = self.plan.scenarios[0]
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
        # If a server hangs, h2load hangs as well: it ends with its last request.
        except (RuntimeError, load.LoadError, ValueError, subprocess.TimeoutExpired) as error:
            points.append({"fraction": fraction, "failure": str(error)[:300]})

    # ---- memory ----

    def memory_steps(self) -> Steps:
        for it in filter(lambda it: it.service, self.gateways()):
            yield f"memory: {it.name}", lambda c=it: self.results.memory.update({c.name: asdict(memory(c.service))})


def static_path() -> str:
    """A style sheet of 22 kB that every Django has."""
    manifest = json.loads(docker("exec", container("uwsgi"), "cat", "/srv/static/staticfiles.json"))
    return "/static/" + manifest["paths"]["admin/css/base.css"]


def prepare() -> None:
    """Creates twenty rows to read, and files to serve."""
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
