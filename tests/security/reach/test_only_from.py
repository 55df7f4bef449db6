"""uWSGI identifies nginx by its name: it accepts nginx at a new address at once, and rejects its old address."""

import json

import httpx

from tests.security.reach.conftest import HELLOS, PROBE
from tests.support.containers import inspect
from tests.support.moves import occupied
from tests.support.stack import Stack, run, wait_until


def address_of_nginx(stack: Stack) -> str:
    (nginx,) = inspect(stack.container("nginx"))
    return nginx["NetworkSettings"]["Networks"][f"{stack.project}_edge"]["IPAddress"]


# What a stranger sends: uWSGI accepts no client that sends nothing.
KNOCK = json.dumps([["uwsgi", 3031, HELLOS["uwsgi:3031"].hex()]])


def test_nginx_is_accepted_at_a_new_address_and_the_old_address_is_not(stack: Stack) -> None:
    old = address_of_nginx(stack)
    stack.compose("rm", "--force", "--stop", "nginx")
    try:
        with occupied(stack, {f"{old}:"}, answering=False) as strangers:
            stack.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", "nginx")
            answer = httpx.get(f"{stack.url()}/hello/sync/", headers={"Host": "uwsgi.localhost"}, timeout=10)
            assert address_of_nginx(stack) != old
            assert (answer.status_code, "X-Stepped-In" in answer.headers) == (200, False)
            for stranger in strangers:
                assert json.loads(run("docker", "exec", stranger, "python", "-c", PROBE, KNOCK).stdout) == ["cut"]
    finally:
        stack.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", "nginx")


def test_uwsgi_logs_the_address_of_a_closed_connection(stack: Stack) -> None:
    with stack.observer("postgres") as stranger:
        assert json.loads(stranger.run("python -c %s %s", PROBE, KNOCK).stdout) == ["cut"]
        addresses = stranger.check_output("hostname --all-ip-addresses").split()
    said = [f"only-from: closed a connection from {address}, which is not nginx" for address in addresses]
    wait_until(
        lambda: any(line in stack.compose("logs", "uwsgi").stdout for line in said), 5, "the line in uWSGI's log"
    )
