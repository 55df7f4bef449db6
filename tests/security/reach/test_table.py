"""The reachability of every port: table.py promises it, real connections measure it, and no port is missing."""

import pytest

from tests.security.cases import Cases
from tests.security.reach.conftest import Measured
from tests.security.reach.table import COLUMNS, PROMISED
from tests.support.stack import LISTENING

CELLS = [(source, column) for source in PROMISED for column in COLUMNS]


@pytest.mark.parametrize(("source", "column"), CELLS, ids=[f"{source} to {column}" for source, column in CELLS])
def test_a_port_is_open_only_to_the_services_in_the_table(
    measured: Measured, cases: Cases, source: str, column: str
) -> None:
    cases.add("reach: from whom to which port", f"{source} to {column}")
    assert measured[source][column] == PROMISED[source][column]


def test_nginx_alone_opens_the_port_of_uwsgi(measured: Measured) -> None:
    assert [source for source, cells in measured.items() if cells["uwsgi:3031"] in ("open", "silent")] == ["nginx"]


def test_nginx_opens_no_port_of_a_store(measured: Measured) -> None:
    assert {measured["nginx"][column] for column in ("postgres:5432", "valkey:6379")} == {"-"}


def test_every_service_and_every_port_that_it_listens_on_is_in_the_table() -> None:
    # tests/gateways/processes compares LISTENING with the sockets in each container.
    ports = {
        f"{service}:{name.rpartition(':')[2]}"
        for service, names in LISTENING.items()
        for name in names
        if "tcp" in name
    }
    assert set(COLUMNS) == ports
    assert set(LISTENING) <= set(PROMISED)
