"""The WSGI application for servers that speak HTTP and do not find the client's address.

Over the protocols uwsgi, FastCGI and SCGI, nginx passes the address in a variable.
"""

from werkzeug.middleware.proxy_fix import ProxyFix

from config.wsgi import application as django_application

# One proxy, which overwrites each header with a single value. It passes Host on unchanged, with its port.
application = ProxyFix(django_application, x_for=1, x_proto=1, x_host=0)
