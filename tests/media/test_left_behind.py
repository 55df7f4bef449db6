"""Files that a killed process leaves are removed after a day. Uploads in progress and finished files stay."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.media.conftest import Volume, send
from tests.routing.variant import variant
from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS, Stack, run, wait_until

CONTENT = b"0123456789abcdef" * (100 * 2**20 // 16)
WORKERS = "grep -l '^PPid:.1$' /proc/[0-9]*/status | cut -d/ -f3"
UNFINISHED = "find tmp -name '*.upload*'"


def check_health(stack: Stack, gateway: str) -> None:
    """Runs the gateway's health check as if the last sweep were long ago."""
    container = stack.containers(gateway)[0]
    run("docker", "exec", container, "rm", "-f", "/tmp/last-sweep")  # noqa: S108  # the container's
    run("docker", "exec", container, "python", "-I", "-m", "tricorn.healthcheck")


@pytest.fixture
def files(volume: Volume) -> Iterator[Volume]:
    yield volume
    volume.shell("rm -rf tmp/* media/old.bin")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_what_is_a_day_old_is_removed_and_nothing_else(stack: Stack, files: Volume, gateway: str) -> None:
    files.shell("mkdir -p tmp/old.dir && touch -d '25 hours ago' tmp/old.bin tmp/old.dir/a media/old.bin tmp/old.dir")
    files.shell("touch -d '23 hours ago' tmp/young.bin")
    check_health(stack, gateway)
    assert {"media/old.bin", "tmp/young.bin"} <= files.files()
    assert files.shell("find tmp -name 'old.bin' -o -name a") == ""


def test_it_is_done_once_an_hour(stack: Stack, files: Volume) -> None:
    check_health(stack, "gunicorn")
    files.shell("touch -d '25 hours ago' tmp/old.bin")
    run("docker", "exec", stack.container("gunicorn"), "python", "-I", "-m", "tricorn.healthcheck")
    assert "tmp/old.bin" in files.files()


@pytest.mark.parametrize("gateway", ["uwsgi", "gunicorn"])
def test_what_a_killed_worker_leaves_goes_and_the_upload_beside_it_arrives(
    stack: Stack, edge: Edge, files: Volume, gateway: str
) -> None:
    container = stack.inside(gateway)

    def kill_while_it_receives() -> str:
        """The unfinished file that is left, or nothing if the kill came too late."""
        # Inside the container, for speed: uWSGI has the whole body before the view begins, which ends in a second.
        received = f"until cd /srv/uploads && {UNFINISHED} | grep -q .; do :; done"
        container.check_output(f'timeout 60 sh -c "{received}"; kill -9 $({WORKERS})')
        return files.shell(UNFINISHED)

    with ThreadPoolExecutor() as pool:
        for _ in range(5):
            killed = pool.submit(send, edge, gateway, "killed.bin", CONTENT)
            if left := kill_while_it_receives():
                break
            killed.result()
        assert left
        files.shell(f"touch -d '25 hours ago' {' '.join(left.split())}")
        beside = pool.submit(files.upload, edge, "daphne", "beside.bin", CONTENT)
        check_health(stack, gateway)
        assert not set(left.split()) & files.files()
        assert beside.result()["size"] == len(CONTENT)


def test_nginx_begins_with_an_empty_disk(stack: Stack) -> None:
    folders = ("client_body", "proxy", "uwsgi")
    with variant(stack) as edge:
        for folder in folders:
            run("docker", "exec", edge.container, "touch", f"/var/cache/nginx/{folder}/0000000042")
        run("docker", "restart", "--time", "1", edge.container)
        wait_until(lambda: run("docker", "exec", edge.container, "nginx", "-v", check=False).returncode == 0, 10)
        left = run("docker", "exec", edge.container, "find", "/var/cache/nginx", "-name", "0000000042").stdout
        assert left == ""
