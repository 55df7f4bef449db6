"""A client that does not finish its request is disconnected after a timeout, without an answer. The log has 408."""

import json
import re
from concurrent.futures import Future

import pytest

from tests.edge.errors.conftest import Slow
from tests.support.stack import ROOT, wait_until
from tests.support.wire import Edge

LIMITS = (ROOT / "nginx/conf.d/limits.conf").read_text()
DIRECTIVES = {"head": "client_header_timeout", "dripping head": "client_header_timeout", "body": "client_body_timeout"}


@pytest.mark.parametrize("client", DIRECTIVES)
def test_a_slow_client_is_disconnected_in_time(edge: Edge, slow_clients: dict[str, Future[Slow]], client: str) -> None:
    slow = slow_clients[client].result(timeout=90)
    (allowed,) = re.findall(rf"^{DIRECTIVES[client]} (\d+)s;", LIMITS, re.MULTILINE)
    assert int(allowed) < 60  # nginx's default
    assert slow.received == b""
    assert 0.8 * int(allowed) < slow.seconds < 2 * int(allowed) + 5
    # Search the whole log: other tests have logged hundreds of lines since.
    line = wait_until(lambda: next((line for line in edge.log() if slow.path in line), ""), 30, "408 in the access log")
    entry = json.loads(line)
    assert (entry["status"], entry["uri"], entry["upstream_addr"]) == (408, slow.path, "")
