"""What the tests so far have left behind: every container still runs, restarted by nobody but a test."""

from tests.support.containers import inspect_all
from tests.support.stack import Stack


def test_migrations_have_run_once_and_ended(stack: Stack) -> None:
    (container,) = inspect_all(stack)["migrate"]
    state = container["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 0)


def test_no_container_has_been_restarted_or_killed_for_its_memory(stack: Stack) -> None:
    containers = [container for replicas in inspect_all(stack).values() for container in replicas]
    assert not [it["Name"] for it in containers if it["RestartCount"] or it["State"]["OOMKilled"]]
