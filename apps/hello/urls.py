from django.urls import path

from hello.views import HelloClass, hello_async, hello_sync

urlpatterns = [
    path("sync/", hello_sync),
    path("async/", hello_async),
    path("class/", HelloClass.as_view()),
]
