"""A stack with rows and files, its backup, and a second stack to restore it into."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.support.second import second_stack
from tests.support.stack import GATEWAYS, ROOT, Stack, run
from tests.support.traffic import Flow, Traffic

# A checksum of each table's rows, and the last value of each sequence.
TABLES = r"""
SELECT format('SELECT %L, count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %I.%I t',
  tablename, schemaname, tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename \gexec
SELECT sequencename, last_value FROM pg_sequences ORDER BY 1;
"""
# A checksum of each file, mode and owner of everything, and the list of what else the folder has.
FILES = r"""
cd /srv/uploads
{ ls; cd media; find . -type f -exec sha256sum {} + | sort; find . -printf "%m %U %p\n" | sort; } | cat -v
"""
STUDENT = {"name": "", "age": 20, "sex": "female", "mobile": "", "classmate": None, "status": "enrolled"}


@dataclass(frozen=True)
class Site:
    """A stack, its data, and the scripts that back it up and restore it."""

    stack: Stack
    environment: dict[str, str] = field(default_factory=dict)

    def variables(self, **changes: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        return {**inherited, "COMPOSE_PROJECT_NAME": self.stack.project, **self.environment, **changes}

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs `make` without a terminal. It may fail: the test checks the result."""
        command, variables = ("make", "--no-print-directory", *arguments), self.variables(**environment)
        return run(*command, check=False, cwd=ROOT, env=variables, stdin=subprocess.DEVNULL)

    def sql(self, statements: str, database: str = "$POSTGRES_DB") -> list[str]:
        command = f'printf "%s" "$1" | psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -XAqtd "{database}"'
        return self.stack.compose("exec", "-T", "postgres", "sh", "-c", command, "sh", statements).stdout.splitlines()

    def admin(self, *statements: str) -> None:
        """Runs each statement by itself, as the superuser."""
        options = [part for statement in statements for part in ("-c", statement)]
        psql = ("psql", "-v", "ON_ERROR_STOP=1", "-XAqt", "-U", "postgres", "-d", "template1", *options)
        self.stack.compose("exec", "-T", "postgres", *psql)

    def tables(self) -> list[str]:
        return self.sql(TABLES)

    def files(self) -> list[str]:
        return self.stack.compose("exec", "-T", "uwsgi", "sh", "-euc", FILES).stdout.splitlines()

    def state(self) -> tuple[list[str], list[str], list[str]]:
        return self.tables(), self.files(), self.sql("SELECT datname FROM pg_database ORDER BY 1")

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.stack.url(), headers={"Host": "localhost"}, timeout=30)


def add_student(client: httpx.Client, name: str) -> int:
    answer = client.post("/students/", json={**STUDENT, "name": name})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def readers(*paths: str) -> list[Flow]:
    """Five requests a second that read the database on each gateway, and as many to each further path."""
    flows = [Flow(gateway, f"{gateway}.localhost", "/students/?size=5", 5) for gateway in GATEWAYS]
    return flows + [Flow(path, path=path, rate=5) for path in paths]


@dataclass(frozen=True)
class Archive:
    """A backup of the stack under test, and the data that it was made of."""

    path: Path
    said: str
    tables: list[str]
    files: list[str]
    contents: dict[str, str]  # SHA-256 of each upload, by URL


@pytest.fixture(scope="package")
def archive(stack: Stack) -> Iterator[Archive]:
    """The result of `make backup` on a stack with students, a user and uploads."""
    site, contents = Site(stack), {}
    with site.client() as client:
        students = [add_student(client, f"Ünï'; -- {number}") for number in range(20)]
        for name, content in {"a.txt": b"hello", "empty": b"", "ü b.bin": bytes(range(256)) * 5000}.items():
            stored = client.post("/upload/", files={"file": (name, content)}, headers={"Accept": "application/json"})
            contents[stored.json()["url"]] = hashlib.sha256(content).hexdigest()
    site.sql(
        "INSERT INTO auth_user (username, password, is_superuser, is_staff, is_active, first_name, last_name, email,"
        " date_joined) VALUES ('backup', 'x', true, true, true, '', '', '', now())"
    )
    # As a project may have: a folder, a private one, a name that is not UTF-8, and a link, which the backup omits.
    shell = ("exec", "-T", "--workdir", "/srv/uploads/media", "uwsgi", "sh", "-euc")
    made = "mkdir -p d/e && echo x >d/e/f && mkdir -m 700 p && touch -m -d 2001-02-03 \"$(printf 'n\\377')\""
    stack.compose(*shell, made)
    tables, files = site.tables(), site.files()
    stack.compose(*shell, "ln -s /etc/passwd link")
    result = site.make("backup")
    assert result.returncode == 0, result.stderr
    path = Path(next(line for line in result.stdout.splitlines() if ".tar: " in line).partition(": ")[0])
    yield Archive(path, result.stdout, tables, files, contents)
    path.unlink()
    site.sql(f"DELETE FROM students_student WHERE id = ANY('{{{','.join(map(str, students))}}}');")  # noqa: S608
    site.sql("DELETE FROM auth_user WHERE username = 'backup'")
    uploads = " ".join(url.rpartition("/")[2] for url in contents)
    stack.compose(*shell, f"rm -rf d p link \"$(printf 'n\\377')\" {uploads}")


@pytest.fixture(scope="package", autouse=True)
def coming() -> Iterator[Future[Stack]]:
    """The second stack. It starts while the first tests run, which do not need it."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(second_stack)


@pytest.fixture(scope="package")
def copy(coming: Future[Stack]) -> Iterator[Site]:
    """A second stack without rows and files."""
    other = coming.result()
    site = Site(other, other.environment)

    def empty() -> None:
        site.sql("TRUNCATE students_student, auth_user CASCADE")
        other.compose("exec", "-T", "uwsgi", "sh", "-c", "rm -rf /srv/uploads/media/*")

    # Other tests may have used the stack before, and may use it afterwards.
    empty()
    yield site
    empty()


@pytest.fixture(scope="package")
def restored(copy: Site, archive: Archive) -> Traffic:
    """The traffic while the archive was restored into the copy. restore asks for no confirmation: the copy is empty."""
    with Traffic(copy.stack, *readers()) as traffic:
        result = copy.make("restore", f"FILE={archive.path}")
    assert result.returncode == 0, result.stderr
    return traffic
