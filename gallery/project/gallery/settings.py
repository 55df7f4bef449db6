"""The benchmark's settings, which are the sample's, with what the gallery adds: the views that its tests ask, and who
the client is.
"""

import os

from benchmark.settings import *  # noqa: F403
from benchmark.settings import INSTALLED_APPS

ROOT_URLCONF = "gallery.urls"
# For runserver, which finds the application here.
WSGI_APPLICATION = "gallery.wsgi.application"
ASGI_APPLICATION = "gallery.asgi.application"

# Daphne takes `runserver` over wherever it is installed as an app, and has to be the first.
if os.environ["GATEWAY"] == "runserver-asgi":
    INSTALLED_APPS = ["daphne", *INSTALLED_APPS]
