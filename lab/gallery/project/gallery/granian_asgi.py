"""Granian itself trusts no proxy. Its own wrapper does."""

from granian.utils.proxies import wrap_asgi_with_proxy_headers

from config.asgi import application as django_application

application = wrap_asgi_with_proxy_headers(django_application, trusted_hosts="*")
