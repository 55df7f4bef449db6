"""Everything that the project reads from its environment, read once and here.

Each NAME may be given as NAME_FILE instead: the path of a file that holds the value. Secrets arrive in that way. If a
value is missing, not of its type or unreadable, the process ends with exit status 1 and one line on standard error:

    settings: DATABASE_POOL_SIZE: not a valid integer
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from environs import EnvNotSetError, EnvValidationError, FileAwareEnv, validate

# A file from an editor or from `openssl rand` ends with a newline that is not part of the secret.
env = FileAwareEnv(strip_whitespace=True)

NOT_EMPTY = validate.Length(min=1, error="must not be empty")
NOT_NEGATIVE = validate.Range(min=0, error="must not be negative")
URL_WITH_HOST = validate.Regexp(r"https?://[^/\s]+/?$", error="not a URL like http://host:port")


def fail(name: str, reason: str) -> NoReturn:
    """Ends the process without a traceback, and never prints the value, which may be a secret."""
    raise SystemExit(f"settings: {name}: {reason}")


def read[T](parse: Callable[..., T], name: str, **options: object) -> T:
    """The value of NAME, or of the file NAME_FILE, parsed by a method of `env`. A bad value ends the process."""
    source = f"{name}_FILE" if os.environ.get(f"{name}_FILE") else name
    try:
        return parse(name, **options)
    except EnvNotSetError:
        fail(name, f"not set, and neither is {name}_FILE")
    except EnvValidationError as error:
        reason = str(error.error_messages[0]).rstrip(".")
        fail(source, reason[0].lower() + reason[1:])
    except (ValueError, OSError) as error:
        # environs hides the system's message, which says what is wrong with the file, behind a ValueError.
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "not a text file"
        fail(source, f"cannot read {os.environ.get(source)}: {reason}")


def read_text(name: str, **options: object) -> str:
    return read(env.str, name, validate=NOT_EMPTY, **options)


def read_words(name: str, default: str) -> list[str]:
    """Values separated by spaces, at least one."""
    return read_text(name, default=default).split() or fail(name, "must not be empty")


def read_count(name: str) -> int:
    return read(env.int, name, default=0, validate=NOT_NEGATIVE)


SECRET_KEY = read_text("SECRET_KEY")
DEBUG: bool = read(env.bool, "DEBUG", default=False)
LOG_LEVEL: str = logging.getLevelName(read(env.log_level, "LOG_LEVEL", default=logging.INFO))
SERVER_NAMES = read_words("SERVER_NAMES", default="localhost 127.0.0.1")

# 1 if the site is served over HTTPS only.
HTTPS: bool = read(env.bool, "HTTPS", default=False)

# Without a host there is no database, for example while an image is built: collectstatic needs none. With a host, all
# other settings are required.
POSTGRES_HOST: str | None = read_text("POSTGRES_HOST", default=None)
if POSTGRES_HOST:
    POSTGRES_PORT: int = read(env.int, "POSTGRES_PORT", default=5432)
    POSTGRES_DB = read_text("POSTGRES_DB")
    POSTGRES_USER = read_text("POSTGRES_USER")
    POSTGRES_PASSWORD = read_text("POSTGRES_PASSWORD")
DATABASE_POOL_SIZE = read_count("DATABASE_POOL_SIZE")
DATABASE_CONN_MAX_AGE = read_count("DATABASE_CONN_MAX_AGE")
# Seconds; 0 means no limit.
DATABASE_STATEMENT_TIMEOUT = read_count("DATABASE_STATEMENT_TIMEOUT")

# The same for Valkey. Without a host, cache and channel layer are in the memory of one process.
VALKEY_HOST: str | None = read_text("VALKEY_HOST", default=None)
if VALKEY_HOST:
    VALKEY_PORT: int = read(env.int, "VALKEY_PORT", default=6379)
    VALKEY_PASSWORD = read_text("VALKEY_PASSWORD")

# Under ASGI: how many HTTP requests may run synchronous code in a process at once. Each uses a thread
# (tricorn.threads).
ASGI_THREADS: int = read(
    env.int, "ASGI_THREADS", default=100, validate=validate.Range(min=1, error="must be 1 or more")
)

# The path below which the site is served, for example /app. Empty if the site has the whole host.
URL_PREFIX: str = read(env.str, "URL_PREFIX", default="").rstrip("/")

# The name of this copy of the project, which distinguishes it from others on the same host.
PROJECT_NAME = read_text("PROJECT_NAME", default="tricorn")

# The gateway that serves this process, and the names of all gateways.
GATEWAY = read_text("GATEWAY", default="none")
GATEWAY_SERVER = read_text("GATEWAY_SERVER", default="Django")
GATEWAY_DISTRIBUTION = read_text("GATEWAY_DISTRIBUTION", default="Django")
GATEWAY_PROTOCOL = read_text("GATEWAY_PROTOCOL", default="http")
GATEWAYS = read_words("GATEWAYS", default=GATEWAY)
# Whether each gateway has a path of its own through the proxy.
COMPARE: bool = read(env.bool, "COMPARE", default=False)
EDGE_URL: str = read(env.str, "EDGE_URL", default="http://nginx:8080", validate=URL_WITH_HOST).rstrip("/")

STATIC_ROOT: Path = read(env.path, "STATIC_ROOT", default=Path("/srv/static"))
MEDIA_ROOT: Path = read(env.path, "MEDIA_ROOT", default=Path("/srv/uploads/media"))
FILE_UPLOAD_TEMP_DIR: Path | None = read(env.path, "FILE_UPLOAD_TEMP_DIR", default=None)
