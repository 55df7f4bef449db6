"""Orphans, processes whose parent has ended, become children of PID 1. PID 1 must collect them when they end."""

import pytest

from tests.support.orphans import assert_orphans_are_collected
from tests.support.stack import Stack


@pytest.mark.parametrize("service", ["nginx", "uwsgi", "gunicorn", "daphne", "postgres", "valkey"])
def test_orphaned_processes_are_reaped(stack: Stack, service: str) -> None:
    assert_orphans_are_collected(stack, service)
