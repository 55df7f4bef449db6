"""The WSGI application as an ASGI application: asgiref's wrapper, which supports only HTTP."""

from asgiref.wsgi import WsgiToAsgi

from config.wsgi import application as django_application

application = WsgiToAsgi(django_application)
