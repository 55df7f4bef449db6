"""The short and the long form of tests/operations/faults and tests/operations/backup."""

import os

# make test-faults and make test-full set FAULTS=full; make test runs the short form.
IS_FULL = os.environ.get("FAULTS") == "full"


def repeat(short: int, full: int) -> int:
    """A number of repetitions or seconds that depends on the form."""
    return full if IS_FULL else short
