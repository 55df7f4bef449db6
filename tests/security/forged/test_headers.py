"""Whatever a client claims, Django sees the client, scheme, host and request id that nginx sees."""

import re
from typing import Any

import pytest

from tests.security.cases import Cases
from tests.support.claims import HOP_BY_HOP, OWNED, PASSED, ROUTES
from tests.support.compare import told
from tests.support.wire import Answer, Edge, request


def without_id(answer: Answer) -> dict[str, Any]:
    """What Django received, after a check of the id: it must be the answer's id, not one of a client's."""
    told_id = answer.json()["META"]["HTTP_X_REQUEST_ID"]
    assert told_id == answer.one("X-Request-ID")
    assert re.fullmatch(r"[0-9a-f]{32}", told_id)
    assert told_id != "0" * 32
    return told(answer)


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_headers_set_by_nginx_cannot_be_forged(echo: Edge, cases: Cases, host: str, path: str) -> None:
    cases.add("forged: headers that nginx owns", *map(str, OWNED), tried=2 * len(OWNED) + 1)
    plain = without_id(echo.get(path, host))
    for header in OWNED:
        assert without_id(echo.get(path, host, [header])) == plain, header
        # Two of the same name: neither the first nor the last counts.
        assert without_id(echo.get(path, host, [header, (header[0], "")])) == plain, header
    assert without_id(echo.get(path, host, OWNED)) == plain


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_no_spelling_or_repetition_of_a_forged_header_is_trusted(
    echo: Edge, cases: Cases, host: str, path: str
) -> None:
    """As many headers as nginx accepts: max_headers in nginx/conf.d/limits.conf."""
    cases.add("forged: in other letters, long, 50 times", *(name for name, _ in OWNED), tried=len(OWNED) + 2)
    plain = without_id(echo.get(path, host))
    for name, value in OWNED:
        assert without_id(echo.get(path, host, [(name.swapcase(), value)])) == plain, name
    assert (
        without_id(echo.get(path, host, [("X-Forwarded-For", "6.6.6.6"), ("x-forwarded-for", "7.7.7.7")] * 25)) == plain
    )
    assert without_id(echo.get(path, host, [("X-Forwarded-For", ", ".join(["6.6.6.6"] * 1000))])) == plain


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_a_connection_header_removes_no_other_header(echo: Edge, cases: Cases, host: str, path: str) -> None:
    cases.add("forged: Connection names what nginx sets", *HOP_BY_HOP)
    plain = without_id(echo.get(path, host))
    for names in HOP_BY_HOP:
        data = request("GET", path, host, OWNED).replace(b"Connection: close", b"Connection: " + names.encode())
        assert without_id(echo.send(data)) == plain, names


def test_the_clients_port_cannot_be_forged(echo: Edge, gateway: str) -> None:
    """The port differs between connections, so the tests above do not compare it."""
    for headers in (
        [("X-Real-Port", "666")],
        [("X-Real-Port", "666"), ("X-Real-Port", "667")],
        [("X_Real_Port", "666")],
    ):
        meta = echo.get(f"/gateways/{gateway}/", headers=headers).json()["META"]
        ports = {meta[name] for name in ("HTTP_X_REAL_PORT", "REMOTE_PORT") if name in meta}
        assert len(ports) == 1
        assert not ports & {"666", "667", "666, 667", "666,667", ""}


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_other_headers_are_passed_on_without_effect(echo: Edge, cases: Cases, host: str, path: str) -> None:
    cases.add("forged: headers that are only headers", *(name for name, _ in PASSED))
    plain = without_id(echo.get(path, host))
    for name, value in PASSED:
        found = without_id(echo.get(path, host, [(name, value)]))
        assert found["META"].pop(f"HTTP_{name.upper().replace('-', '_')}") == value
        assert found == plain, name


@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_the_project_does_not_trust_forged_headers(edge: Edge, gateway: str, path: str) -> None:
    plain, forged = (edge.get(f"/gateways/{gateway}{path}", headers=headers) for headers in ([], OWNED + PASSED))
    facts = ("scheme", "remote_addr", "host")
    assert [forged.json()[fact] for fact in facts] == [plain.json()[fact] for fact in facts]
    assert forged.json()["request_id"] == forged.one("X-Request-ID") != plain.one("X-Request-ID")


def test_a_clients_prefix_header_is_not_used_in_urls(edge: Edge, gateway: str) -> None:
    answer = edge.get(f"/gateways/{gateway}/admin/x", headers=OWNED + PASSED)
    assert answer.one("Location") == "/admin/login/?next=/admin/x"
