from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


def lobby(request: HttpRequest) -> HttpResponse:
    """The page that compares the gateways. It fetches its data itself, with COMPARE=1 from /gateways/NAME/."""
    root = reverse("lobby").rstrip("/")
    return render(request, "lobby/lobby.html", {"root": root, "gateways": settings.GATEWAYS})
