"""lab/bench/contestants.toml agrees with lab/compose.bench.yaml, with nginx's files and with the scenarios."""

import re
import tomllib
from typing import Any

import pytest
import yaml
from lab.bench import ratios, routes
from lab.bench.contestants import CONTESTANTS, KINDS, Contestant, gallery
from lab.bench.document import read
from lab.bench.scenarios import SCENARIOS

from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, PORTS, ROOT

SERVERS = tomllib.loads((ROOT / "lab/gallery/servers.toml").read_text())["server"]
EVERYBODY = [*CONTESTANTS, *gallery(SERVERS)]
ROUTED = [it for it in CONTESTANTS if it.port]


class Loader(yaml.SafeLoader):
    """Reads Compose's own tag: `!reset []` removes a list."""


Loader.add_constructor("!reset", lambda loader, node: None)
SERVICES: dict[str, dict[str, Any]] = yaml.load((ROOT / "lab/compose.bench.yaml").read_text(), Loader)["services"]  # noqa: S506


def ancestors(service: str) -> list[dict[str, Any]]:
    """The service and those of the same file that it extends, one after the other."""
    found = [SERVICES[service]]
    while "file" not in (base := found[-1]["extends"]):
        found.append(SERVICES[base["service"]])
    return found


def command(service: str) -> str:
    """The command that replaces the gateway's own; empty if it is the gateway's."""
    return " ".join(next((it["command"] for it in ancestors(service) if "command" in it), []))


def gateway(service: str) -> str:
    """The gateway whose image and settings the service has."""
    return ancestors(service)[-1]["extends"]["service"]


def test_every_service_of_the_benchmark_is_a_contestant_and_every_contestant_has_a_service() -> None:
    assert set(SERVICES) == {it.service for it in CONTESTANTS}


def test_the_files_for_nginx_are_those_of_the_table() -> None:
    for name, text in routes.files().items():
        assert (routes.FOLDER / name).read_text() == text, "run python -m lab.bench.routes"


def test_nginx_reads_the_files_for_it() -> None:
    mounted = {volume["source"] for volume in SERVICES["nginx"]["volumes"]}
    assert mounted == {f"./lab/bench/nginx/{name}" for name in routes.files()}


def test_only_the_stack_s_own_gateways_have_a_route_without_a_port_in_the_table() -> None:
    through_nginx = {it.service for it in CONTESTANTS if "/gateways/" in it.url and not it.port}
    assert through_nginx == set(GATEWAYS)


@pytest.mark.parametrize("it", ROUTED, ids=lambda it: it.service)
def test_a_server_listens_where_the_table_says(it: Contestant) -> None:
    written = command(it.service)
    if not written:
        assert it.port == PORTS[gateway(it.service)]
        assert it.protocol == ("uwsgi" if gateway(it.service) == "uwsgi" else "http")
        return
    assert re.search(rf"0\.0\.0\.0:{it.port}\b|--host=0\.0\.0\.0 --port={it.port}\b", written)
    assert it.protocol == ("uwsgi" if f"--socket 0.0.0.0:{it.port}" in written else "http")


@pytest.mark.parametrize("it", ROUTED, ids=lambda it: it.service)
def test_a_server_has_the_interface_that_the_table_says(it: Contestant) -> None:
    written = command(it.service)
    is_asgi = "config.asgi" in written if written else gateway(it.service) in ASGI_GATEWAYS
    assert it.interface == ("ASGI" if is_asgi else "WSGI")


def test_a_name_is_unique_within_its_group() -> None:
    names = [(it.group, it.name) for it in EVERYBODY]
    assert len(names) == len(set(names))


def test_every_group_of_a_scenario_and_every_exception_from_one_is_there() -> None:
    groups = {it.group for it in CONTESTANTS}
    assert {name for scenario in SCENARIOS for name in scenario.who} == groups - {"scaled"}
    scenarios = {scenario.name for scenario in SCENARIOS}
    assert {name for it in CONTESTANTS for name in it.without} <= scenarios


def test_every_kind_has_a_label_and_a_colour_and_is_used() -> None:
    assert set(KINDS) == {it.kind for it in EVERYBODY}
    assert all(set(it) == {"label", "colour"} for it in KINDS.values())


@pytest.mark.parametrize("it", ratios.TABLE, ids=lambda it: it.what)
def test_a_ratio_compares_contestants_of_its_scenarios(it: ratios.Compared) -> None:
    who = {scenario.name: scenario.who for scenario in SCENARIOS}
    for scenario, name in (it.one, it.other):
        groups = {*who[scenario], "gallery"} if "gateways" in who[scenario] else {*who[scenario]}
        assert [one for one in EVERYBODY if one.name == name and one.group in groups and scenario not in one.without]


def test_the_rows_of_the_sample_report_are_contestants_of_the_table_in_its_order() -> None:
    for scenario in SCENARIOS:
        rows = [(name, row["kind"]) for name, row in read()["scenarios"][scenario.name]["rows"].items()]
        groups = ([it for it in CONTESTANTS if it.group == name] for name in scenario.who)
        known = [(it.name, it.kind) for group in groups for it in group if scenario.name not in it.without]
        # A contestant that is newer than the sample has no row yet.
        assert rows == [it for it in known if it in rows]
