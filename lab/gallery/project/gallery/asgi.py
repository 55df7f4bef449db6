"""The ASGI application for servers that do not find the client's address: uvicorn's middleware does it."""

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from config.asgi import application as django_application

application = ProxyHeadersMiddleware(django_application, trusted_hosts="*")
