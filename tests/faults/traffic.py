"""HTTP clients with a fixed rate: each request is sent when it is due, whatever became of those before it.

A client that waits for one answer before it sends the next (a closed loop) sends nothing while the server stalls, and
counts a stall of 5 s as one slow request. Here it is as many slow requests as were due meanwhile. Latencies count from
when a request was due, so a client that is late itself does not hide anything either.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import aiohttp

from tests.faults.background import Background
from tests.faults.form import repeat
from tests.support.stack import GATEWAYS, Stack

# Seconds. Longer than the gateways give a request (30 s), so that their own time limits are seen first.
TIMEOUT = 35

# Requests a second. Twice as many take both of a small machine's cores, and all else twice as long.
RATE = repeat(short=15, full=30)

OK = (200,)

# Seconds within which a container that died, or what it depends on, has to be made up for: the promise of this suite.
RECOVERY = 5


@dataclass(frozen=True)
class Flow:
    """One kind of request, sent `rate` times a second."""

    name: str
    host: str = "localhost"
    path: str = "/hello/sync/"
    rate: float = RATE
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def pinned(rate: float = RATE, path: str = "/hello/sync/") -> list[Flow]:
    """The same flow on each gateway's own host, named like the gateway."""
    return [Flow(gateway, f"{gateway}.localhost", path, rate) for gateway in GATEWAYS]


@dataclass(frozen=True)
class Sent:
    """One request. Times are seconds of time.monotonic()."""

    due: float
    latency: float  # from `due` until the whole answer, or the failure
    status: int  # 0: there was no answer
    problem: str = ""  # the kind of failure, where there was no answer
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def answered(self) -> float:
        return self.due + self.latency


@dataclass
class Record:
    """What became of a flow's requests."""

    flow: Flow
    sent: list[Sent] = field(default_factory=list)

    def failures(self, allowed: Collection[int] = OK, since: float = -math.inf, until: float = math.inf) -> list[Sent]:
        """Those that were due in that time and not answered with an allowed status."""
        return [one for one in self.sent if since <= one.due < until and one.status not in allowed]

    @property
    def failed(self) -> int:
        return len([one for one in self.sent if not 200 <= one.status < 300])

    @property
    def statuses(self) -> Counter[int | str]:
        """How often each status, or kind of failure, was met."""
        return Counter(one.status or one.problem for one in self.sent)

    @property
    def longest_gap(self) -> float:
        """Seconds: the longest time between two answers of 2xx, or the longest latency if that is longer."""
        if not self.sent:
            return 0.0
        dues = [one.due for one in self.sent]
        answers = sorted(one.answered for one in self.sent if 200 <= one.status < 300)
        moments = [min(dues), *answers, max(dues)]
        gaps = [after - before for before, after in pairwise(moments)]
        return max(*gaps, *(one.latency for one in self.sent))

    def recovery(self, since: float, allowed: Collection[int] = OK) -> float:
        """Seconds after `since` at which the last request that failed was due; 0 if none did."""
        return max((one.due - since for one in self.failures(allowed, since)), default=0.0)

    def is_calm(self, since: float, seconds: float = 1.5) -> bool:
        """While it goes on: whether all that was answered in the last seconds, all of them after `since`, succeeded."""
        now = time.monotonic()
        recent = [one.status for one in list(self.sent) if one.answered > now - seconds]
        return now - seconds > since and set(recent) == set(OK)

    def latency(self, share: float, since: float = -math.inf, until: float = math.inf) -> float:
        """Seconds in which that share of the requests due in that time was answered: latency(0.99)."""
        ordered = sorted(one.latency for one in self.sent if since <= one.due < until)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def p99(self) -> float:
        return self.latency(0.99)


def failures(records: Iterable[Record]) -> dict[str, list[Sent]]:
    """By flow, of those that had any: {} is what most faults should come to."""
    return {record.flow.name: record.failures() for record in records if record.failures()}


class Traffic(Background):
    """`with Traffic(stack, Flow("uwsgi", host="uwsgi.localhost", rate=100)) as traffic:`, then traffic["uwsgi"].

    At the end of the block it stops sending, and waits for what is under way.
    """

    def __init__(self, stack: Stack, *flows: Flow) -> None:
        self.url = stack.url()
        self.records = {flow.name: Record(flow) for flow in flows}

    def __getitem__(self, name: str) -> Record:
        return self.records[name]

    def of(self, *names: str) -> list[Record]:
        return [self.records[name] for name in names]

    async def start(self) -> None:
        self.over = asyncio.Event()
        # Spread over a second, or all flows would be due at the same moments.
        self.flows = [
            asyncio.create_task(self.send_at_rate(record, number / len(self.records) / record.flow.rate))
            for number, record in enumerate(self.records.values())
        ]

    async def finish(self) -> None:
        self.over.set()
        await asyncio.gather(*self.flows)

    async def send_at_rate(self, record: Record, offset: float) -> None:
        flow, began, number, mine = record.flow, time.monotonic() + offset, 0, set()
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=50)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(self.url, connector=connector, timeout=timeout) as session:
            # It repeats a GET over a new connection when an old one turns out to be closed, and has no public setting
            # for that. What nginx closes under a client is to be counted.
            session._retry_connection = False
            while not self.over.is_set():
                due = began + number / flow.rate
                await asyncio.sleep(due - time.monotonic())
                task = asyncio.create_task(self.send(session, record, due))
                mine.add(task)
                task.add_done_callback(mine.discard)
                number += 1
            await asyncio.gather(*mine)

    @staticmethod
    async def send(session: aiohttp.ClientSession, record: Record, due: float) -> None:
        flow, status, problem, headers = record.flow, 0, "", {}
        try:
            async with session.request(
                flow.method,
                flow.path,
                headers={"Host": flow.host, **flow.headers},
                data=flow.body,
                allow_redirects=False,
            ) as response:
                await response.read()
                status, headers = response.status, response.headers
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            problem = type(error).__name__
        record.sent.append(Sent(due, time.monotonic() - due, status, problem, headers))


def burst(stack: Stack, count: int, *flows: Flow) -> dict[str, Record]:
    """So many requests of each flow, all of them at once, each over a connection of its own; what became of them."""
    records = {flow.name: Record(flow) for flow in flows}

    async def send_all() -> None:
        connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=TIMEOUT)
        async with aiohttp.ClientSession(stack.url(), connector=connector, timeout=timeout) as session:
            now = time.monotonic()
            await asyncio.gather(
                *(Traffic.send(session, record, now) for record in records.values() for _ in range(count))
            )

    asyncio.run(send_all())
    return records
