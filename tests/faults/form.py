"""The long form of these tests, and of tests/backup, and the short one."""

import os

# make test-faults sets it; make test runs the short form.
IS_FULL = os.environ.get("FAULTS") == "full"


def repeat(short: int, full: int) -> int:
    """How many times, or how long: in the short form, in the full one."""
    return full if IS_FULL else short
