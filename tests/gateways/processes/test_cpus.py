"""The workers of nginx follow the CPUs that its container may use, unless a setting says otherwise."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.clone import CLONES
from tests.support.stack import Stack, for_websockets, run
from tests.support.tree import tree
from tests.support.variant import variant

# What the kernel says of a container's quota: microseconds of CPU time in each period.
V2 = {"1.5 CPUs": "150000 100000", "3.5 CPUs": "350000 100000", "no quota": "max 100000"}
V1 = {"1.5 CPUs": ("150000", "100000"), "3.5 CPUs": ("350000", "100000"), "no quota": ("-1", "100000")}
# With 16 CPUs on which the container may run.
WORKERS = {"1.5 CPUs": 2, "3.5 CPUs": 4, "no quota": 16}


def nginx(stack: Stack, *options: str, **environment: str) -> dict[str, int]:
    """worker_processes, worker_connections and worker_rlimit_nofile of the configuration that nginx would use."""
    variables = {"SERVER_NAMES": "localhost", "UPLOAD_LIMIT": "1m"} | environment
    env = [part for name, value in variables.items() for part in ("--env", f"{name}={value}")]
    whole = run("docker", "run", "--rm", "--network", "none", *options, *env, f"{stack.project}-nginx", "nginx", "-T")
    return {name: int(value) for name, value in re.findall(r"\b(worker_\w+) (\d+);", whole.stdout)}


def nginx_workers_on_16(stack: Stack, *options: str) -> int:
    # nproc, from which the entrypoint learns on how many CPUs it may run, prints this.
    return nginx(stack, *options, OMP_NUM_THREADS="16")["worker_processes"]


@pytest.fixture(params=["v1", "v2"])
def cgroup(request: pytest.FixtureRequest) -> Iterator[Callable[[str], tuple[str, str]]]:
    """cgroup("1.5 CPUs"): options of `docker run` that show the container another quota, in the files of v1 or v2."""
    folder = CLONES / f"cgroup-{request.param}"

    def write(file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
        # For every user, whatever the umask is.
        for path in (folder, file.parent):
            path.chmod(0o755)
        file.chmod(0o644)

    def quota(of: str) -> tuple[str, str]:
        if request.param == "v2":
            write(folder / "cpu.max", V2[of])
        else:
            write(folder / "cpu/cpu.cfs_quota_us", V1[of][0])
            write(folder / "cpu/cpu.cfs_period_us", V1[of][1])
        return "--volume", f"{folder}:/sys/fs/cgroup:ro"

    yield quota
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("quota", WORKERS)
def test_the_workers_follow_the_quota_rounded_up_but_are_at_least_two(
    stack: Stack, cgroup: Callable[[str], tuple[str, str]], quota: str
) -> None:
    options = cgroup(quota)
    assert nginx_workers_on_16(stack, *options) == max(WORKERS[quota], for_websockets())


def test_the_workers_follow_the_quota_that_the_engine_sets(stack: Stack) -> None:
    assert nginx_workers_on_16(stack, "--cpus", "0.5") == max(2, for_websockets())


def test_there_are_no_more_workers_than_cpus_on_which_the_container_may_run(
    stack: Stack, cgroup: Callable[[str], tuple[str, str]]
) -> None:
    options = (*cgroup("3.5 CPUs"), "--cpuset-cpus", "0")
    assert nginx(stack, *options)["worker_processes"] == max(2, for_websockets())


@pytest.mark.parametrize("number", ["1", "2", "7"])
def test_a_set_number_of_workers_wins(stack: Stack, number: str) -> None:
    assert nginx(stack, NGINX_WORKERS=number)["worker_processes"] == int(number)


def test_nginx_starts_as_many_workers_as_the_setting_says(stack: Stack) -> None:
    with variant(stack, NGINX_WORKERS="4") as edge, stack.observer("nginx", edge.container) as observer:
        arguments = [process.arguments for process in tree(observer)]
    assert arguments.count("nginx: worker process") == 4


@pytest.mark.parametrize("number", ["0", "abc", "1.5", "-1"])
def test_nginx_refuses_another_number_in_one_line(stack: Stack, number: str) -> None:
    settings = {"SERVER_NAMES": "localhost", "UPLOAD_LIMIT": "1m", "NGINX_WORKERS": number}
    options = [part for name, value in settings.items() for part in ("--env", f"{name}={value}")]
    refused = run("docker", "run", "--rm", "--network", "none", *options, f"{stack.project}-nginx", check=False)
    assert refused.returncode == 64
    assert refused.stderr == f"nginx/entrypoint: NGINX_WORKERS: '{number}' is not a whole number above 0\n"


def test_the_default_has_room_for_30000_websockets(stack: Stack) -> None:
    # Each takes two connections, and each connection a descriptor.
    it = nginx(stack)
    assert it["worker_processes"] * it["worker_connections"] >= 60_000
    assert it["worker_connections"] <= it["worker_rlimit_nofile"]


def test_no_worker_has_fewer_than_10000_connections(stack: Stack) -> None:
    assert nginx(stack, NGINX_WORKERS="16")["worker_connections"] == 10_000
