"""The PostgreSQL base image: on an empty volume it creates the given user and database, with a password."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.images.base.conftest import Inside
from tests.support.containers import started
from tests.support.stack import run, wait_until

PASSWORD = "a password of its own"


@pytest.fixture(scope="module")
def image(setting: Callable[[str], str]) -> str:
    return setting("POSTGRES_IMAGE")


@pytest.fixture(scope="module")
def server(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A new cluster, created under the restrictions of compose.yaml."""
    secret = tmp_path_factory.mktemp("postgres") / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    environment = {"POSTGRES_USER": "ann", "POSTGRES_DB": "library", "POSTGRES_PASSWORD_FILE": "/mnt/password"}
    options = [f"--env={name}={value}" for name, value in environment.items()]
    options += [
        "--env=POSTGRES_INITDB_ARGS=--locale-provider=builtin --locale=C.UTF-8 --encoding=UTF8 --data-checksums"
    ]
    options += ["--user=999:999", "--cap-drop=ALL", "--security-opt=no-new-privileges:true"]
    options += ["--tmpfs=/tmp:mode=1777", "--tmpfs=/var/run/postgresql:mode=1777"]
    with started(*options, image, files={"/mnt/password": str(secret)}) as container:
        # Over TCP: while the cluster is created, a server answers only on its socket.
        ready = ("docker", "exec", container, "pg_isready", "--quiet", "--host=127.0.0.1")
        wait_until(lambda: run(*ready, check=False).returncode == 0, seconds=60, message="PostgreSQL answers")
        yield container


def ask(server: str, sql: str, password: str = PASSWORD) -> Any:  # noqa: ANN401
    """The answer over the network, where the password is checked. The loopback address is trusted."""
    psql = f'psql --no-psqlrc -At --no-password "host=$(hostname -i) user=ann dbname=library" --command "{sql}"'
    return run("docker", "exec", "--env", f"PGPASSWORD={password}", server, "sh", "-c", psql, check=False)


def test_its_user_is_999(inside: Inside) -> None:
    assert inside("POSTGRES", "sh", "-c", "id -u postgres && id -g postgres").stdout.split() == ["999", "999"]


def test_the_data_is_in_the_volume(config: Callable[[str], dict[str, Any]]) -> None:
    found = config("POSTGRES")
    assert found["Env"]["PGDATA"] in found["Volumes"]
    assert found["Env"]["PGDATA"] == "/var/lib/postgresql/data"


def test_it_stops_on_sigint_which_does_not_wait_for_clients(config: Callable[[str], dict[str, Any]]) -> None:
    assert config("POSTGRES")["StopSignal"] == "SIGINT"


def test_it_is_postgresql_17(inside: Inside, config: Callable[[str], dict[str, Any]]) -> None:
    assert re.match(r"postgres \(PostgreSQL\) 17\.", inside("POSTGRES", "postgres", "--version").stdout)
    assert config("POSTGRES")["Env"]["PG_MAJOR"] == "17"


@pytest.mark.parametrize("program", ["psql", "pg_isready", "pg_dump", "pg_restore", "initdb", "docker-entrypoint.sh"])
def test_a_program_is_on_the_path(inside: Inside, program: str) -> None:
    assert inside("POSTGRES", "sh", "-c", f"command -v {program}", check=False).returncode == 0


def test_user_and_database_are_those_of_the_environment(server: str) -> None:
    assert ask(server, "SELECT current_user, current_database()").stdout == "ann|library\n"


def test_the_options_for_the_new_cluster_are_followed(server: str) -> None:
    locale = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'library'"
    assert ask(server, locale).stdout == "b|C.UTF-8\n"
    assert ask(server, "SHOW data_checksums").stdout == "on\n"


@pytest.mark.parametrize("password", ["", "wrong"])
def test_another_password_is_rejected(server: str, password: str) -> None:
    result = ask(server, "SELECT 1", password)
    assert result.returncode != 0
    assert "password" in result.stderr


def test_the_password_is_stored_as_scram(server: str) -> None:
    answer = ask(server, "SELECT left(rolpassword, 13) FROM pg_authid WHERE rolname = current_user")
    assert answer.stdout == "SCRAM-SHA-256\n"


def test_it_ends_with_status_0_and_starts_again_with_its_data(server: str) -> None:
    assert ask(server, "CREATE TABLE kept ()").returncode == 0
    run("docker", "stop", server)
    assert run("docker", "inspect", "--format", "{{.State.ExitCode}}", server).stdout == "0\n"
    run("docker", "start", server)
    wait_until(lambda: ask(server, "SELECT 'kept'::regclass").stdout == "kept\n", message="the table is back")


def test_without_a_password_it_makes_no_cluster(idle: Callable[[str], str]) -> None:
    command = ("docker", "exec", "--user", "999:999", idle("POSTGRES"), "docker-entrypoint.sh", "postgres")
    result = run(*command, check=False)
    assert result.returncode != 0
    assert "POSTGRES_PASSWORD" in result.stderr
