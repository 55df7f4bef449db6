"""What both kinds of views answer with."""

import hashlib

from django.http import HttpResponse, JsonResponse

from students.models import Student
from students.payload import serialize

MEBIBYTE = b"0123456789abcdef" * 65536
NEW = {"name": "A student", "age": 20, "sex": "female", "status": "enrolled"}
ROWS = 20


def worked() -> JsonResponse:
    """Some milliseconds of a processor, as a login takes them."""
    return JsonResponse({"key": hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 10_000).hex()})


def greeting() -> JsonResponse:
    return JsonResponse({"message": "Hello, World!"})


def mebibyte_of_bytes() -> HttpResponse:
    return HttpResponse(MEBIBYTE, content_type="application/octet-stream")


def as_json(students: list[Student]) -> JsonResponse:
    return JsonResponse({"students": [serialize(student) for student in students]})
