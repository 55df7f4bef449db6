"""New code or settings that cannot serve: `make up` reports why and touches no container; the stack keeps serving."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.support.clone import Clone, only_line
from tests.support.stack import GATEWAYS

# One build has all faults: LOG_LEVEL, which is not part of an image, selects one.
SETTINGS = """
if environment.LOG_LEVEL == "ERROR" and environment.DATABASE_POOL_SIZE:
    # What psycopg2 with a pool is: healthy, and 500 at every request of the database, on the ASGI gateways alone.
    DATABASES["default"]["OPTIONS"]["nonsense"] = 1
if environment.LOG_LEVEL == "DEBUG":
    ROOT_URLCONF = "config.broken"
if environment.LOG_LEVEL == "CRITICAL":
    DATABASES["default"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nowhere/db.sqlite3"}
# No fault, but a warning: HTTPS=0, and HEALTH_PATH is not redirected.
SECURE_SSL_REDIRECT = environment.LOG_LEVEL == "INFO"
"""
URLS = """try:
    import nowhere.at.all
except ImportError as error:
    raise RuntimeError("the API is not there") from error
"""
MIGRATION = """from django.db import migrations


def fail(apps, schema_editor):
    raise RuntimeError("these rows cannot be moved")


class Migration(migrations.Migration):
    dependencies = [("students", "0001_initial")]
    operations = [migrations.RunPython(fail)]
"""
KEPT = " (full output: logs/up.log); the stack stays in service"


@contextmanager
def asked_throughout(clone: Clone) -> Iterator[list[int]]:
    """The statuses of each gateway's answers from the database during the block."""
    statuses: list[int] = []
    over = threading.Event()
    url = clone.url()

    def ask(gateway: str) -> None:
        with httpx.Client(base_url=url, headers={"Host": f"{gateway}.localhost"}, timeout=20) as client:
            while not over.wait(0.1):
                statuses.append(client.get("/students/?size=1").status_code)

    threads = [threading.Thread(target=ask, args=(gateway,)) for gateway in GATEWAYS]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert set(statuses) == {200}


@pytest.fixture(scope="module")
def bad(running: Clone) -> Iterator[Clone]:
    """The running clone with a project that is bad in four ways."""
    edited = running.path / "apps" / "config" / "settings.py"
    before = edited.read_text()
    added = {
        running.path / "apps" / "config" / "broken.py": URLS,
        running.path / "apps" / "students" / "migrations" / "0002_bad.py": MIGRATION,
    }
    edited.write_text(before + SETTINGS)
    for file, text in added.items():
        file.write_text(text)
    yield running
    edited.write_text(before)
    for file in added:
        file.unlink()


CASES = [
    (
        "DEBUG",
        ": ROOT_URLCONF=config.broken: RuntimeError: the API is not there; caused by ModuleNotFoundError: No module"
        " named 'nowhere' (config/broken.py, line 2)",
    ),
    ("ERROR", ': DATABASES["default"] cannot be opened: '),
    ("CRITICAL", 'migrate: DATABASES["default"] cannot be opened: OperationalError: unable to open database file'),
    ("INFO", "the migrations failed: RuntimeError: these rows cannot be moved"),
]


# One case runs with make roll, which checks and migrates with the same functions.
@pytest.mark.parametrize(("target", "level", "fault"), [("roll", *CASES[-1]), *(("up", *case) for case in CASES)])
def test_bad_code_changes_nothing(unharmed: Clone, bad: Clone, target: str, level: str, fault: str) -> None:
    with asked_throughout(bad):
        said = bad.make(target, LOG_LEVEL=level)
    line = only_line(said)
    assert ("warning: SECURE_SSL_REDIRECT redirects every visitor to HTTPS" in said.stdout) == (level == "INFO")
    assert line.startswith(f"{target}: ")
    assert fault in line
    assert line.endswith(KEPT.replace("up.log", f"{target}.log"))
    if level == "ERROR":
        # Only the gateways with a pool fail.
        assert line.startswith(("up: gunicorn: ", "up: daphne: "))
        assert "nonsense" in line
    # The log has all of it, with the traceback.
    log = bad.path / "logs" / f"{target}.log"
    assert "Traceback (most recent call last)" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    # The images that serve keep their names, so a start from here uses them.
    for gateway in GATEWAYS:
        (container,) = bad.compose("ps", "--quiet", gateway).split()
        assert bad.image_of(container) == bad.image_id(f"{bad.project}-{gateway}")


def test_an_invalid_nginx_configuration_changes_nothing(unharmed: Clone) -> None:
    limits = unharmed.path / "nginx" / "conf.d" / "limits.conf"
    before = limits.read_text()
    limits.write_text(before + "no_such_directive on;\n")
    try:
        line = only_line(unharmed.make("up"))
    finally:
        limits.write_text(before)
    place = f"nginx/conf.d/limits.conf:{len(before.splitlines()) + 1}"
    assert line == f'up: nginx: nginx: [emerg] unknown directive "no_such_directive" in {place}{KEPT}'


def test_a_missing_health_path_is_reported_at_once(unharmed: Clone) -> None:
    line = only_line(unharmed.make("up", HEALTH_PATH="/nope"))
    assert "HEALTH_PATH=/nope answers 404 on the host localhost: set a path that the project has" in line
    assert line.endswith(KEPT)
