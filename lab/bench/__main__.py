"""`make bench`: see bin/bench. Writes results.json, index.html and pictures to report/, also after Ctrl-C."""

import argparse
import json
import os
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from lab.bench import contestants, machine, report
from lab.bench.containers import remove_sidecars
from lab.bench.plan import PARTS, Plan, Results
from lab.bench.runner import Runner, prepare
from lab.bench.scenarios import SCENARIOS, Scenario

FOLDER = Path("report")


def chosen[T](names: str, known: dict[str, T], what: str) -> list[T]:
    """The values of the comma-separated names, or all. An unknown name ends with one line and exit status 1."""
    wanted = [name for name in names.replace(" ", ",").split(",") if name] or list(known)
    if unknown := [name for name in wanted if name not in known]:
        sys.exit(f"bench: there is no {what} {unknown[0]}; there are: {', '.join(known)}")
    return [known[name] for name in wanted]


def plan_of(options: argparse.Namespace) -> Plan:
    plan = url_plan(options.url) if options.url else stack_plan(options)
    plan.rounds = options.rounds
    if options.quick:
        plan.rounds = plan.seconds = plan.paced_seconds = 1
        plan.fractions = (0.5,)
        plan.members = min(plan.members, 20)
        plan.idle = plan.crowd = plan.restarts = 0
        plan.replicas = ()
        if not options.scenario:
            plan.scenarios = [it for it in plan.scenarios if it.quick or options.url]
    return plan


def url_plan(url: str) -> Plan:
    if not url.startswith(("http://", "https://")):
        sys.exit(f"bench: URL={url}: give the full address, like http://127.0.0.1:8080/hello/sync/")
    yours = contestants.Contestant(url, "", "-", url)
    return Plan([Scenario("url", url)], [yours], parts={"latency"}, seconds=5, paced_seconds=5, extras=False)


def stack_plan(options: argparse.Namespace) -> Plan:
    everyone = list(contestants.GATEWAYS)
    if options.gallery:
        table = tomllib.loads(Path("lab/gallery/servers.toml").read_text())["server"]
        everyone += contestants.gallery(table)
    gateways = chosen(options.gateways, {it.name: it for it in everyone}, "gateway")
    known: dict[str, Scenario | str] = {it.name: it for it in SCENARIOS}
    wanted = chosen(options.scenario, known | {it: it for it in PARTS}, "scenario")
    scenarios = [it for it in wanted if isinstance(it, Scenario)]
    parts = {it for it in wanted if isinstance(it, str)}
    return Plan(scenarios, gateways, parts)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--gallery", action="store_true")
    parser.add_argument("--scenario", default="")
    parser.add_argument("--gateways", default="")
    parser.add_argument("--url", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="only check the options")
    options = parser.parse_args()
    plan = plan_of(options)
    if options.check:
        return
    console = Console()
    results = Results()
    try:
        if not options.url:
            prepare()
        Runner(plan, results).run()
    finally:
        remove_sidecars()
    services = [] if options.url else [*(it.service for it in plan.contestants), "nginx"]
    found = {"machine": machine.describe(services), **asdict(results)}
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "results.json").write_text(json.dumps(found, indent=1) + "\n")
    (FOLDER / "index.html").write_text(report.page(found))
    for old in FOLDER.glob("*.svg"):
        old.unlink()
    for name, svg in report.pictures(found).items():
        (FOLDER / f"{name}.svg").write_text(svg)
    owner = os.environ.get("BENCH_OWNER", "")
    if owner:
        for file in (FOLDER, *FOLDER.iterdir()):
            os.chown(file, *map(int, owner.split(":")))
    console.print(report.terminal(found))
    if results.interrupted:
        sys.exit("bench: interrupted; the results so far are in report/")
    failed = results.failures + [
        f"{name}, {who}: {row['failures'][-1]}"
        for name, table in results.scenarios.items()
        for who, row in table["rows"].items()
        if row["failures"]
    ]
    if failed:
        sys.exit(f"bench: could not be measured: {'; '.join(failed)}")


main()
