"""sys.exit() in a project fails that request, and ends no process."""

import json
import secrets

import pytest

from tests.gateways.answers.conftest import Answering
from tests.support.kill import main_process, workers

PLACES = ("view", "async-view", "interrupted-view", "middleware")


def processes(answering: Answering, gateway: str) -> list[int]:
    """The PIDs of all its containers' processes."""
    containers = answering.stack.containers(gateway)
    return sorted(pid for it in containers for pid in (main_process(it), *workers(it)))


@pytest.mark.parametrize("place", PLACES)
def test_an_exit_is_an_error_of_its_request(answering: Answering, gateway: str, place: str) -> None:
    answering.wait_for(gateway)
    before = processes(answering, gateway)
    view = "async-exit" if place == "async-view" else "exit"
    # Exit code 3: gunicorn takes it for a worker that cannot start, and would stop.
    path = f"/{view}/?place={place}&code=3&mark={secrets.token_hex(4)}"
    answer = answering.get(f"/gateways/{gateway}{path}")
    assert answer.status == 500
    assert answering.ran(f"{path}") == {gateway: 1}
    # Django's own page: nginx's error would be JSON.
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert processes(answering, gateway) == before
    assert answering.get(f"/gateways/{gateway}/quick/").status == 200
