"""The WSGI application for servers that speak HTTP and leave it to the application to find out who the client is.

Over the protocols uwsgi, FastCGI and SCGI, nginx says it in variables, and nothing has to be found out.
"""

from werkzeug.middleware.proxy_fix import ProxyFix

from config.wsgi import application as django_application

# One proxy, which overwrites the headers with one value each. Host is passed on as it came, port included.
application = ProxyFix(django_application, x_for=1, x_proto=1, x_host=0)
