"""JSON in, JSON out, for the synchronous and the asynchronous views. Nothing here uses the database."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse

from students.forms import PageForm, StudentForm
from students.models import Student

FIELDS = ("name", "age", "sex", "mobile", "classmate", "description", "status")

# Half a character. JSON can contain it, as "\ud83d". UTF-8, and therefore PostgreSQL, cannot.
HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")


class RefusedError(Exception):
    """An error response: messages by field, and the HTTP status."""

    def __init__(self, errors: dict[str, list[str]], status: int = 400) -> None:
        super().__init__(errors)
        self.errors = errors
        self.status = status

    def response(self) -> JsonResponse:
        return JsonResponse({"errors": self.errors}, status=self.status)


def no_such_student() -> RefusedError:
    return RefusedError({"id": ["There is no such student."]}, status=404)


def serialize(student: Student) -> dict[str, Any]:
    return {
        "id": student.pk,
        "name": student.name,
        "age": student.age,
        "sex": student.sex,
        "mobile": student.mobile,
        # The column, because `student.classmate` would be a query.
        "classmate": student.classmate_id,
        "description": student.description,
        "status": student.status,
    }


def parse(request: HttpRequest) -> dict[str, Any]:
    """The request's body: a JSON object with fields of a student and no others. Raises RefusedError for any other."""
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):  # RecursionError: a million opening brackets
        raise RefusedError({"body": ["This is not JSON."]}) from None
    if not isinstance(data, dict):
        raise RefusedError({"body": ["Send a JSON object."]})
    if unknown := sorted(data.keys() - set(FIELDS)):
        raise RefusedError({name: ["There is no such field."] for name in unknown})
    if wrong := {name: [reason] for name, value in data.items() if (reason := complaint(value))}:
        raise RefusedError(wrong)
    return data


def complaint(value: object) -> str:
    """The error of a value that no field accepts, or "". A form would store `["Ada"]` as a text, for example."""
    if isinstance(value, list | dict):
        return "Send a single value."
    if isinstance(value, str) and HALF_A_CHARACTER.search(value):
        return "Send valid Unicode."
    return ""


def validate(data: dict[str, Any], pk: int | None = None) -> dict[str, Any]:
    """Values by column. `pk` is the existing student for whom they are, or None. Raises RefusedError."""
    form = StudentForm(data)
    if not form.is_valid():
        raise RefusedError(form.errors)
    columns = form.columns()
    if pk is not None and columns["classmate_id"] == pk:
        raise RefusedError({"classmate": ["A student cannot be their own classmate."]})
    return columns


def validate_changes(student: Student, changes: dict[str, Any]) -> list[str]:
    """Sets the changed fields on the student, and returns their names. Raises RefusedError."""
    columns = validate(serialize(student) | changes, student.pk)
    for column, value in columns.items():
        setattr(student, column, value)
    return list(changes)


@contextmanager
def refusals() -> Iterator[None]:
    """Translates PostgreSQL's errors while a student is saved into answers for the client.

    A query beforehand would cost time, and its result could be outdated when the student is saved.
    """
    try:
        yield
    except IntegrityError:
        # The only constraint that a valid form can violate.
        raise RefusedError({"classmate": ["There is no such student."]}) from None
    except (OperationalError, InterfaceError):
        raise  # the database itself has failed: 503
    except DatabaseError:
        # `save(update_fields=...)` found no row: it was deleted since it was read.
        raise no_such_student() from None


# Rows of a list through which a client can page. PostgreSQL reads each row that it counts or skips. Anybody can add
# rows, so without a limit one request could cost any amount of work.
REACH = 10_000


@dataclass(frozen=True)
class Page:
    number: int
    size: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Page":
        form = PageForm(request.GET)
        if not form.is_valid():
            raise RefusedError(form.errors)
        page = cls(form.cleaned_data["page"] or 1, form.cleaned_data["size"] or 20)
        if page.rows.start >= REACH:
            raise RefusedError({"page": [f"This list ends after {REACH} students."]})
        return page

    @property
    def rows(self) -> slice:
        return slice((self.number - 1) * self.size, self.number * self.size)

    def response(self, students: list[dict[str, Any]], total: int) -> JsonResponse:
        """`total` is the number of rows, or REACH if there are more."""
        return JsonResponse({"page": self.number, "size": self.size, "total": total, "students": students})
