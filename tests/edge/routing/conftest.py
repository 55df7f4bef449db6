"""The real address of each gateway."""

import pytest

from tests.support.moves import addresses
from tests.support.stack import GATEWAYS, Stack


@pytest.fixture(scope="module")
def places(stack: Stack) -> dict[str, set[str]]:
    """The gateways' addresses, by name: they prove which gateway was asked, independently of what it answers."""
    return {gateway: addresses(stack, gateway) for gateway in GATEWAYS}
