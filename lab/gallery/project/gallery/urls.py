from django.urls import path

from benchmark.urls import urlpatterns as sample
from config.urls import handler400, handler403, handler404, handler500
from gallery.views import begun, blocking, large, orm, told, waiting

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("told/", told),
    path("large/", large),
    path("waiting/", waiting),
    path("begun/", begun),
    path("async/blocking/", blocking),
    path("async/orm/", orm),
    *sample,
]
