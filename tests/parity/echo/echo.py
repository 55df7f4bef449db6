"""A Django project in one file that answers every request with what Django was told of it, as JSON."""

import hashlib

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, JsonResponse
from django.urls import re_path

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="echo",
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    )

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application


def echo(request: HttpRequest) -> JsonResponse:
    body = request.body
    return JsonResponse(
        {
            "interface": "ASGI" if isinstance(request, ASGIRequest) else "WSGI",
            "META": {name: value for name, value in request.META.items() if isinstance(value, str)},
            "method": request.method,
            "path": request.path,
            "path_info": request.path_info,
            "full_path": request.get_full_path(),
            "absolute_uri": request.build_absolute_uri(),
            "scheme": request.scheme,
            "is_secure": request.is_secure(),
            "host": request.get_host(),
            "port": request.get_port(),
            "GET": dict(request.GET.lists()),
            "COOKIES": request.COOKIES,
            "content_type": request.content_type,
            "length": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
    )


urlpatterns = [re_path("", echo)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
