"""`make bench`: see bench/run. Writes report/results.json and report/index.html, after Ctrl-C too."""

import argparse
import json
import os
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from bench import contestants, machine, report
from bench.containers import remove_sidecars
from bench.runner import Plan, Results, Runner, prepare
from bench.scenarios import SCENARIOS, Scenario

FOLDER = Path("report")


def chosen[T](names: str, known: dict[str, T], what: str) -> list[T]:
    """Those of the comma-separated names, or all; an unknown one is one line and exit status 1."""
    wanted = [name for name in names.replace(" ", ",").split(",") if name] or list(known)
    if unknown := [name for name in wanted if name not in known]:
        sys.exit(f"bench: there is no {what} {unknown[0]}; there are: {', '.join(known)}")
    return [known[name] for name in wanted]


def plan_of(options: argparse.Namespace) -> Plan:
    if options.url:
        if not options.url.startswith(("http://", "https://")):
            sys.exit(f"bench: URL={options.url}: give the whole address, http://127.0.0.1:8080/hello/sync/")
        yours = contestants.Contestant(options.url, "", "-", options.url)
        scenario = Scenario("url", options.url)
        return Plan(
            [scenario],
            [yours],
            rounds=options.rounds,
            seconds=1 if options.quick else 5,
            paced_seconds=1 if options.quick else 5,
            fractions=(0.5,) if options.quick else (0.1, 0.25, 0.5, 0.75, 0.9),
            idle=0,
            members=0,
            restarts=0,
            extras=False,
        )
    everyone = list(contestants.GATEWAYS)
    if options.gallery:
        table = tomllib.loads(Path("gallery/servers.toml").read_text())["server"]
        everyone += contestants.gallery(table)
    gateways = chosen(options.gateways, {it.name: it for it in everyone}, "gateway")
    scenarios: list[Scenario] = chosen(options.scenario, {it.name: it for it in SCENARIOS}, "scenario")
    if options.quick:
        return Plan(
            [it for it in scenarios if it.quick or options.scenario],
            gateways,
            rounds=1,
            seconds=1,
            paced_seconds=1,
            fractions=(0.5,),
            idle=0,
            members=20,
            restarts=0,
            extras=True,
        )
    return Plan(
        scenarios,
        gateways,
        rounds=options.rounds,
        seconds=3,
        paced_seconds=4,
        fractions=(0.1, 0.25, 0.5, 0.75, 0.9),
        idle=10_000,
        members=200,
        restarts=3,
        extras=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--gallery", action="store_true")
    parser.add_argument("--scenario", default="")
    parser.add_argument("--gateways", default="")
    parser.add_argument("--url", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="only say whether the options are understood")
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
    owner = os.environ.get("BENCH_OWNER", "")
    if owner:
        for file in (FOLDER, *FOLDER.iterdir()):
            os.chown(file, *map(int, owner.split(":")))
    console.print(report.terminal(found))
    if results.interrupted:
        sys.exit("bench: interrupted; what was measured is in report/")
    if failed := [
        f"{name}, {who}: {row['failures'][-1]}"
        for name, table in results.scenarios.items()
        for who, row in table["rows"].items()
        if row["failures"]
    ]:
        sys.exit(f"bench: could not be measured: {'; '.join(failed)}")


main()
