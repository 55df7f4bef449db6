"""The benchmark's settings, which extend the sample's, with the views that the gallery's tests use, and the
applications that find the client's address.
"""

import os

from benchmark.settings import *  # noqa: F403
from benchmark.settings import INSTALLED_APPS

ROOT_URLCONF = "gallery.urls"
# runserver finds the application by these settings.
WSGI_APPLICATION = "gallery.wsgi.application"
ASGI_APPLICATION = "gallery.asgi.application"

# If Daphne is an installed app, it replaces `runserver`. It has to be the first app.
if os.environ["GATEWAY"] == "runserver-asgi":
    INSTALLED_APPS = ["daphne", *INSTALLED_APPS]
