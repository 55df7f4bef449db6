"""Every URL of the project, except health checks: tricorn.health answers them before any URL is resolved."""

from django.contrib import admin
from django.urls import include, path

from gateway.roll_call import roll_call
from gateway.views import async_gateway, gateway
from lobby.views import lobby
from stream.views import stream
from uploads.views import upload

urlpatterns = [
    path("", lobby, name="lobby"),
    path("gateway/", gateway),
    path("async/gateway/", async_gateway),
    # Both paths, so that the proxy's routes reach the same views on a WSGI and on an ASGI gateway.
    path("hello/", include("hello.urls")),
    path("async/hello/", include("hello.urls")),
    path("", include("students.urls")),
    path("async/roll-call/", roll_call, name="roll-call"),
    path("async/stream/", stream),
    path("upload/", upload, name="upload"),
    path("admin/", admin.site.urls),
]

handler400 = "tricorn.errors.bad_request"
handler403 = "tricorn.errors.forbidden"
handler404 = "tricorn.errors.not_found"
handler500 = "tricorn.errors.server_error"
