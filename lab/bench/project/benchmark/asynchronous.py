import asyncio

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from benchmark.content import NEW, ROWS, as_json, greeting, mebibyte_of_bytes, worked
from students.models import Student


async def hello(_: HttpRequest) -> HttpResponse:
    return greeting()


async def row(_: HttpRequest) -> HttpResponse:
    return as_json([student async for student in Student.objects.order_by("pk")[:1]])


async def rows(_: HttpRequest) -> HttpResponse:
    return as_json([student async for student in Student.objects.order_by("pk")[:ROWS]])


@csrf_exempt
async def write(_: HttpRequest) -> HttpResponse:
    return JsonResponse({"id": (await Student.objects.acreate(**NEW)).pk}, status=201)


async def page(request: HttpRequest) -> HttpResponse:
    students = [student async for student in Student.objects.order_by("pk")[:ROWS]]
    return render(request, "benchmark/page.html", {"students": students})


async def mebibyte(_: HttpRequest) -> HttpResponse:
    return mebibyte_of_bytes()


@csrf_exempt
async def upload(request: HttpRequest) -> HttpResponse:
    """Django has the body whole before an asynchronous view is called, in memory or in a file."""
    length = 0
    while piece := request.read(65536):
        length += len(piece)
    return JsonResponse({"length": length})


async def work(_: HttpRequest) -> HttpResponse:
    await Student.objects.order_by("pk").afirst()
    return worked()


async def wait(_: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0.1)
    return greeting()


VIEWS = (hello, row, rows, write, page, mebibyte, upload, wait, work)
