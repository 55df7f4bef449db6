"""Replicas leave shortly after each other, and DNS names them a moment longer: no request fails."""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest

from tests.support.stack import GATEWAYS, PORTS, Stack, run, wait_until
from tests.support.variant import variant
from tests.support.wire import Edge

# A replica of every gateway: it reads a request in either protocol and answers. After SIGUSR1 it refuses connections,
# but first serves those in its accept queue, as the gateways do. Otherwise the kernel resets them. To nginx, the
# replica then died while it processed a request, and nginx does not repeat that request in a second pass.
REPLICA = f"""
import signal, socketserver, threading
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\nConnection: close\\r\\n\\r\\nhere\\n"
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(65536)
        self.request.sendall(ANSWER)
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGUSR1}})
servers = [socketserver.ThreadingTCPServer(("", port), Handler) for port in {[*PORTS.values()]}]
for server in servers:
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
signal.sigwait({{signal.SIGUSR1}})
for server in servers:
    server.shutdown()
    server.socket.setblocking(False)
    try:
        while True:
            server.process_request(*server.get_request())
    except BlockingIOError:
        server.server_close()
signal.pause()
"""
# First the replica refuses connections, then its network is down. Requests in flight are answered in between.
LEAVE = "kill -USR1 1 && sleep 0.3 && ip link set eth0 down"
REPLICAS = 3
CLIENTS = 8  # for each gateway
# Seconds for which DNS names a replica after its address is gone; then the next replica leaves. A request that waits
# for the first address (proxy_connect_timeout) then tries the second, which is gone too.
NAMED = 1.2

# nginx's log entry of each request, by gateway.
type Entries = dict[str, list[dict[str, Any]]]


@contextmanager
def edge_network(stack: Stack) -> Iterator[str]:
    """A network for nginx and the replicas alone."""
    name = f"{stack.project}-leaving"
    run("docker", "network", "create", name)
    try:
        yield name
    finally:
        run("docker", "network", "rm", name)


@contextmanager
def replicas(network: str) -> Iterator[list[str]]:
    names = [part for gateway in GATEWAYS for part in ("--network-alias", gateway)]
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    options = ("--detach", "--cap-add", "NET_ADMIN", "--label", label, "--network", network)
    command = (*options, *names, os.environ["TOOLS_IMAGE"], "python", "-c", REPLICA)
    started: list[str] = []
    try:
        for _ in range(REPLICAS):
            started.append(run("docker", "run", *command).stdout.strip())
        yield started
    finally:
        run("docker", "rm", "--force", *started)


def entries_of(edge: Edge) -> list[dict[str, Any]]:
    """All entries of the access log."""
    edge.logged(edge.get("/.nginx/"))
    return [json.loads(line) for line in edge.log() if line.startswith("{")]


def know_all(edge: Edge) -> bool:
    for gateway in GATEWAYS * 2 * REPLICAS:
        edge.get("/", f"{gateway}.localhost")
    asked = {entry["upstream_addr"] for entry in entries_of(edge) if entry["status"] == 200}
    return len(asked) >= len(GATEWAYS) * REPLICAS


@contextmanager
def traffic(edge: Edge) -> Iterator[None]:
    over = Event()

    def ask(gateway: str) -> None:
        while not over.wait(0.05):
            edge.get("/traffic/", f"{gateway}.localhost")

    with ThreadPoolExecutor(CLIENTS * len(GATEWAYS)) as pool:
        clients = [pool.submit(ask, gateway) for gateway in GATEWAYS for _ in range(CLIENTS)]
        try:
            yield
        finally:
            over.set()
        for client in clients:
            client.result()


def let_two_leave(stack: Stack) -> list[dict[str, Any]]:
    """Log entries of all requests while two of three replicas left."""
    with (
        edge_network(stack) as network,
        replicas(network) as (first, second, _),
        variant(stack, network=network) as edge,
    ):
        wait_until(lambda: know_all(edge), 60, "nginx knows all replicas")
        with traffic(edge):
            for leaving in (first, second):
                run("docker", "exec", leaving, "sh", "-c", LEAVE)
                time.sleep(NAMED)
                run("docker", "network", "disconnect", "--force", network, leaving)
            time.sleep(2)
        return [entry for entry in entries_of(edge) if entry["uri"] == "/traffic/"]


def met_both(entry: dict[str, Any]) -> bool:
    return entry["upstream_status"].count("504") > 1


@pytest.fixture(scope="module")
def entries(stack: Stack) -> Entries:
    """Of as many departures as it takes until a request meets both addresses that are gone: that is chance."""
    found = let_two_leave(stack)
    for _ in range(4):
        if not any(map(met_both, found)):
            found += let_two_leave(stack)
    return {gateway: [entry for entry in found if entry["gateway"] == gateway] for gateway in GATEWAYS}


def test_replicas_that_leave_one_after_another_lose_no_request(entries: Entries, gateway: str) -> None:
    assert len(entries[gateway]) > 3 * CLIENTS
    failed = [(entry["status"], entry["upstream_status"]) for entry in entries[gateway] if entry["status"] != 200]
    assert failed == []


def test_requests_were_sent_to_both_removed_addresses(entries: Entries) -> None:
    """If none did, the test above proves nothing. Which gateway's requests did is chance."""
    assert any(met_both(entry) for gateway in GATEWAYS for entry in entries[gateway])
