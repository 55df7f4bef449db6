"""Another nginx of the tested stack's image, beside it, with some settings of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.stack import Stack, run, settings, wait_until
from tests.support.wire import Edge


@contextmanager
def variant(stack: Stack, *docker: str, network: str = "", **environment: str) -> Iterator[Edge]:
    """Starts it in front of the same gateways, or of those of `network`. `docker`: more options of `docker run`."""
    names = ("SERVER_NAMES", "COMPARE", "URL_PREFIX", "UPLOAD_LIMIT", "HTTPS")
    variables = {name: settings()[name] for name in names} | environment
    options = ["--label", f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"]
    # Under nginx's name: uWSGI closes connections from every other address.
    options += ["--network", network or f"{stack.project}_edge", "--network-alias", "nginx"]
    options += [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    container = run(
        "docker", "run", "--detach", "--publish", "127.0.0.1::8080", *options, *docker, f"{stack.project}-nginx"
    ).stdout.strip()
    try:
        port = int(run("docker", "port", container, "8080").stdout.rsplit(":", 1)[1])
        edge = Edge(("127.0.0.1", port), container)
        wait_until(lambda: edge.get("/healthz").status == 200, 10, f"nginx: {edge.log('--tail', '5')}")
        yield edge
    finally:
        run("docker", "rm", "--force", container)
