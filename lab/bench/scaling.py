"""How far a gateway scales: one, two, four, eight replicas, each limited to a fifth of a core."""

import time
from dataclasses import asdict

from lab.bench import load
from lab.bench.containers import FROM_EDGE, containers, docker
from lab.bench.contestants import Contestant, group
from lab.bench.plan import Plan, Results, Steps

CPUS = "0.2"
# Seconds until nginx has the replicas' addresses: it resolves them every second.
RESOLVED = 3
COUNT = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"


def steps(plan: Plan, results: Results) -> Steps:
    if not plan.replicas:
        return
    chosen = [it for it in group("scaled") if it.name in {other.name for other in plan.contestants}]
    for it in chosen:
        for number in plan.replicas:
            yield f"{number} replicas: {it.name}", lambda c=it, n=number: measure(results, c, n, plan.seconds)
        # All are compared with one replica. It is measured before and after them, because the speed of a machine that
        # others use changes within a minute.
        yield f"one replica again: {it.name}", lambda c=it: measure(results, c, 1, plan.seconds)


def keep(service: str, number: int) -> None:
    """Runs `number` replicas and stops the others. Each starts with two cores, and is limited once it is healthy."""
    every = sorted(containers(service, running=False))
    running = every[:number]
    if stop := every[number:]:
        docker("stop", "--time", "5", *stop)
    docker("update", "--cpus", "2", *running)
    docker("start", *running)
    end = time.monotonic() + 120
    while any(docker("inspect", "-f", "{{.State.Health.Status}}", it).strip() != "healthy" for it in running):
        if time.monotonic() > end:
            raise RuntimeError(f"{service}: {number} replicas were not healthy within 120 s")
        time.sleep(0.2)
    docker("update", "--cpus", CPUS, *running)


def measure(results: Results, contestant: Contestant, number: int, seconds: float) -> None:
    keep(contestant.service, number)
    time.sleep(RESOLVED)
    url = contestant.url + contestant.path("work")
    # Twice, because a replica's first requests open its connections.
    for _ in range(2):
        found = load.peak(FROM_EDGE, url, 8 * number, 2 * seconds)
    row = results.scaling.setdefault(contestant.name, {})
    said = {**asdict(found), "connections": connections()}
    if earlier := row.get(str(number)):
        said["rate"] = (earlier["rate"] + said["rate"]) / 2
        said["errors"] += earlier["errors"]
    row[str(number)] = said


def connections() -> int:
    """Number of all connections to the database."""
    (postgres,) = containers("postgres")
    asked = ("sh", "-c", 'psql --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" -tAc "$0"', COUNT)
    return int(docker("exec", postgres, *asked))
