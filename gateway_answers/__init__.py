"""What becomes of an answer between the project and the server: the same on all three gateways, for any Django project.

responses.py   Django's own responses: lengths, synchronous iterators under ASGI, event streams and gzip
exits.py       what would end the process is an error of its request
begun.py       which requests have begun: none that ended its process is begun again
asgi.py        around the ASGI application, on gunicorn and Daphne
wsgi.py        around the WSGI application, on uWSGI
"""
