"""Requests leave garbage in reference cycles: how much a process holds before its collector runs."""

import json

import pytest

from tests.support.stack import Stack

# Waves of requests that await together, so that the collector finds them alive once or twice. It counts the objects
# created after the import.
SERVED = """
import asyncio, gc, json
from config.asgi import application

SCOPE = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/hello/async/",
         "query_string": b"seconds=0.1", "root_path": "", "headers": [(b"host", b"localhost")]}
statuses = []

async def request():
    asked = iter([{"type": "http.request", "body": b""}])

    async def receive():
        for it in asked:
            return it
        await asyncio.Event().wait()

    async def send(message):
        if "status" in message:
            statuses.append(message["status"])

    await application(dict(SCOPE), receive, send)

async def waves():
    most = 0
    for _ in range(12):
        await asyncio.gather(*(request() for _ in range(250)))
        most = max(most, len(gc.get_objects()))
    return most

most = asyncio.run(waves())
print(json.dumps({"statuses": sorted(set(statuses)), "number": len(statuses), "most": most}))
"""


@pytest.mark.parametrize("gateway", ["gunicorn", "daphne"])
def test_garbage_is_collected_early(stack: Stack, gateway: str) -> None:
    """With Python's defaults, 60,000 objects are found here, and a worker of gunicorn grows by 25 MB under load."""
    found = json.loads(stack.compose("exec", "-T", gateway, "python", "-c", SERVED).stdout.splitlines()[-1])
    assert (found["statuses"], found["number"]) == ([200], 12 * 250)
    assert 1_000 < found["most"] < 40_000
