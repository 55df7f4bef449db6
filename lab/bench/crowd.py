"""Thousands of WebSockets in a process of their own: one process has descriptors for fewer than 20,000, and one core.

python -m lab.bench.crowd URL NUMBER opens them and prints the result, one line of JSON. Then it reads a command from
each line: `ask` sends one message to the room and waits until every member has it, `close` closes all and ends.
"""

import asyncio
import json
import subprocess
import sys
from typing import Any

from lab.bench import sockets


class Crowd:
    """The process, seen from the other end of its pipes."""

    def __init__(self, url: str, number: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab.bench.crowd", url, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> dict[str, Any]:
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        if not line:
            raise RuntimeError(f"the process that holds the WebSockets ended with {self.process.wait()}")
        return json.loads(line)

    def tell(self, order: str) -> dict[str, Any]:
        print(order, file=self.process.stdin, flush=True)
        return self.hear()

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


async def main(url: str, number: int) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    opened, refused = await sockets.open_many(url, number)
    say({"opened": len(opened), "refused": refused, "seconds": loop.time() - started})
    while (await asyncio.to_thread(sys.stdin.readline)).strip() == "ask":
        seconds, lost = await sockets.ask(opened, f"message at {loop.time()}")
        say({"seconds": seconds, "lost": lost})
    lost = sum(it.state.name != "OPEN" for it in opened)
    await sockets.close_all(opened)
    say({"lost": lost})


def say(found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
