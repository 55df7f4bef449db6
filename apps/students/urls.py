from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from students.async_views import AsyncOneStudent, AsyncStudents
from students.views import OneStudent, Students

# Exempt from CSRF, because these views ignore cookies. If another site makes a browser send a request here, it gains
# nothing that it could not send itself. If your project uses a session to decide who may write, remove this.
urlpatterns = [
    path("students/", csrf_exempt(Students.as_view()), name="students"),
    path("students/<int:pk>/", csrf_exempt(OneStudent.as_view()), name="student"),
    path("async/students/", csrf_exempt(AsyncStudents.as_view()), name="async-students"),
    path("async/students/<int:pk>/", csrf_exempt(AsyncOneStudent.as_view()), name="async-student"),
]
