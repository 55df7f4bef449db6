"""The gateways' health check: exit status 0 if the project answers HEALTH_PATH with 2xx, else 1 with the reason."""

import http.client
import os
import sys

# Each image sets its own. uWSGI's is not nginx's, which speaks the uwsgi protocol.
port = int(os.environ["HEALTH_PORT"])
path = os.environ["HEALTH_PATH"]
# uWSGI gets whole paths; the others get them without the prefix, and put it before each. Without a prefix the project
# would take itself for one that has the whole host, and Django keeps what it then makes of STATIC_URL.
if os.environ.get("GATEWAY") == "uwsgi":
    path = os.environ.get("URL_PREFIX", "") + path
host = os.environ["SERVER_NAMES"].split()[0]

try:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    # As nginx would ask over TLS: a project that redirects plain HTTP answers instead of redirecting.
    connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
    status = connection.getresponse().status
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"{path}: {error!r}")
if not 200 <= status < 300:
    sys.exit(f"{path} answered {status}")
