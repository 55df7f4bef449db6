"""WebSockets: echo, a room's broadcast, and thousands that are idle beside HTTP."""

import asyncio
from contextlib import ExitStack
from typing import Any

from lab.bench import load, sockets
from lab.bench.containers import FROM_EDGE, memory
from lab.bench.contestants import GATEWAYS, Contestant
from lab.bench.crowd import Crowd
from lab.bench.plan import Plan, Results, Steps, summary


def steps(plan: Plan, results: Results) -> Steps:
    speakers = [it for it in plan.contestants if it.interface == "ASGI"]
    found = results.sockets
    for number in range(plan.rounds):
        for it in speakers:
            yield f"WebSocket echo {number + 1}: {it.name}", lambda c=it: echo(found, c, plan.seconds)
    if plan.members:
        for number in range(plan.rounds):
            for it in speakers:
                yield f"room of {plan.members} {number + 1}: {it.name}", lambda c=it: room(found, c, plan.members)
    if plan.idle:
        for it in speakers:
            yield f"{plan.idle:,} idle WebSockets: {it.name}", lambda c=it: idle(found, c, plan.idle, plan.rounds)
        yield f"{plan.idle:,} idle WebSockets: all at once", lambda: together(found, speakers, plan.idle)
    if plan.crowd:
        for it in speakers:
            yield f"a room of {plan.crowd:,}: {it.name}", lambda c=it: crowd(found, c, plan.crowd)


def row(found: dict[str, Any], what: str, contestant: Contestant) -> dict[str, Any]:
    return found.setdefault(what, {}).setdefault(contestant.name, {"samples": [], "errors": 0})


def echo(found: dict[str, Any], contestant: Contestant, seconds: float) -> None:
    came = asyncio.run(sockets.echo(f"{contestant.url}/ws/echo/", 32, seconds))
    it = row(found, "echo", contestant)
    it["samples"].append(came.rate)
    it["errors"] += came.errors
    it["rate"] = summary(it["samples"])


def room(found: dict[str, Any], contestant: Contestant, members: int) -> None:
    came = asyncio.run(sockets.broadcast(f"{contestant.url}/ws/rooms/bench-{contestant.name}/", members, 5))
    it = row(found, "room", contestant)
    it["members"] = members
    it["samples"].append(came.seconds)
    it["errors"] += came.errors
    it["seconds"] = summary(it["samples"])


def idle(found: dict[str, Any], contestant: Contestant, number: int, rounds: int) -> None:
    """Opens them, measures memory and the latency of HTTP beside them, and closes them."""
    before = memory(contestant.service)
    others = [it for it in GATEWAYS if it.name != contestant.name]
    quiet = beside(others, rounds)
    with Crowd(f"{contestant.url}/ws/echo/", number) as held:
        opened = held.hear()
        after = memory(contestant.service)
        busy = beside(others, rounds)
        lost = held.tell("close")["lost"]
    found.setdefault("idle", {})[contestant.name] = {
        **opened,
        "lost": lost,
        "bytes_each": (after.pss - before.pss) / max(opened["opened"], 1),
        "beside": {it.name: {"before": quiet[it.name], "with": busy[it.name]} for it in others},
    }


def beside(others: list[Contestant], rounds: int) -> dict[str, Any]:
    """The p99 of HTTP by contestant, at a rate far below any contestant's peak.

    Each time it takes 1,000 requests: of fewer, two or three would decide the p99. It is measured several times: a
    single stall of 0.1 s decides the p99 of 1,000. With no WebSocket open, it was 7 ms and, 10 s later, 24 ms.
    """
    came: dict[str, list[load.Paced]] = {it.name: [] for it in others}
    for _ in range(rounds):
        for it in others:
            came[it.name].append(load.paced(FROM_EDGE, it.url + it.path("hello"), 100, 10, 10))
    return {
        name: {"p99": summary([it.latency["0.99"] for it in each]), "errors": sum(it.errors for it in each)}
        for name, each in came.items()
    }


def together(found: dict[str, Any], speakers: list[Contestant], number: int) -> None:
    """The same number on each contestant, all at the same time."""
    with ExitStack() as stack:
        crowds = {it.name: stack.enter_context(Crowd(f"{it.url}/ws/echo/", number)) for it in speakers}
        opened = {name: it.hear() for name, it in crowds.items()}
        found["together"] = {name: {**opened[name], **it.tell("close")} for name, it in crowds.items()}


def crowd(found: dict[str, Any], contestant: Contestant, members: int) -> None:
    """One message to all members, five times."""
    with Crowd(f"{contestant.url}/ws/rooms/crowd-{contestant.name}/", members) as held:
        opened = held.hear()
        asked = [held.tell("ask") for _ in range(5)]
        lost = held.tell("close")["lost"]
    errors = opened["refused"] + lost + sum(it["lost"] for it in asked)
    seconds = summary([it["seconds"] for it in asked])
    found.setdefault("crowd", {})[contestant.name] = {"members": members, "seconds": seconds, "errors": errors}
