"""A service that the user's Compose file adds: it starts without a health check, and `make roll` updates it too."""

import os
import subprocess

from tests.operations.faults.test_roll import ids
from tests.support.stack import ROOT, Stack, run

FILES = "compose.yaml:tests/operations/faults/further/compose.yaml"


def make(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **stack.environment, "COMPOSE_PROJECT_NAME": stack.project, "COMPOSE_FILE": FILES}
    return run("make", *arguments, check=False, cwd=ROOT, env=environment, timeout=280)


def test_a_worker_without_a_health_check_starts_and_is_rolled(stack: Stack) -> None:
    try:
        up = make(stack, "up")
        assert up.returncode == 0, up.stdout + up.stderr
        (before,) = ids(stack, "worker")
        others = {gateway: ids(stack, gateway) for gateway in ("uwsgi", "gunicorn", "daphne")}

        # If another gateway is rolled alone, the output names the service that stayed on the previous version.
        rolled = make(stack, "roll", "GATEWAY=daphne")
        assert rolled.returncode == 0, rolled.stdout + rolled.stderr
        assert "still on the previous version: worker (make roll without GATEWAY updates it too)" in rolled.stdout
        assert ids(stack, "worker") == {before}
        assert not ids(stack, "daphne") & others["daphne"]

        rolled = make(stack, "roll", "GATEWAY=worker")
        assert rolled.returncode == 0, rolled.stdout + rolled.stderr
        (after,) = ids(stack, "worker")
        assert after != before
        assert run("docker", "inspect", "--format", "{{.State.Status}}", after).stdout.strip() == "running"
        assert {gateway: ids(stack, gateway) for gateway in ("uwsgi", "gunicorn")} == {
            gateway: others[gateway] for gateway in ("uwsgi", "gunicorn")
        }
        refused = make(stack, "roll", "GATEWAY=apache")
        assert (
            "there is no such service; choose from nginx uwsgi gunicorn daphne worker; without GATEWAY, all are rolled"
            in refused.stderr
        )
    finally:
        for container in ids(stack, "worker"):
            run("docker", "rm", "--force", container)
