"""Helpers of several folders. They import nothing from the folders that use them."""

import pytest

# These modules assert for the tests. With this, their failures show the compared values, as in a test.
pytest.register_assert_rewrite(
    *(f"tests.support.{module}" for module in ("admin", "error_pages", "orphans", "uploads", "websocket")),
)
