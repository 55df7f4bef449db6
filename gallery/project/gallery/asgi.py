"""The ASGI application for servers that do not find out themselves who the client is: uvicorn's middleware does."""

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from config.asgi import application as django_application

application = ProxyHeadersMiddleware(django_application, trusted_hosts="*")
