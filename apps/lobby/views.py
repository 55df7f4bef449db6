from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


def lobby(request: HttpRequest) -> HttpResponse:
    """The page that compares the gateways. All that it shows it fetches itself, from /gateways/NAME/ with COMPARE=1."""
    root = reverse("lobby").rstrip("/")
    return render(request, "lobby/lobby.html", {"root": root, "gateways": settings.GATEWAYS})
