"""HTTP clients with a fixed rate: each request is sent when it is due, whatever happened to earlier ones.

A client that waits for one answer before it sends the next (a closed loop) sends nothing while the server stalls. It
counts a stall of 5 s as one slow request; these clients count every request that was due meanwhile. Latency counts from
the moment a request was due, so a client that is late itself hides nothing either.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import aiohttp

from tests.support.background import Background
from tests.support.long_form import repeat
from tests.support.stack import GATEWAYS, Stack

# Seconds. Longer than the gateways' own limit (30 s), so that their limits are seen first.
TIMEOUT = 35

# Requests a second. Twice as many occupy both cores of a small machine, and everything else takes twice as long.
RATE = repeat(short=15, full=30)

OK = (200,)

# Seconds within which the stack recovers from the death of a container or a dependency: the promise of this suite.
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
    """The same flow on each gateway's pinned host, named like the gateway."""
    return [Flow(gateway, f"{gateway}.localhost", path, rate) for gateway in GATEWAYS]


@dataclass(frozen=True)
class Sent:
    """One request. Times are seconds of time.monotonic()."""

    due: float
    latency: float  # from `due` until the whole answer or the failure
    status: int  # 0: no answer
    problem: str = ""  # the kind of failure, if there was no answer
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def answered(self) -> float:
        return self.due + self.latency


@dataclass
class Record:
    """The results of a flow's requests."""

    flow: Flow
    sent: list[Sent] = field(default_factory=list)

    def failures(self, allowed: Collection[int] = OK, since: float = -math.inf, until: float = math.inf) -> list[Sent]:
        """Requests that were due in that time and did not get an allowed status."""
        return [one for one in self.sent if since <= one.due < until and one.status not in allowed]

    @property
    def failed(self) -> int:
        return len([one for one in self.sent if not 200 <= one.status < 300])

    @property
    def statuses(self) -> Counter[int | str]:
        """How often each status or kind of failure occurred."""
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
        """Seconds from `since` until the last failed request was due; 0 if none failed."""
        return max((one.due - since for one in self.failures(allowed, since)), default=0.0)

    def is_calm(self, since: float, seconds: float = 1.5) -> bool:
        """During a run: whether all answers of the last `seconds`, all of them after `since`, were successes."""
        now = time.monotonic()
        recent = [one.status for one in list(self.sent) if one.answered > now - seconds]
        return now - seconds > since and set(recent) == set(OK)

    def latency(self, share: float, since: float = -math.inf, until: float = math.inf) -> float:
        """Seconds within which this share of the requests due in that time were answered: latency(0.99)."""
        ordered = sorted(one.latency for one in self.sent if since <= one.due < until)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def p99(self) -> float:
        return self.latency(0.99)


def failures(records: Iterable[Record]) -> dict[str, list[Sent]]:
    """Failures by flow, for flows that had any: most faults should give {}."""
    return {record.flow.name: record.failures() for record in records if record.failures()}


class Traffic(Background):
    """`with Traffic(stack, Flow("uwsgi", host="uwsgi.localhost", rate=100)) as traffic:`, then traffic["uwsgi"].

    At the end of the block it stops sending, and waits for the requests in flight.
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
        # Offsets within a second: otherwise all flows would be due at the same moments.
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
            # aiohttp repeats a GET on a new connection if the old one was closed, and has no public setting for that.
            # The test must count every connection that nginx closes under a client.
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
    """Sends `count` requests of each flow at once, each on its own connection, and returns the results."""
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
