"""/students/: the synchronous twin of students/async_views.py. Both answer the same requests alike."""

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
from students.replace import replace


def find(pk: int) -> Student:
    try:
        return Student.objects.get(pk=pk)
    except Student.DoesNotExist:
        raise no_such_student() from None


class JsonView(View):
    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except RefusedError as refused:
            return refused.response()


class Students(JsonView):
    def get(self, request: HttpRequest) -> HttpResponse:
        page = Page.of(request)
        students = [serialize(student) for student in Student.objects.all()[page.rows]]
        return page.response(students, total=Student.objects.all()[:REACH].count())

    def post(self, request: HttpRequest) -> HttpResponse:
        columns = validate(parse(request))
        with refusals():
            student = Student.objects.create(**columns)
        return JsonResponse(serialize(student), status=201, headers={"Location": reverse("student", args=[student.pk])})


class OneStudent(JsonView):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse(serialize(find(pk)))

    def put(self, request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse(serialize(replace(pk, parse(request))))

    def patch(self, request: HttpRequest, pk: int) -> HttpResponse:
        changes = parse(request)
        student = find(pk)
        with refusals():
            # Only these columns, so that concurrent changes of other fields are kept.
            student.save(update_fields=validate_changes(student, changes))
        return JsonResponse(serialize(student))

    def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        find(pk).delete()
        return HttpResponse(status=204)
