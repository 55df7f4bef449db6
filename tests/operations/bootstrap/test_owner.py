"""In a volume of an older version, the project's role is the superuser: make up makes it an ordinary owner."""

import os
import signal
import stat
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.operations.backup.conftest import readers
from tests.support.clone import Clone
from tests.support.long_form import IS_FULL
from tests.support.stack import Stack, run, wait_until
from tests.support.traffic import Traffic

DATA = """
CREATE EXTENSION citext; CREATE EXTENSION pg_trgm;
CREATE SCHEMA library; CREATE TYPE library.mood AS ENUM ('good', 'bad');
CREATE DOMAIN library.page AS int CHECK (VALUE > 0);
CREATE TYPE library.pair AS (a int, b int); CREATE TYPE library.pages AS RANGE (subtype = int);
CREATE TABLE library.book (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, title citext, mood library.mood);
INSERT INTO library.book (title, mood) SELECT 'book ' || i, 'good' FROM generate_series(1, 50) i;
CREATE INDEX ON library.book (lower(title)); CREATE STATISTICS library.s ON id, title FROM library.book;
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE VIEW good AS SELECT * FROM library.book; CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM library.book;
CREATE SEQUENCE "a 'sequence'"; SELECT lo_create(4711);
CREATE FUNCTION twice(i int, t text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 2 * i';
CREATE PROCEDURE nothing() LANGUAGE sql AS ''; CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int);
CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq);
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple);
CREATE TABLE "Ünï 'quoted'" (x text); CREATE DATABASE other;
"""
# Objects that the superuser still owns, except those of PostgreSQL or of an extension.
OF_THE_SUPERUSER = """
SELECT pg_describe_object(class, object, 0) FROM (
  SELECT 'pg_class'::regclass AS class, oid AS object FROM pg_class
    WHERE relowner = 10 AND relnamespace <> 'pg_toast'::regnamespace
  UNION SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typowner = 10 AND typnamespace <> 'pg_toast'::regnamespace
  UNION SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE proowner = 10
  UNION SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspowner = 10
  UNION SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oprowner = 10
  UNION SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config WHERE cfgowner = 10
  UNION SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxowner = 10
  UNION SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata WHERE lomowner = 10
) AS owned WHERE (object >= 16384 OR class = 'pg_largeobject'::regclass)
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = object AND deptype IN ('e', 'i')
  AND refclassid IN ('pg_extension'::regclass, 'pg_type'::regclass))
"""


@pytest.fixture(scope="module")
def old() -> Iterator[Clone]:
    clone = Clone.of_the_repository("old", f"{os.environ['COMPOSE_PROJECT_NAME']}-old")
    project, label = clone.project, "com.docker.compose"
    names = ("POSTGRES_IMAGE", "POSTGRES_USER", "POSTGRES_DB")
    image, user, database = (clone.bash(f"setting {name}").stdout.strip() for name in names)
    volume, labels = f"{project}_postgres", (f"{label}.project={project}", f"{label}.volume=postgres")
    run("docker", "volume", "create", *(f"--label={label}" for label in labels), volume)
    # The image's entrypoint, with the variables of older versions.
    secret = "/run/secrets/postgres_password"  # a path
    variables = (f"POSTGRES_USER={user}", f"POSTGRES_DB={database}", f"POSTGRES_PASSWORD_FILE={secret}")
    mounts = (f"{volume}:/var/lib/postgresql/data", f"{clone.path}/secrets/postgres_password:{secret}:ro")
    options = [*(f"--env={variable}" for variable in variables), *(f"--volume={mount}" for mount in mounts)]
    server = run("docker", "run", "--detach", "--rm", "--user=999:999", *options, image).stdout.strip()
    ready = ("docker", "exec", server, "pg_isready", "--host=127.0.0.1")
    try:
        wait_until(lambda: run(*ready, check=False).returncode == 0, 60)
        psql = ("docker", "exec", "--interactive", server, "psql", "-v", "ON_ERROR_STOP=1", "-U", user)
        run(*psql, database, input=DATA)
        run(*psql, "other", input="CREATE TABLE there (x int); INSERT INTO there VALUES (1)")
        run("docker", "stop", server)
        said = clone.make("up")
        assert said.returncode == 0, said.stdout + said.stderr
        assert f"database: changing {user} from PostgreSQL's superuser to the owner of its database" in said.stdout
        yield clone
    finally:
        run("docker", "rm", "--force", server, check=False)
        clone.remove()


@pytest.fixture
def sql(old: Clone) -> Callable[..., list[str]]:
    """sql("SELECT 1", user=..., database=...): the lines of the answer; a failure raises."""
    role, own = (old.bash(f"setting {name}").stdout.strip() for name in ("POSTGRES_USER", "POSTGRES_DB"))

    def ask(statements: str, user: str = role, database: str = own) -> list[str]:
        psql = ("psql", "-v", "ON_ERROR_STOP=1", "-XAqt", "-U", user, "-d", database, "-c", statements)
        return old.compose("exec", "-T", "postgres", *psql).splitlines()

    return ask


def test_the_project_role_is_only_an_owner(sql: Callable[..., list[str]]) -> None:
    rights = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
    assert sql(f"SELECT {rights} FROM pg_roles WHERE rolname = current_user") == ["f|f|f|f|f"]  # noqa: S608
    assert sql("SELECT roleid::regrole FROM pg_auth_members WHERE member = current_user::regrole") == []
    assert sql("SELECT rolname, rolpassword IS NULL FROM pg_authid WHERE rolsuper", user="postgres") == ["postgres|t"]
    with pytest.raises(AssertionError, match="permission denied"):
        sql("COPY (SELECT 1) TO PROGRAM 'id'")


@pytest.mark.parametrize("database", [None, "other"])
def test_the_role_owns_everything_in_its_databases(sql: Callable[..., list[str]], database: str | None) -> None:
    options = {"database": database} if database else {}
    assert sql(OF_THE_SUPERUSER, user="postgres", **options) == []
    owner = "SELECT pg_get_userbyid(datdba) = current_user FROM pg_database WHERE datname = current_database()"
    assert sql(owner, **options) == ["t"]


def test_the_data_is_kept_and_can_be_changed(sql: Callable[..., list[str]]) -> None:
    assert sql("SELECT count(*), max(n) FROM library.book WHERE title LIKE 'BOOK %'") == ["50|50"]
    sql("ALTER TABLE library.book ADD y int; INSERT INTO library.book (title) VALUES ('x')")
    sql("REFRESH MATERIALIZED VIEW counted")
    sql("DROP FUNCTION twice; DROP TYPE library.pages; SELECT lo_unlink(4711)")
    assert sql("SELECT x FROM there", database="other") == ["1"]


def test_the_role_may_create_trusted_extensions(sql: Callable[..., list[str]]) -> None:
    sql("CREATE EXTENSION unaccent")
    with pytest.raises(AssertionError, match="permission denied to create extension"):
        sql("CREATE EXTENSION file_fdw")


def test_the_site_serves_and_a_second_run_changes_nothing(old: Clone) -> None:
    assert httpx.get(f"{old.url()}/readyz", headers={"Host": "localhost"}).status_code == 200
    assert old.bash(". bin/lib/database; find_superuser; databases_to_change").stdout == ""


ROTATION = "tricorn_rotation"
ROLE_SETTINGS = """
SELECT concat(datname, '|', unnest(setconfig)) FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase
WHERE setrole = '"{}"'::regrole ORDER BY 1
"""


def log_in(clone: Clone, role: str, password: str, statements: str) -> list[str]:
    """Over the network, as a gateway does; a failure raises."""
    script = 'PGPASSWORD="$1" exec psql -XAqt "host=$(hostname -i) user=$2 dbname=$POSTGRES_DB" -c "$3"'
    return clone.compose("exec", "-T", "postgres", "sh", "-c", script, "sh", password, role, statements).splitlines()


@pytest.fixture
def role(sql: Callable[..., list[str]]) -> str:
    """The project's, with settings of its own."""
    name = sql("SELECT current_user")[0]
    sql(f'ALTER ROLE "{name}" SET search_path = public, library', user="postgres")
    sql(f"ALTER ROLE \"{name}\" IN DATABASE other SET application_name = 'it''s'", user="postgres")
    return name


def test_the_role_of_a_rotation_acts_as_the_project_s(old: Clone, sql: Callable[..., list[str]], role: str) -> None:
    """bin/inside/rotation.sql: it has the rights and settings, and what it creates belongs to the project's role."""
    lines = f"{{ cat bin/inside/rotation.sql; echo \"ALTER ROLE {ROTATION} LOGIN PASSWORD 'secret'\"; }}"
    script = f". bin/lib/database; find_superuser; {lines} | query $database -v owner={role} -v role={ROTATION}"
    # Twice: an interrupted rotation runs it again.
    for _ in range(2):
        given = old.bash(script)
        assert given.returncode == 0, given.stderr
        assert sql(ROLE_SETTINGS.format(ROTATION)) == sorted([*sql(ROLE_SETTINGS.format(role)), f"|role={role}"])
    owner = "SELECT session_user, current_user, tableowner FROM pg_tables WHERE tablename = 'rotated'"
    found = log_in(old, ROTATION, "secret", f"CREATE TABLE rotated (x int); {owner}")
    assert found[-1] == f"{ROTATION}|{role}|{role}"
    sql(f"DROP ROLE {ROTATION}", user="postgres")


def interrupt_a_rotation(clone: Clone) -> None:
    """Sends SIGHUP during the first roll, as a closed terminal does."""
    process = clone.start("bin/rotate")
    assert process.stdout
    said = ""
    while "gunicorn: starting" not in said:
        said += (line := process.stdout.readline())
        assert line, said
    os.killpg(process.pid, signal.SIGHUP)
    said += process.communicate(timeout=150)[0]
    assert process.returncode == 1, said
    assert "run make rotate again" in said


@pytest.mark.skipif(not IS_FULL, reason="make test-full runs it: three rolls")
@pytest.mark.timeout(600)
def test_a_new_password_costs_no_request(old: Clone, sql: Callable[..., list[str]], role: str) -> None:
    """make rotate, interrupted during its first roll, and run again."""
    secret = old.path / "secrets" / "postgres_password"
    first = secret.read_text()
    with Traffic(Stack(old.project, {}), *readers()) as traffic:
        interrupt_a_rotation(old)
        rotated = old.make("rotate")
    assert rotated.returncode == 0, rotated.stdout + rotated.stderr
    for record in traffic.records.values():
        assert record.sent
        assert set(record.statuses) == {200}, (record.flow.name, record.statuses)
    second = secret.read_text()
    assert second != first
    assert log_in(old, role, second, "SELECT 1") == ["1"]
    with pytest.raises(AssertionError, match="password authentication failed"):
        log_in(old, role, first, "SELECT 1")
    assert sql(f"SELECT count(*) FROM pg_roles WHERE rolname = '{ROTATION}'") == ["0"]  # noqa: S608
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
