"""The views that are measured, beside the sample's own. Each twice: synchronous, and asynchronous below /async/."""

from django.urls import path

from benchmark import asynchronous, synchronous
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as sample

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    *(path(f"bench/{view.__name__}/", view) for view in synchronous.VIEWS),
    *(path(f"bench/async/{view.__name__}/", view) for view in asynchronous.VIEWS),
    path("bench/file/<path:path>", synchronous.file),
    *sample,
]
