"""Hypercorn believes no proxy by itself; its own middleware does."""

from hypercorn.middleware import ProxyFixMiddleware

from config.asgi import application as django_application

application = ProxyFixMiddleware(django_application, mode="legacy", trusted_hops=1)
