"""How long a gateway takes to start, and how a reload affects concurrent requests."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from lab.bench import load
from lab.bench.containers import FROM_EDGE, container, docker, seconds_until_healthy
from lab.bench.contestants import Contestant
from lab.bench.plan import Plan, Results, Steps, summary

# Requests a second during a reload, and seconds for which they go on.
RATE, SECONDS = 100, 15


def steps(plan: Plan, results: Results) -> Steps:
    for number in range(plan.restarts):
        for it in plan.contestants:
            yield f"cold start {number + 1}: {it.name}", lambda c=it: cold_start(results, c)
    if plan.restarts:
        for it in plan.contestants:
            if it.reload:
                yield f"reload: {it.name}", lambda c=it: reload(results, c)


def cold_start(results: Results, contestant: Contestant) -> None:
    row = results.starts.setdefault(contestant.name, {"samples": []})
    row["samples"].append(seconds_until_healthy(contestant.service))
    row["seconds"] = summary(row["samples"])


def workers(service: str) -> set[str]:
    """Ids of the child processes of the container's process 1."""
    return set(docker("exec", container(service), "cat", "/proc/1/task/1/children").split())


def reload(results: Results, contestant: Contestant) -> None:
    """Measures the seconds until no old worker is left, under traffic through nginx."""
    before = workers(contestant.service)
    url = contestant.url + contestant.path("hello")
    with ThreadPoolExecutor(1) as thread:
        traffic = thread.submit(load.paced, FROM_EDGE, url, RATE, 10, SECONDS)
        time.sleep(1)
        started = time.monotonic()
        docker("exec", container(contestant.service), *contestant.reload)
        while workers(contestant.service) & before:
            if time.monotonic() > started + 60:
                raise RuntimeError(f"{contestant.service} did not reload within 60 s")
            time.sleep(0.05)
        took = time.monotonic() - started
        met = traffic.result()
    results.reloads[contestant.name] = {"seconds": took, "workers": len(before), "beside": asdict(met)}
