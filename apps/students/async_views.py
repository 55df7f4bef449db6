"""/async/students/: the asynchronous twin of students/views.py. Same requests, same answers.

The ORM's `a` methods wait for the database without holding up the event loop. They are no faster: psycopg still works
in a thread, the request's own.
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
            # Only these columns: a field that somebody else changes meanwhile stays changed.
            await student.asave(update_fields=validate_changes(student, changes))
        return JsonResponse(serialize(student))

    async def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        student = await find(pk)
        await student.adelete()
        return HttpResponse(status=204)
