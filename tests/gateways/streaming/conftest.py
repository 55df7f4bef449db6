"""Makes the fixture `complaints` of tests/gateways/websockets available here."""

from tests.gateways.websockets.conftest import complaints as complaints
