"""Who does not read, or does not get on, is ended by the gateway, which does not need nginx for it."""

from tests.security.cases import Cases
from tests.security.websockets.sleepers import HABITS, Sleeper
from tests.support.stack import ASGI_GATEWAYS, wait_until

# Seconds: about 42 from when it is silent. A ping every 20, and 20 to answer it; Daphne looks every 2. nginx can be
# earlier: it gives up when it could send nothing for 20, but a ping that it is to send counts as something new.
ENDED = 120


def test_each_of_them_is_ended(asleep: dict[tuple[str, str], Sleeper], cases: Cases) -> None:
    wait_until(lambda: not any(sleeper.is_alive() for sleeper in asleep.values()), ENDED, "all are ended")
    lasted = [sleeper.lasted for sleeper in asleep.values()]
    note = f"each ended, after {min(lasted):.0f} to {max(lasted):.0f} s"
    cases.add("WebSocket clients that never read", *HABITS, tried=len(asleep), note=note)
    assert len(asleep) == len(HABITS) * len(ASGI_GATEWAYS)
    # Not at once either: an honest client may be slow.
    assert min(lasted) > 10
