"""Limits that are the same on all gateways: what one client may use, and how long a request may take."""

import os

# Seconds that a request may take.
REQUEST_TIMEOUT = int(os.environ.get("REQUEST_TIMEOUT", "30"))

# Bytes of a request's head: nginx's limit, with a margin (large_client_header_buffers in nginx/conf.d/limits.conf).
# Several Cookie headers become one line there.
HEAD_BYTES = 65536

# Most fragments of one WebSocket message. Empty fragments would never reach the limit on a message's size.
MOST_FRAGMENTS = 10_000

LONGEST_REASON = 123  # bytes, in a close frame
