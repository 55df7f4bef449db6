import time

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.static import serve

from benchmark.content import NEW, ROWS, as_json, greeting, mebibyte_of_bytes, worked
from students.models import Student


def hello(_: HttpRequest) -> HttpResponse:
    return greeting()


def row(_: HttpRequest) -> HttpResponse:
    return as_json([Student.objects.order_by("pk")[0]])


def rows(_: HttpRequest) -> HttpResponse:
    return as_json(list(Student.objects.order_by("pk")[:ROWS]))


@csrf_exempt
def write(_: HttpRequest) -> HttpResponse:
    return JsonResponse({"id": Student.objects.create(**NEW).pk}, status=201)


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "benchmark/page.html", {"students": Student.objects.order_by("pk")[:ROWS]})


def mebibyte(_: HttpRequest) -> HttpResponse:
    return mebibyte_of_bytes()


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    """Reads the body piece by piece, as a view that keeps it would."""
    length = 0
    while piece := request.read(65536):
        length += len(piece)
    return JsonResponse({"length": length})


def work(_: HttpRequest) -> HttpResponse:
    Student.objects.order_by("pk").first()
    return worked()


def wait(_: HttpRequest) -> HttpResponse:
    """A tenth of a second for somebody else's answer."""
    time.sleep(0.1)
    return greeting()


def file(request: HttpRequest, path: str) -> HttpResponseBase | FileResponse:
    """Static files through Django: claim 12 of lab/notes.md calls that a waste."""
    return serve(request, path, document_root=settings.BENCH_FILES)


VIEWS = (hello, row, rows, write, page, mebibyte, upload, wait, work)
