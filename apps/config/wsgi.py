"""The WSGI application."""

import os

from django.core.wsgi import get_wsgi_application
from tricorn.preload import preload

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
preload()
