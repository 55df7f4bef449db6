"""Inspects the site from another container, with the HTTP Observatory and Chromium (observatory/, Dockerfile)."""

import json
import os
from typing import Any

from tests.support.stack import GATEWAYS, Stack, run
from tests.support.tls_stack import TlsStack


def look(stack: Stack, script: str, *arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a script of observatory/, run in nginx's network, without a DNS server for other names."""
    network = f"{stack.project}_edge"
    options = [f"--add-host={gateway}.localhost:127.0.0.1" for gateway in GATEWAYS]
    options += ["--dns", "127.0.0.1", "--label", f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"]
    options += ["--read-only", "--mount", "type=tmpfs,target=/tmp", "--shm-size", "256m", "--memory", "2g"]
    options += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    if isinstance(stack, TlsStack):
        options += ["--volume", f"{stack.authority}:/ca.crt:ro", "--env", "NODE_EXTRA_CA_CERTS=/ca.crt"]
        options += ["--env", f"HTTPS_PORT={stack.https_port}"]
    command = ["docker", "run", "--rm", "--network", network, *options, os.environ["OBSERVATORY_IMAGE"], "node", script]
    return json.loads(run(*command, *map(json.dumps, arguments)).stdout)
