"""nginx does not run out of local ports, although each request to uWSGI leaves its port in TIME_WAIT for a minute."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.operations.faults.figures import Figures
from tests.support.stack import Stack, run
from tests.support.traffic import Flow, Traffic

RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
FIRST, PORTS = 40_000, 200
# Requests a second: more than three for each port. For a view that queries the database, nginx nearly always closes
# the connection first, so the port in TIME_WAIT is nginx's.
RATE, SECONDS, PATH = 60, 12, "/students/"


@contextmanager
def ports(stack: Stack, first: int, last: int) -> Iterator[None]:
    """Restricts nginx to these local ports. Set from another container: nginx's own may not write this setting."""
    usual = stack.inside("nginx").check_output(f"cat {RANGE}")
    write(stack, f"{first} {last}")
    try:
        yield
    finally:
        write(stack, usual)


def write(stack: Stack, numbers: str) -> None:
    rights = ("--privileged", "--user", "0", "--network", f"container:{stack.container('nginx')}")
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    command = ("sh", "-c", f"echo {numbers} >{RANGE}")
    run("docker", "run", "--rm", "--label", label, *rights, os.environ["TOOLS_IMAGE"], *command)


def test_a_port_serves_again_while_its_last_connection_is_remembered(stack: Stack, figures: Figures) -> None:
    flow = Flow("uwsgi", "uwsgi.localhost", PATH, RATE)
    with ports(stack, FIRST, FIRST + PORTS - 1), Traffic(stack, flow) as traffic:
        time.sleep(SECONDS)
    figures.add(f"{PORTS} ports for nginx", traffic["uwsgi"])
    assert len(traffic["uwsgi"].sent) > 3 * PORTS
    assert traffic["uwsgi"].failures() == [], traffic["uwsgi"].statuses


def test_there_are_twice_as_many_ports_as_websockets_that_nginx_can_hold(stack: Stack) -> None:
    """The kernel tries every second port first. When those are used, it searches all ports for each connection."""
    first, last = map(int, stack.inside("nginx").check_output(f"cat {RANGE}").split())
    assert last - first > 2 * 30_000
