"""PUT replaces a whole student in a transaction. Django has transactions only for synchronous code."""

from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction

from students.models import Student
from students.payload import no_such_student, refusals, validate


def replace(pk: int, data: dict[str, Any]) -> Student:
    """Locks the row until it is written. So two clients that replace the same student do it one after the other."""
    columns = validate(data, pk)
    with refusals(), transaction.atomic():
        student = Student.objects.select_for_update().filter(pk=pk).first()
        if student is None:
            raise no_such_student()
        for column, value in columns.items():
            setattr(student, column, value)
        student.save()
    return student


# For asynchronous views: runs the whole transaction in the request's thread. On the event loop the ORM refuses to run
# (SynchronousOnlyOperation), because every other request of the process would wait for PostgreSQL as well.
# thread_sensitive, the default, keeps all synchronous code of a request in one thread. A database connection belongs to
# its thread. In another thread, the transaction would take a second connection, which nothing returns to the pool at
# the end of the request.
areplace = sync_to_async(replace, thread_sensitive=True)
