from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from students.async_views import AsyncOneStudent, AsyncStudents
from students.views import OneStudent, Students

# Exempt from CSRF, because these views look at no cookie: a page elsewhere that makes a browser send a request here
# gains nothing it could not have by sending it itself. A project that lets a session decide who may write has to remove
# this.
urlpatterns = [
    path("students/", csrf_exempt(Students.as_view()), name="students"),
    path("students/<int:pk>/", csrf_exempt(OneStudent.as_view()), name="student"),
    path("async/students/", csrf_exempt(AsyncStudents.as_view()), name="async-students"),
    path("async/students/<int:pk>/", csrf_exempt(AsyncOneStudent.as_view()), name="async-student"),
]
