"""Our loop around each consumer (tricorn/channels_dispatch.py) behaves as Channels' own."""

import json

import pytest

from tests.support.stack import Stack

# Lists the events of both loops for the same sources.
COMPARED = """
import asyncio, json
from channels.exceptions import StopConsumer
from channels.utils import await_many_dispatch as theirs
from tricorn.channels_dispatch import await_many_dispatch as ours

class Source:
    def __init__(self, name, messages, events, ending=None):
        self.name, self.messages, self.events, self.ending = name, iter(messages), events, ending

    async def receive(self):
        for message in self.messages:
            return {"type": message}
        if self.ending:
            raise self.ending
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.events.append(self.name + " cancelled")
            raise

async def played(loop, names, messages, ending=None, cancel=False):
    events, others = [], []

    async def dispatch(message):
        message = message["type"]
        (events if message.startswith("client") else others).append(message)
        assert not dispatch.busy
        dispatch.busy = True
        await asyncio.sleep(0.002)
        dispatch.busy = False
        if message.endswith("stop"):
            raise StopConsumer("stop")

    dispatch.busy = False
    sources = [Source(name, [name + " " + it for it in messages[name]], events, ending if name == names[-1] else None)
               for name in names]
    task = asyncio.ensure_future(loop([it.receive for it in sources], dispatch))
    if cancel:
        await asyncio.sleep(0.1)
        task.cancel()
    try:
        await asyncio.wait_for(task, 5)
    except BaseException as error:
        events.append(type(error).__name__ + " " + str(error))
    return events, others

CASES = {
    "stopped by the client": (["client", "layer"], {"client": ["1", "2", "3", "stop"], "layer": ["a", "b"]}),
    "stopped by the layer": (["client", "layer"], {"client": ["1"], "layer": ["a", "stop"]}),
    "stopped by the only source": (["client"], {"client": ["1", "2", "stop"]}),
    "a source that fails": (["client", "layer"], {"client": ["1"], "layer": ["a"]}, OSError("lost")),
    "an only source that fails": (["client"], {"client": ["1"]}, OSError("lost")),
    "cancelled": (["client", "layer"], {"client": ["1", "2"], "layer": ["a"]}, None, True),
    "cancelled with one source": (["client"], {"client": ["1", "2"]}, None, True),
}
print(json.dumps({name: [asyncio.run(played(loop, *case)) for loop in (theirs, ours)] for name, case in CASES.items()}))
"""


@pytest.fixture(scope="module")
def compared(stack: Stack) -> dict[str, list[list[list[str]]]]:
    return json.loads(stack.compose("exec", "-T", "gunicorn", "python", "-c", COMPARED).stdout)


ENDINGS = {
    "stopped by the client": "StopConsumer stop",
    "stopped by the layer": "StopConsumer stop",
    "stopped by the only source": "StopConsumer stop",
    "a source that fails": "OSError lost",
    "an only source that fails": "OSError lost",
    "cancelled": "CancelledError ",
    "cancelled with one source": "CancelledError ",
}


@pytest.mark.parametrize("case", ENDINGS)
def test_it_passes_on_the_same_messages_and_ends_the_same_way(
    compared: dict[str, list[list[list[str]]]], case: str
) -> None:
    theirs, ours = compared[case]
    if case == "stopped by the layer":
        # Channels does not cancel the layer's receive(): the layer keeps a channel that nobody reads any more.
        ours[0].remove("layer cancelled")
    assert ours == theirs
    assert ours[0][-1] == ENDINGS[case]


# A consumer whose send() fails because the client has just left, while another message is queued: the calls.
LEFT = """
import asyncio, json
from channels.consumer import AsyncConsumer
from tricorn.channels_dispatch import await_many_dispatch

class Layer:
    def __init__(self, error):
        self.messages, self.error, self.events = [{"type": "layer.message"}] * 3, error, []

    async def receive(self):
        while self.messages:
            return self.messages.pop()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.events.append("forgotten")
            raise

async def played(error, early):
    layer, asked = Layer(error), []

    class Consumer(AsyncConsumer):
        async def dispatch(self, message):
            await getattr(self, message["type"].replace(".", "_"))(message)

        async def websocket_connect(self, message):
            if early:
                raise error
            await asyncio.sleep(0.01)

        async def layer_message(self, message):
            raise error

        async def websocket_disconnect(self, message):
            layer.events.append(["told", message["code"]])

    async def client():
        if asked:
            await asyncio.Event().wait()
        asked.append(1)
        return {"type": "websocket.connect"}

    try:
        await await_many_dispatch([client, layer.receive], Consumer().dispatch)
    except BaseException as found:
        layer.events.append(repr(found))
    return layer.events

print(json.dumps([asyncio.run(played(OSError("gone"), early)) for early in (False, True)]))
"""


def test_a_consumer_is_told_and_its_channel_forgotten_whatever_ends_it(stack: Stack) -> None:
    late, early = json.loads(stack.compose("exec", "-T", "gunicorn", "python", "-c", LEFT).stdout)
    assert late == early == ["forgotten", ["told", 1006], "OSError('gone')"]


def test_the_gateways_use_it(stack: Stack) -> None:
    asked = "import config.asgi, channels.consumer as it; print(it.await_many_dispatch.__module__)"
    for gateway in ("gunicorn", "daphne"):
        assert stack.compose("exec", "-T", gateway, "python", "-c", asked).stdout.strip() == "tricorn.channels_dispatch"
