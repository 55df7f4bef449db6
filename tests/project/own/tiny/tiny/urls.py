import os

from django.contrib.auth.models import User
from django.http import HttpRequest, JsonResponse
from django.templatetags.static import static
from django.urls import path


def home(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "project": "tiny",
            "gateway": os.environ["GATEWAY"],
            "request": type(request).__name__,
            "scheme": request.scheme,
            "users": User.objects.count(),
            "stylesheet": static("tiny/tiny.css"),
        }
    )


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"alive": True})


urlpatterns = [path("", home), path("health/", alive)]
