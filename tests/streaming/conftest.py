"""Makes the fixture `complaints` of tests/websockets available here."""

from tests.websockets.conftest import complaints as complaints
