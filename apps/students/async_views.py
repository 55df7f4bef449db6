"""/async/students/: the asynchronous twin of students/views.py. Both answer the same requests alike.

The ORM's `a` methods await the database without blocking the event loop. They are not faster: psycopg still runs in a
thread, the request's own.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.views import View

from students.models import Student
from students.payload import (
    REACH,
    Page,
    RefusedError,
    no_such_student,
    parse,
    refusals,
    serialize,
    validate,
    validate_changes,
)
from students.replace import areplace


async def find(pk: int) -> Student:
    try:
        return await Student.objects.aget(pk=pk)
    except Student.DoesNotExist:
        raise no_such_student() from None


class AsyncJsonView(View):
    async def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return await super().dispatch(request, *args, **kwargs)
        except RefusedError as refused:
            return refused.response()


class AsyncStudents(AsyncJsonView):
    async def get(self, request: HttpRequest) -> HttpResponse:
        page = Page.of(request)
        students = [serialize(student) async for student in Student.objects.all()[page.rows]]
        return page.response(students, total=await Student.objects.all()[:REACH].acount())

    async def post(self, request: HttpRequest) -> HttpResponse:
        columns = validate(parse(request))
        with refusals():
            student = await Student.objects.acreate(**columns)
        location = reverse("async-student", args=[student.pk])
        return JsonResponse(serialize(student), status=201, headers={"Location": location})


class AsyncOneStudent(AsyncJsonView):
    async def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse(serialize(await find(pk)))

    async def put(self, request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse(serialize(await areplace(pk, parse(request))))

    async def patch(self, request: HttpRequest, pk: int) -> HttpResponse:
        changes = parse(request)
        student = await find(pk)
        with refusals():
            # Only these columns, so that concurrent changes of other fields are kept.
            await student.asave(update_fields=validate_changes(student, changes))
        return JsonResponse(serialize(student))

    async def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        student = await find(pk)
        await student.adelete()
        return HttpResponse(status=204)
