"""Hypercorn itself trusts no proxy. Its own middleware does."""

from hypercorn.middleware import ProxyFixMiddleware

from config.asgi import application as django_application

application = ProxyFixMiddleware(django_application, mode="legacy", trusted_hops=1)
