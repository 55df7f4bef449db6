"""Mozilla's intermediate profile, 5.7, scanned by sslyze: certificate, versions, ciphers, curves, vulnerabilities."""

from pathlib import Path

import pytest
from sslyze import (
    CertificateInfoExtraArgument,
    ScanCommandsExtraArguments,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
    ServerScanResult,
)
from sslyze.mozilla_tls_profile.tls_config_checker import (
    SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
    MozillaTlsConfiguration,
    ServerNotCompliantWithTlsConfiguration,
    TlsConfigurationEnum,
    check_server_against_tls_configuration,
)

from tests.security.cases import Cases
from tests.support.tls_stack import TlsStack


@pytest.fixture(scope="module")
def scan(stack: TlsStack) -> ServerScanResult:
    trust = CertificateInfoExtraArgument(custom_ca_file=Path(stack.authority))
    request = ServerScanRequest(
        server_location=ServerNetworkLocation("localhost", stack.https_port, "127.0.0.1"),
        network_configuration=ServerNetworkConfiguration(tls_server_name_indication="localhost"),
        scan_commands=SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
        scan_commands_extra_arguments=ScanCommandsExtraArguments(certificate_info=trust),
    )
    scanner = Scanner()
    scanner.queue_scans([request])
    (result,) = scanner.get_results()
    return result


def test_sslyze_finds_no_deviation_from_the_intermediate_profile(scan: ServerScanResult, cases: Cases) -> None:
    scans = sorted(command.value for command in SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER)
    cases.add("TLS: sslyze's scans", *scans, note="Mozilla's intermediate profile, 5.7")
    check_server_against_tls_configuration(scan, MozillaTlsConfiguration.get(TlsConfigurationEnum.MOZILLA_INTERMEDIATE))


def test_sslyze_finds_a_known_deviation(scan: ServerScanResult) -> None:
    """The modern profile forbids TLS 1.2, which this stack speaks."""
    with pytest.raises(ServerNotCompliantWithTlsConfiguration) as complaint:
        check_server_against_tls_configuration(scan, MozillaTlsConfiguration.get(TlsConfigurationEnum.MOZILLA_MODERN))
    assert "tls_versions" in complaint.value.issues
