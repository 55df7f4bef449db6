"""nginx as a raw socket."""

import pytest

from tests.routing.wire import Edge
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Edge:
    return Edge(("127.0.0.1", stack.port()), stack.container("nginx"))
