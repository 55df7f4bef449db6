"""Clients that do almost nothing, not even read. Each waits to be ended, while other tests run."""

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.websocket import BINARY, Client, Handshake, frame, header

MIB = 2**20

type Address = tuple[str, int]


@dataclass(frozen=True)
class Habit:
    """What a client sends after the handshake, and what it does each second."""

    sent: bytes = b""
    path: str = "/ws/echo/"
    each_second: Callable[[Client], object] = field(default=lambda _: None)
    # Without nginx, whose own timeout would end it first.
    is_direct: bool = False


def send_a_byte(client: Client) -> None:
    client.socket.send(b"x")


def read_a_little(client: Client) -> None:
    with suppress(BlockingIOError):
        client.socket.recv(512)


# More than all buffers on the way can hold.
LARGE = frame(BINARY, bytes(MIB)) * 20

HABITS = {
    "does not answer pings": Habit(),
    "member of a room that does not read": Habit(path="/ws/rooms/busy/"),
    "does not read large echoes": Habit(LARGE),
    "does not read, past nginx": Habit(LARGE, is_direct=True),
    "reads half a kilobyte a second, past nginx": Habit(LARGE, each_second=read_a_little, is_direct=True),
    "sends a frame of 1 MiB, a byte a second": Habit(header(BINARY, MIB, 8), each_second=send_a_byte),
}


class Sleeper(threading.Thread):
    """One client. It sends what the server accepts, and notices when the server ends it."""

    def __init__(self, client: Client, habit: Habit, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.client, self.habit, self.over = client, habit, over
        self.began = time.monotonic()
        self.lasted = float("inf")  # seconds
        client.socket.setblocking(False)
        # Without reading, poll reports only a reset and the other side's end.
        self.poll = select.poll()
        self.poll.register(client.socket, select.POLLRDHUP)

    def run(self) -> None:
        rest = memoryview(self.habit.sent)
        while not self.poll.poll(0) and not self.over.wait(1):
            try:
                with suppress(BlockingIOError):
                    while rest:
                        rest = rest[self.client.socket.send(rest) :]
                self.habit.each_second(self.client)
            except OSError:
                break
        if not self.over.is_set():
            self.lasted = time.monotonic() - self.began


@contextmanager
def sleepers(places: dict[str, tuple[Address, Address]]) -> Iterator[dict[tuple[str, str], Sleeper]]:
    """The clients by habit and gateway. `places` has the addresses of nginx and of the gateway itself."""
    over = threading.Event()
    with ExitStack() as clients:
        found = {}
        for gateway, (nginx, itself) in places.items():
            for name, habit in HABITS.items():
                address = itself if habit.is_direct else nginx
                client = Client(address, Handshake(habit.path, f"{gateway}.localhost"))
                found[name, gateway] = Sleeper(clients.enter_context(client), habit, over)
        for sleeper in found.values():
            sleeper.start()
        try:
            yield found
        finally:
            over.set()
            for sleeper in found.values():
                sleeper.join()
