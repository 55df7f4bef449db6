"""A WebSocket application that follows a script in the query string.

`?act=` is a JSON list of steps, which it runs in order:

    {"type": "websocket.accept", ...}   sends this message; names and values of headers are text, `bytes` is latin-1
    "receive"                           receives the next message
    "echo"                              sends each message back unchanged until the client disconnects
    "raise"                             raises a RuntimeError; "raise in a group" raises it inside an ExceptionGroup
    "wait"                              awaits for ever
    3                                   sleeps for this many seconds

It logs each message that it receives; tests/support/echo/__init__.py reads this log.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

type Message = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]


def message_of(step: Message) -> Message:
    """The ASGI message that a step describes: JSON has no bytes."""
    message = dict(step)
    if "headers" in message:
        message["headers"] = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in message["headers"]]
    for name in ("body", "bytes"):
        if message.get(name) is not None:
            message[name] = message[name].encode("latin-1")
    for name in ("text", "body", "bytes"):
        # `bytes_of: 1000` means 1000 bytes: a query string has no room for them.
        if f"{name}_of" in message:
            size = message.pop(f"{name}_of")
            message[name] = "x" * size if name == "text" else b"x" * size
    return message


async def act(scope: Message, receive: Receive, send: Send, note: Callable[[str, str], None]) -> None:
    asked = parse_qs(scope["query_string"].decode())
    who = asked.get("who", [""])[0]

    async def take() -> Message:
        message = await receive()
        told = {name: value for name, value in message.items() if not isinstance(value, bytes)}
        note(who, json.dumps(told, sort_keys=True))
        return message

    for step in json.loads(asked["act"][0]):
        match step:
            case dict():
                await send(message_of(step))
            case int() | float():
                await asyncio.sleep(step)
            case "receive":
                await take()
            case "echo":
                while (message := await take())["type"] != "websocket.disconnect":
                    if message["type"] == "websocket.receive":
                        await send({**message, "type": "websocket.send"})
            case "raise":
                raise RuntimeError("as it was told")
            case "raise in a group":
                raise ExceptionGroup("as it was told", [RuntimeError("one of them")])
            case "wait":
                await asyncio.Event().wait()
            case _:
                raise ValueError(f"no such step: {step}")
