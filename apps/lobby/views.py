from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def lobby(request: HttpRequest) -> HttpResponse:
    """The page that compares the gateways. All that it shows it fetches itself, from /gateways/NAME/."""
    return render(request, "lobby/lobby.html", {"gateways": settings.GATEWAYS})
