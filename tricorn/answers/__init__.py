"""Changes to answers between the project and the server. They are the same on all gateways, for any Django project.

responses.py   Django's own responses: lengths, synchronous iterators under ASGI, event streams and gzip
exits.py       an exit that would end the process becomes an error of its request
begun.py       which requests have begun: a request that ended its process does not begin again
asgi.py        the wrapper of the ASGI application, on gunicorn and Daphne
wsgi.py        the wrapper of the WSGI application, on uWSGI
"""
