"""The project's role owns its database and has no other right: an SQL injection reaches its rows, and no program."""

from collections.abc import Callable

import pytest

from tests.support.stack import Stack


@pytest.fixture
def sql(stack: Stack, setting: Callable[[str], str]) -> Callable[..., list[str]]:
    """sql("SELECT 1"): the lines of the answer, as the project's role; a failure raises."""

    def ask(statements: str, *options: str) -> list[str]:
        account = ("-U", setting("POSTGRES_USER"), "-d", setting("POSTGRES_DB"))
        psql = ("psql", "-v", "ON_ERROR_STOP=1", "-XAqt", *account, *options, "-c", statements)
        return stack.compose("exec", "-T", "postgres", *psql).stdout.splitlines()

    return ask


def test_the_database_role_has_no_rights_beyond_its_database(sql: Callable[..., list[str]]) -> None:
    rights = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
    assert sql(f"SELECT {rights} FROM pg_roles WHERE rolname = current_user") == ["f|f|f|f|f"]  # noqa: S608
    assert sql("SELECT roleid::regrole FROM pg_auth_members WHERE member = current_user::regrole") == []


@pytest.mark.parametrize(
    "statement",
    ["COPY (SELECT 1) TO PROGRAM 'id'", "SELECT pg_read_file('/etc/passwd')", "CREATE DATABASE x", "CREATE ROLE x"],
)
def test_the_database_role_can_neither_run_programs_nor_read_files(
    sql: Callable[..., list[str]], statement: str
) -> None:
    with pytest.raises(AssertionError, match="permission denied"):
        sql(statement)


def test_the_database_role_owns_its_database_and_may_create_trusted_extensions(sql: Callable[..., list[str]]) -> None:
    owner = "SELECT pg_get_userbyid(datdba) = current_user FROM pg_database WHERE datname = current_database()"
    assert sql(owner) == ["t"]
    sql("BEGIN; CREATE EXTENSION hstore; CREATE SCHEMA of_its_own; CREATE TABLE public.new (x hstore); ROLLBACK")


def test_the_superuser_has_no_password_and_can_connect_only_locally(stack: Stack) -> None:
    psql = ("psql", "-XAqt", "-U", "postgres", "-d", "template1", "-c")
    asked = "SELECT rolname, rolpassword IS NULL FROM pg_authid WHERE rolsuper"
    assert stack.compose("exec", "-T", "postgres", *psql, asked).stdout == "postgres|t\n"
