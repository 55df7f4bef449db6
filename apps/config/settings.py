"""Django's settings. What differs between machines comes from config/environment.py; the rest is decided here."""

from pathlib import Path
from typing import Any

from psycopg_pool.base import AttemptWithBackoff
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from config import environment
from config.valkey import ValkeyConnection

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
    "gateway",
    "lobby",
    "rooms",
    "students",
    "uploads",
]

# All serve WSGI and ASGI natively. Django's own are synchronous inside: under ASGI each of them costs up to two hops
# to the request's thread and back, which is why their place is taken by subclasses that stay where they are.
MIDDLEWARE = [
    "middleware.server_timing.ServerTimingMiddleware",
    # Before whatever may answer: health checks, redirects and errors get the headers too.
    "middleware.security_headers.security_headers_middleware",
    "middleware.request_id.request_id_middleware",
    # Before the host is looked at, and before anything that needs a database: a health check names any host.
    "health.middleware.health_middleware",
    "middleware.native.SecurityMiddleware",
    "middleware.native.SessionMiddleware",
    "middleware.native.CommonMiddleware",
    "middleware.native.CsrfViewMiddleware",
    "middleware.native.AuthenticationMiddleware",
    "middleware.native.MessageMiddleware",
    "middleware.native.XFrameOptionsMiddleware",
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

# --- Who may ask, and over what ---

# Each name and all its subdomains: the leading dot stands for both.
ALLOWED_HOSTS = [f".{name}" for name in environment.SERVER_NAMES]
# The proxy overwrites this header, so a client cannot forge it. Never set this where a server can be reached past the
# proxy.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# USE_X_FORWARDED_HOST stays off: the proxy passes the Host header on as it came, port included, and CSRF compares with
# that.

# All that only makes sense over HTTPS follows one variable. With it on, a browser would neither send its cookies over
# plain HTTP nor stay there, so nobody could log in to the admin at http://localhost:8080.
SESSION_COOKIE_SECURE = environment.HTTPS
CSRF_COOKIE_SECURE = environment.HTTPS
SECURE_SSL_REDIRECT = environment.HTTPS
# Browsers send a cookie to every port of a host, and to every path unless it names one. If the names were the same,
# another copy of the project on that host would end this one's sessions. __Host-: the browser takes it over HTTPS only,
# and from no subdomain.
_guard = "" if not environment.HTTPS else "__Secure-" if environment.URL_PREFIX else "__Host-"
SESSION_COOKIE_NAME = f"{_guard}{environment.PROJECT_NAME}_sessionid"
CSRF_COOKIE_NAME = f"{_guard}{environment.PROJECT_NAME}_csrftoken"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = environment.URL_PREFIX or "/"
# Strict-Transport-Security is the proxy's: it answers more than Django does, and all of it has to say the same. So
# `check --deploy` need not ask for it (W004), nor for the three above where there is no HTTPS.
# And three look for Django's names of middleware that is there, as a subclass (W001 to W003).
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002", "security.W003", "security.W004"]
if not environment.HTTPS:
    SILENCED_SYSTEM_CHECKS += [f"security.{check}" for check in ("W008", "W012", "W016")]

# --- What a browser may do with an answer ---
# SecurityMiddleware adds X-Content-Type-Options: nosniff (types are never guessed), Referrer-Policy: same-origin (other
# sites do not learn which page a visitor came from) and Cross-Origin-Opener-Policy: same-origin (a page that another
# site opens is out of that site's reach); XFrameOptionsMiddleware adds X-Frame-Options: DENY, for browsers that do not
# know frame-ancestors. What follows is middleware/security_headers.py's.

# Nothing but what is listed, from this origin alone; no script and no style inside a page, so that text which gets into
# one unescaped does not run. Written as Django 6.0 reads it too.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    # fetch, server-sent events, and WebSockets, of which 'self' means ws: or wss: on the same host and port.
    "connect-src": ["'self'"],
    # Not covered by default-src: unnamed, these three would be open.
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}

SECURITY_HEADERS = {
    # No other site may embed an answer: it would be in the memory of that site's process, which Spectre can read.
    "Cross-Origin-Resource-Policy": "same-origin",
    # What the pages do not use, no script of theirs can ask the visitor for.
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}

CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

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
        # A connection that broke while idle is replaced before a request meets it, not after.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            # Seconds. Without it an unreachable host holds a worker for the kernel's two minutes.
            "connect_timeout": 3,
            # Milliseconds that sent data may stay unacknowledged: a database that moved to another address.
            "tcp_user_timeout": 5000,
            # Milliseconds. PostgreSQL ends a statement that takes longer, and the answer is 503 (config/errors.py).
            # Nobody waits for it any more, and it would go on taking a connection and a CPU.
            "options": f"-c statement_timeout={environment.DATABASE_STATEMENT_TIMEOUT * 1000}",
        },
    }
    if environment.DATABASE_POOL_SIZE:
        # After a restart of PostgreSQL every pooled connection is broken, and for each that a request draws the pool
        # waits before it tries the next: 1 s, 2 s, 4 s. With four, the request's 5 s are over, the database back.
        AttemptWithBackoff.INITIAL_DELAY = 0.05
        # A persistent connection belongs to a thread, and an ASGI process has many: without a pool a burst of requests
        # would take every connection PostgreSQL has.
        DATABASES["default"]["CONN_MAX_AGE"] = 0
        DATABASES["default"]["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": environment.DATABASE_POOL_SIZE,
            # Seconds that a request waits for its turn; then it is answered 503 (config/errors.py).
            "timeout": 5,
            # Seconds of doubling delays after a failed connection. The default, 300, would leave the pool waiting for
            # minutes after the database is back.
            "reconnect_timeout": 5,
        }
    else:
        # Threads are few and live long under WSGI, so each keeps its connection.
        DATABASES["default"]["CONN_MAX_AGE"] = environment.DATABASE_CONN_MAX_AGE

# --- Valkey: database 0 carries the channel layer, database 1 the cache ---

if environment.VALKEY_HOST:
    VALKEY: dict[str, Any] | None = {
        "host": environment.VALKEY_HOST,
        "port": environment.VALKEY_PORT,
        "password": environment.VALKEY_PASSWORD,
        "socket_connect_timeout": 2,
    }
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            # The pub/sub layer subscribes again after Valkey restarted; the other one, channels_redis.core, does not.
            "BACKEND": "config.valkey.ChannelLayer",
            "CONFIG": {
                "hosts": [
                    {**VALKEY, "db": 0, "connection_class": ValkeyConnection, "retry": Retry(NoBackoff(), 1)},
                ],
            },
        },
    }
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            # The password stands in OPTIONS: an address is something that gets logged.
            "LOCATION": f"redis://{environment.VALKEY_HOST}:{environment.VALKEY_PORT}/1",
            "OPTIONS": {"password": environment.VALKEY_PASSWORD, "socket_connect_timeout": 2, "socket_timeout": 2},
        },
    }
else:
    VALKEY = None
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Files ---

# With the prefix, and not "static/". Before that Django puts the prefix by itself, but once, when it is first read:
# a module that reads it while it is imported gets the wrong one, and leaves it to all others.
STATIC_URL = f"{environment.URL_PREFIX}/static/"
STATIC_ROOT = environment.STATIC_ROOT
MEDIA_URL = f"{environment.URL_PREFIX}/media/"
MEDIA_ROOT = environment.MEDIA_ROOT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Names carry a hash of the content, so they can be cached for ever.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
# Straight to disk, whatever the size: with the memory handler first, many small uploads at once take much memory.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
# On the same file system as MEDIA_ROOT a finished upload is moved by a rename, so nobody sees half of it. Under ASGI
# Django spools each body over 2.5 MB to Python's temporary directory before that, so TMPDIR has to name it as well.
FILE_UPLOAD_TEMP_DIR = environment.FILE_UPLOAD_TEMP_DIR
# The proxy runs as another user and has to read what is uploaded.
FILE_UPLOAD_PERMISSIONS = 0o644
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755

# --- Language, time, logs ---

LANGUAGE_CODE = "en"
USE_I18N = False
# Django sets TZ of the process: with any other zone, workers and their master would write different times into one log.
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.logs.RequestIdFilter"}},
    "formatters": {"json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]},
    },
    "root": {"handlers": ["stderr"], "level": environment.LOG_LEVEL},
    "loggers": {
        # Django gives its logger handlers of its own: one that is silent without DEBUG, one that mails. Ours has them
        # all.
        "django": {"handlers": [], "level": environment.LOG_LEVEL, "propagate": True},
        # One line for each request sent is too much.
        "httpx": {"level": "WARNING"},
    },
}

# --- The gateway that serves this process (gateway/) ---

GATEWAY = environment.GATEWAY
GATEWAY_SERVER = environment.GATEWAY_SERVER
GATEWAY_DISTRIBUTION = environment.GATEWAY_DISTRIBUTION
GATEWAY_PROTOCOL = environment.GATEWAY_PROTOCOL
# The path of each gateway, through the proxy; of the site, where none has one.
GATEWAYS = (
    {name: f"{environment.URL_PREFIX}/gateways/{name}" for name in environment.GATEWAYS}
    if environment.COMPARE
    else {"site": environment.URL_PREFIX}
)
EDGE_URL = environment.EDGE_URL
EDGE_HOST = environment.SERVER_NAMES[0]
