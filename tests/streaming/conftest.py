"""What the gateways complain about is asked for here as well."""

from tests.websockets.conftest import complaints as complaints
