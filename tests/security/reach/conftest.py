"""The measured table of ports, from inside the network namespace of each source."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.security.cases import WIDTH
from tests.security.reach.table import COLUMNS, PROMISED, STRANGER
from tests.support.containers import inspect_all
from tests.support.stack import Stack, run
from tests.support.uwsgi_protocol import uwsgi_request

type Measured = dict[str, dict[str, str]]

MEASURED = pytest.StashKey[Measured]()
PROBE = (Path(__file__).parent / "probe.py").read_text()


# A request that each port answers at once.
HTTP = b"GET / HTTP/1.0\r\n\r\n"
HELLOS = {
    "uwsgi:3031": uwsgi_request(REQUEST_METHOD="GET", PATH_INFO="/livez", SERVER_NAME="localhost", SERVER_PORT="80"),
    "postgres:5432": bytes.fromhex("0000000804d2162f"),  # SSLRequest
    "valkey:6379": b"PING\r\n",
}


@pytest.fixture(scope="session")
def measured(stack: Stack, pytestconfig: pytest.Config) -> Measured:
    """The result of each connection, by source and port. With several addresses, the most open result counts."""
    found = inspect_all(stack)
    networks = {
        service: {
            network["IPAddress"] for each in containers for network in each["NetworkSettings"]["Networks"].values()
        }
        for service, containers in found.items()
    }

    def targets(source: str) -> list[tuple[str, str, str, str]]:
        """Returns (column, host, port, hello) for each connection."""
        return [
            (column, host, port, HELLOS.get(column, HTTP).hex())
            for column, (service, port) in ((column, column.split(":")) for column in COLUMNS)
            for host in sorted({service, *networks[service], *({"127.0.0.1"} if service == source else {})})
        ]

    def measure(source: str) -> dict[str, str]:
        tried = targets(source)
        arguments = [
            sys.executable,
            "-c",
            PROBE,
            json.dumps([[host, int(port), hello] for _, host, port, hello in tried]),
        ]
        if source != "host":
            if source.startswith(STRANGER):
                name = source.removeprefix(STRANGER)
                network = name if name == "bridge" else f"{stack.project}_{name}"
            else:
                network = f"container:{found[source][0]['Id']}"
            label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
            options = ("--rm", "--label", label, "--user", "65534", "--network", network)
            arguments = ["docker", "run", *options, os.environ["TOOLS_IMAGE"], "python", *arguments[1:]]
        results = json.loads(run(*arguments).stdout)
        cells = {
            column: {it for (other, *_), it in zip(tried, results, strict=True) if other == column}
            for column in COLUMNS
        }
        return {column: next(it for it in ("open", "silent", "cut", "-") if it in cells[column]) for column in COLUMNS}

    # The tests run on the host's network (bin/test), so they measure the host directly.
    with ThreadPoolExecutor(4) as pool:
        table = dict(zip(PROMISED, pool.map(measure, PROMISED), strict=True))
    return pytestconfig.stash.setdefault(MEASURED, table)


def pytest_terminal_summary(config: pytest.Config) -> None:
    measured = config.stash.get(MEASURED, None)
    if measured:
        table = Table(title="Who can open which port", title_justify="left", width=WIDTH)
        table.add_column("from", no_wrap=True)
        for column in COLUMNS:
            table.add_column(column.replace(":", "\n:"))
        for source, cells in measured.items():
            table.add_row(source, *cells.values())
        Console(width=WIDTH, highlight=False).print(table)
