"""make restore: the same rows and files, in an empty stack and over another stack's data, while both serve."""

import hashlib
import threading
import time
from dataclasses import dataclass

import pytest

from tests.operations.backup.conftest import Archive, Site, add_student, readers
from tests.support.stack import wait_until
from tests.support.traffic import Traffic


@dataclass(frozen=True)
class Busy:
    """A backup made while a client wrote rows, restored over newer data."""

    acknowledged: int  # rows written before the backup began
    while_backing_up: Traffic
    while_restoring: Traffic
    cached: str


@pytest.fixture(scope="module")
def busy(copy: Site, archive: Archive, restored: Traffic, tmp_path_factory: pytest.TempPathFactory) -> Busy:
    path, written, over = tmp_path_factory.mktemp("busy") / "x.tar", [], threading.Event()

    def write() -> None:
        with copy.client() as client:
            while not over.is_set():
                add_student(client, f"row {len(written)}")
                written.append(True)
                time.sleep(0.05)

    # The code has this migration and the backup does not.
    copy.sql("DROP TABLE django_session; DELETE FROM django_migrations WHERE app = 'sessions'")
    media = next(iter(archive.contents))
    writer = threading.Thread(target=write)
    with Traffic(copy.stack, *readers(media)) as while_backing_up:
        writer.start()
        wait_until(lambda: len(written) > 20)
        acknowledged = len(written)
        result = copy.make("backup", f"FILE={path}")
        over.set()
        writer.join()
    assert result.returncode == 0, result.stderr
    with copy.client() as client:
        add_student(client, "too late")
    copy.stack.compose("exec", "-T", "uwsgi", "sh", "-c", "echo late >/srv/uploads/media/late")
    cache = 'REDISCLI_AUTH="$(cat /run/secrets/valkey_password)" valkey-cli -n 1'
    copy.stack.compose("exec", "-T", "valkey", "sh", "-c", f"{cache} set old row")
    with Traffic(copy.stack, *readers(media)) as while_restoring:
        result = copy.make("restore", f"FILE={path}", FORCE="1")
    assert result.returncode == 0, result.stderr
    cached = copy.stack.compose("exec", "-T", "valkey", "sh", "-c", f"{cache} dbsize").stdout.strip()
    return Busy(acknowledged, while_backing_up, while_restoring, cached)


def assert_served(traffic: Traffic, *allowed: int) -> None:
    for record in traffic.records.values():
        assert record.sent
        assert set(record.statuses) <= {200, *allowed}, (record.flow.name, record.statuses)


def test_every_row_of_every_table_is_restored(copy: Site, archive: Archive, restored: Traffic) -> None:
    assert copy.tables() == archive.tables


def test_every_file_is_restored_with_its_mode_and_owner(copy: Site, archive: Archive, restored: Traffic) -> None:
    assert copy.files() == archive.files


def test_nginx_serves_every_upload(copy: Site, archive: Archive, restored: Traffic) -> None:
    with copy.client() as client:
        for url, sha256 in archive.contents.items():
            assert hashlib.sha256(client.get(url).raise_for_status().content).hexdigest() == sha256


def test_an_empty_stack_serves_during_a_restore(restored: Traffic) -> None:
    assert_served(restored, 503)


def test_new_rows_and_files_after_a_restore_do_not_collide(copy: Site, restored: Traffic, gateway: str) -> None:
    with copy.client() as client:
        last = int(copy.sql("SELECT max(id) FROM students_student")[0])
        client.headers["Host"] = f"{gateway}.localhost"
        assert add_student(client, "new") > last
        stored = client.post("/upload/", files={"file": ("new", b"new")}, headers={"Accept": "application/json"})
        assert client.get(stored.json()["url"]).content == b"new"


def test_no_request_fails_while_a_backup_is_made(busy: Busy) -> None:
    assert_served(busy.while_backing_up)


def test_acknowledged_rows_are_in_the_backup_without_gaps(copy: Site, busy: Busy) -> None:
    rows = copy.sql("SELECT substr(name, 5)::int FROM students_student WHERE name LIKE 'row %' ORDER BY id")
    assert list(map(int, rows)) == list(range(len(rows)))
    assert len(rows) >= busy.acknowledged


def test_data_newer_than_the_backup_is_gone(copy: Site, busy: Busy) -> None:
    assert copy.sql("SELECT count(*) FROM students_student WHERE name = 'too late'") == ["0"]
    assert not [line for line in copy.files() if "late" in line]
    assert busy.cached == "0"


def test_migrations_that_the_backup_lacks_are_applied(copy: Site, busy: Busy) -> None:
    assert copy.sql("SELECT to_regclass('django_session') IS NOT NULL") == ["t"]


def test_a_stack_in_use_serves_during_a_restore(busy: Busy, archive: Archive) -> None:
    assert_served(busy.while_restoring, 503)
    # The upload is in both, and nginx serves it alone.
    assert set(busy.while_restoring[next(iter(archive.contents))].statuses) == {200}


def test_a_restore_leaves_no_remains(copy: Site, busy: Busy) -> None:
    assert copy.sql("SELECT count(*) FROM pg_database") == ["4"]
    assert copy.files()[:2] == ["media", "tmp"]
