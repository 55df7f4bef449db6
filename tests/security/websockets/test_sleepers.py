"""A gateway ends clients that do not read or make no progress, without nginx's help. It does not end clients that are
only silent.
"""

from concurrent.futures import Future

from tests.security.cases import Cases
from tests.security.websockets.idle import NUMBER
from tests.security.websockets.sleepers import HABITS, Sleeper
from tests.support.stack import ASGI_GATEWAYS, wait_until

# Seconds. A client is ended about 42 s after it becomes silent: a ping every 20 s, 20 s to answer it, and Daphne checks
# every 2 s. nginx may be earlier: it gives up after 20 s without progress, but a new ping to send restarts this time.
ENDED = 120


def test_pings_keep_idle_clients_connected_and_are_spread(pings: Future[list[float]]) -> None:
    times = pings.result()
    # Of 10,000 WebSockets, a thousand would be due together: 0.2 s of work that delays everything else.
    assert len(times) >= 2 * NUMBER
    assert max(sum(start <= it < start + 0.1 for it in times) for start in times) < NUMBER / 2


def test_each_sleeping_client_is_disconnected(asleep: dict[tuple[str, str], Sleeper], cases: Cases) -> None:
    wait_until(lambda: not any(sleeper.is_alive() for sleeper in asleep.values()), ENDED, "all are ended")
    lasted = [sleeper.lasted for sleeper in asleep.values()]
    note = f"each ended, after {min(lasted):.0f} to {max(lasted):.0f} s"
    cases.add("WebSocket clients that never read", *HABITS, tried=len(asleep), note=note)
    assert len(asleep) == len(HABITS) * len(ASGI_GATEWAYS)
    # Not at once: an honest client may be slow.
    assert min(lasted) > 10
