"""Counts each test under its item's number. Every service of compose.yaml runs through all items."""

import re
from typing import Any

import pytest
import testinfra
from testinfra.host import Host

from tests.security.cases import Cases
from tests.security.containers.exceptions import EXCEPTIONS
from tests.security.hardening.conftest import containers, leaks, service, statuses

# Fixtures that tests/security/hardening shares.
__all__ = ["containers", "leaks", "service", "statuses"]

NUMBER = re.compile(r"test_cis_([45])_(\d+)_")


@pytest.fixture(autouse=True)
def counted(request: pytest.FixtureRequest, cases: Cases) -> None:
    if number := NUMBER.match(request.function.__name__):
        note = f"CIS 1.6.0; with an exception: {', '.join(EXCEPTIONS)}"
        cases.add("containers: items of the benchmark", ".".join(number.groups()), note=note)


@pytest.fixture
def inside(containers: dict[str, dict[str, Any]], service: str) -> Host:
    """testinfra in the service's container, as root: missing permissions must not hide anything."""
    return testinfra.get_host(f"docker://root@{containers[service]['Id']}")
