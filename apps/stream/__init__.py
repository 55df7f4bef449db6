"""Worth copying: server-sent events, for WSGI and ASGI, that continue where a broken connection ended."""
