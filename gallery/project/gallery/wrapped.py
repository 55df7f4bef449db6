"""The WSGI application as an ASGI one: asgiref's wrapper, for HTTP alone."""

from asgiref.wsgi import WsgiToAsgi

from config.wsgi import application as django_application

application = WsgiToAsgi(django_application)
