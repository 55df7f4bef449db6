"""Django's settings. config/environment.py has all that differs between machines; the rest is decided here."""

from pathlib import Path
from typing import Any

from config import environment

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = environment.SECRET_KEY
DEBUG = environment.DEBUG

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tricorn",
    "gateway",
    "lobby",
    "rooms",
    "students",
    "uploads",
]

# All serve WSGI and ASGI natively. Django's own classes are synchronous inside: under ASGI each costs up to two hops to
# the request's thread and back. The subclasses in their place stay on the event loop.
MIDDLEWARE = [
    "middleware.server_timing.ServerTimingMiddleware",
    # Before anything that may answer, so that health checks, redirects and errors have the headers too.
    "middleware.security_headers.security_headers_middleware",
    "tricorn.request_id.request_id_middleware",
    # Before the check of the host, and before anything that needs a database: a health check may use any host.
    "tricorn.health.health_middleware",
    "tricorn.middleware.SecurityMiddleware",
    "tricorn.middleware.SessionMiddleware",
    "tricorn.middleware.CommonMiddleware",
    "tricorn.middleware.CsrfViewMiddleware",
    "tricorn.middleware.AuthenticationMiddleware",
    "tricorn.middleware.MessageMiddleware",
    "tricorn.middleware.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Hosts and HTTPS ---

# Each name and all its subdomains. The leading dot means both.
ALLOWED_HOSTS = [f".{name}" for name in environment.SERVER_NAMES]
# The proxy overwrites this header, so a client cannot forge it. If clients can reach a server without the proxy, do not
# set this.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# USE_X_FORWARDED_HOST stays off: the proxy passes the Host header on unchanged, with its port. CSRF checks compare
# origins with it.

# One variable controls all that makes sense only over HTTPS. If it were on over plain HTTP, a browser would not send
# its cookies, and would be redirected to HTTPS: no login to the admin at http://localhost:8080 would work.
SESSION_COOKIE_SECURE = environment.HTTPS
CSRF_COOKIE_SECURE = environment.HTTPS
SECURE_SSL_REDIRECT = environment.HTTPS
# A browser sends a cookie to every port of a host, and to every path unless the cookie names one. With equal names,
# another copy of the project on that host would end this one's sessions. A browser accepts __Host- names over HTTPS
# only, and not from a subdomain.
_guard = "" if not environment.HTTPS else "__Secure-" if environment.URL_PREFIX else "__Host-"
SESSION_COOKIE_NAME = f"{_guard}{environment.PROJECT_NAME}_sessionid"
CSRF_COOKIE_NAME = f"{_guard}{environment.PROJECT_NAME}_csrftoken"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = environment.URL_PREFIX or "/"
# The proxy sends Strict-Transport-Security: it answers more than Django does, and all answers must agree. So
# `check --deploy` need not ask for it (W004), nor for the three settings above without HTTPS.
# W001 to W003 look for the names of Django's middleware, which is present as subclasses.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003", "security.W004"]
if not environment.HTTPS:
    SILENCED_SYSTEM_CHECKS += [f"security.{check}" for check in ("W008", "W012", "W016")]

# --- Security headers ---
# SecurityMiddleware adds three headers. X-Content-Type-Options: nosniff: browsers guess no types. Referrer-Policy:
# same-origin: other sites do not learn which page a visitor came from. Cross-Origin-Opener-Policy: same-origin: a site
# that opens a page of this one cannot access it. XFrameOptionsMiddleware adds X-Frame-Options: DENY, for browsers that
# do not know frame-ancestors. middleware/security_headers.py adds the headers below.

# Only what is listed may load, and only from this origin. Inline scripts and styles do not run, so text that gets into
# a page unescaped does not either. Django 6.0 reads the same format.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    # fetch, server-sent events and WebSockets. For WebSockets 'self' means ws: or wss: on the same host and port.
    "connect-src": ["'self'"],
    # default-src does not cover these three. Without a value they would be unrestricted.
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}

SECURITY_HEADERS = {
    # No other site may embed a response. It would be in the memory of that site's process, which Spectre can read.
    "Cross-Origin-Resource-Policy": "same-origin",
    # Scripts cannot ask the visitor for features that the pages do not use.
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}

CSRF_FAILURE_VIEW = "tricorn.errors.csrf_failure"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- Database ---

DATABASES: dict[str, dict[str, Any]] = {}
if environment.POSTGRES_HOST:
    DATABASES["default"] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": environment.POSTGRES_HOST,
        "PORT": environment.POSTGRES_PORT,
        "NAME": environment.POSTGRES_DB,
        "USER": environment.POSTGRES_USER,
        "PASSWORD": environment.POSTGRES_PASSWORD,
        # Checks a connection before a request uses it, and replaces one that broke while it was idle.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Seconds. Without it, an unreachable host blocks a worker for the kernel's two minutes.
            "connect_timeout": 3,
            # Milliseconds for which sent data may stay unacknowledged, for example if the database's address has moved.
            "tcp_user_timeout": 5000,
            # Milliseconds. PostgreSQL cancels a longer statement, and the client receives 503 (tricorn.errors). By
            # then nothing awaits the result, and the statement would keep using a connection and a CPU.
            "options": f"-c statement_timeout={environment.DATABASE_STATEMENT_TIMEOUT * 1000}",
        },
    }
    if environment.DATABASE_POOL_SIZE:
        # A persistent connection belongs to a thread, and an ASGI process has many threads. Without a pool, a burst of
        # requests would use all of PostgreSQL's connections.
        DATABASES["default"]["CONN_MAX_AGE"] = 0
        DATABASES["default"]["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": environment.DATABASE_POOL_SIZE,
            # Seconds that a request waits for a connection. After that it receives 503 (tricorn.errors).
            "timeout": 5,
            # Seconds of doubling delays after a failed connection. With the default of 300, the pool would wait for
            # minutes after the database is back.
            "reconnect_timeout": 5,
        }
    else:
        # Under WSGI threads are few and live long, so each keeps its connection.
        DATABASES["default"]["CONN_MAX_AGE"] = environment.DATABASE_CONN_MAX_AGE

# --- Valkey: database 0 is for the channel layer, database 1 for the cache ---

if environment.VALKEY_HOST:
    VALKEY: dict[str, Any] | None = {
        "host": environment.VALKEY_HOST,
        "port": environment.VALKEY_PORT,
        "password": environment.VALKEY_PASSWORD,
        "socket_connect_timeout": 2,
    }
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            # It subscribes again after a restart of Valkey. channels_redis.core, the layer of the tutorials, does not.
            "BACKEND": "tricorn.channel_layer.ChannelLayer",
            "CONFIG": {"hosts": [{**VALKEY, "db": 0}]},
        },
    }
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            # The password is in OPTIONS, because addresses get logged.
            "LOCATION": f"redis://{environment.VALKEY_HOST}:{environment.VALKEY_PORT}/1",
            "OPTIONS": {"password": environment.VALKEY_PASSWORD, "socket_connect_timeout": 2, "socket_timeout": 2},
        },
    }
else:
    VALKEY = None
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Files ---

# The value includes the prefix. For a relative "static/", Django would add the prefix itself, but only once, at the
# first read. A module that reads it while it is imported would get a wrong value, and all others would get the same.
STATIC_URL = f"{environment.URL_PREFIX}/static/"
STATIC_ROOT = environment.STATIC_ROOT
MEDIA_URL = f"{environment.URL_PREFIX}/media/"
MEDIA_ROOT = environment.MEDIA_ROOT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Names contain a hash of the content, so they can be cached for ever.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
# Uploads of any size go straight to disk. With the memory handler first, many small uploads at once use much memory.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
# On the same file system as MEDIA_ROOT, a finished upload is moved by a rename, so nobody sees half a file. Under ASGI
# Django first spools each body over 2.5 MB to Python's temporary directory. So TMPDIR has to name the same folder.
FILE_UPLOAD_TEMP_DIR = environment.FILE_UPLOAD_TEMP_DIR
# The proxy runs as another user and has to read uploaded files.
FILE_UPLOAD_PERMISSIONS = 0o644
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755

# --- Language, time, logs ---

LANGUAGE_CODE = "en"
USE_I18N = False
# Django sets the process's TZ. With any other zone, workers and their master would log different times.
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "tricorn.logs.RequestIdFilter"}},
    "formatters": {"json": {"()": "tricorn.logs.JsonFormatter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]},
    },
    "root": {"handlers": ["stderr"], "level": environment.LOG_LEVEL},
    "loggers": {
        # By default, Django's logger has two handlers: one is silent without DEBUG, the other sends mail. Here the root
        # handler gets all records.
        "django": {"handlers": [], "level": environment.LOG_LEVEL, "propagate": True},
        # At INFO, httpx logs a line for each request that it sends.
        "httpx": {"level": "WARNING"},
    },
}

# --- The gateway that serves this process (gateway/) ---

GATEWAY = environment.GATEWAY
GATEWAY_SERVER = environment.GATEWAY_SERVER
GATEWAY_DISTRIBUTION = environment.GATEWAY_DISTRIBUTION
GATEWAY_PROTOCOL = environment.GATEWAY_PROTOCOL
# Each gateway's path through the proxy. With COMPARE=0 no gateway has one: the site's own path.
GATEWAYS = (
    {name: f"{environment.URL_PREFIX}/gateways/{name}" for name in environment.GATEWAYS}
    if environment.COMPARE
    else {"site": environment.URL_PREFIX}
)
EDGE_URL = environment.EDGE_URL
EDGE_HOST = environment.SERVER_NAMES[0]
