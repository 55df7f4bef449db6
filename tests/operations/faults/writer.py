"""Clients that write rows and remember which writes were acknowledged with 201: these rows must exist."""

import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import Self

import httpx

from tests.support.stack import Stack, run
from tests.support.traffic import TIMEOUT

PATHS = {"uwsgi": "/students/", "gunicorn": "/async/students/"}
# Seconds between two writes of one writer.
PAUSE = 0.02


@dataclass
class Written:
    """The answers that one writer got."""

    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[int | str] = field(default_factory=Counter)
    longest: float = 0.0  # seconds: the longest wait for an answer


class Writers:
    """`with Writers(stack) as writers:` posts students with unique names to each gateway, one at a time on each."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.url, self.over = stack, stack.url(), Event()
        self.token = secrets.token_hex(4)
        self.written = {gateway: Written() for gateway in PATHS}
        self.threads = [Thread(target=self.write, args=(gateway,), daemon=True) for gateway in PATHS]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def write(self, gateway: str) -> None:
        record, number = self.written[gateway], 0
        headers = {"Host": f"{gateway}.localhost"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=TIMEOUT) as client:
            while not self.over.is_set():
                number += 1
                name, began = f"{self.token}-{gateway}-{number}", time.monotonic()
                try:
                    answer: int | str = client.post(
                        PATHS[gateway], json={"name": name, "age": 20, "sex": "other"}
                    ).status_code
                except httpx.HTTPError as failure:
                    answer = type(failure).__name__
                record.longest = max(record.longest, time.monotonic() - began)
                record.answers[answer] += 1
                if answer == 201:
                    record.acknowledged.add(name)
                self.over.wait(PAUSE)

    def rows(self) -> Counter[str]:
        """How often each name is in the database."""
        question = f"SELECT name FROM students_student WHERE name LIKE '{self.token}-%'"  # noqa: S608  # of hex digits
        psql = 'psql --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --no-psqlrc -qAt'
        told = run(
            "docker", "exec", "--interactive", self.stack.container("postgres"), "sh", "-c", psql, input=question
        )
        return Counter(told.stdout.split())
