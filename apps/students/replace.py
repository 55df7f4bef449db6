"""PUT: replace a whole student. In a transaction, which Django offers to synchronous code alone."""

from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction

from students.models import Student
from students.payload import no_such_student, refusals, validate


def replace(pk: int, data: dict[str, Any]) -> Student:
    """The row is locked until it is written, so two clients that replace the same student do so one after the other."""
    columns = validate(data, pk)
    with refusals(), transaction.atomic():
        student = Student.objects.select_for_update().filter(pk=pk).first()
        if student is None:
            raise no_such_student()
        for column, value in columns.items():
            setattr(student, column, value)
        student.save()
    return student


# For asynchronous views: the whole transaction as one piece, in the request's thread. Called as it is on the event loop
# the ORM would refuse (SynchronousOnlyOperation), and it should: every other request of the process would wait for
# PostgreSQL as well. thread_sensitive, the default, keeps all synchronous code of a request in one thread. A database
# connection belongs to its thread: in any other, the transaction would take a second connection, which nobody gives
# back at the end of the request.
areplace = sync_to_async(replace, thread_sensitive=True)
