"""A mistake is reported in one line, with the wrong value and the cure. Nothing starts."""

import socket
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.support.clone import Clone, only_line

# Longer than the part of a file that an earlier version showed.
PINNED = "django==5.2.8 \\\n    --hash=sha256:" + "0" * 64 + "\n"


@dataclass(frozen=True)
class Mistake:
    """A mistake in a clone, and what `make up` must report: the mistake as it was written, and the cure."""

    make: Callable[[Clone], object]
    named: str
    cure: str


def setting(name: str, value: str, cure: str, named: str = "") -> Mistake:
    return Mistake(lambda clone: clone.configure(**{name: value}), named or f"{name}={value}", cure)


def requirements(text: str, named: str, cure: str) -> Mistake:
    def write(clone: Clone) -> None:
        (clone.path / "apps" / "requirements.txt").write_text(text)

    return Mistake(write, f"apps/requirements.txt, {named}", cure)


def compose(text: str, named: str, cure: str) -> Mistake:
    def write(clone: Clone) -> None:
        (clone.path / "more.yaml").write_text(text)
        clone.configure(COMPOSE_FILE="compose.yaml:more.yaml")

    return Mistake(write, named, cure)


def secret(change: Callable[[Clone], object], named: str, cure: str) -> Mistake:
    return Mistake(change, f"secrets/secret_key {named}", cure)


def over_tls(**settings: str) -> Callable[[Clone], None]:
    def change(clone: Clone) -> None:
        clone.configure(COMPOSE_FILE="compose.yaml:compose.tls.yaml", **settings)

    return change


def certificate(clone: Clone, text: str) -> None:
    over_tls(HTTPS_BIND="127.0.0.1:48443")(clone)
    (clone.path / "certs").mkdir()
    for name in ("fullchain.pem", "privkey.pem"):
        (clone.path / "certs" / name).write_text(text)
        (clone.path / "certs" / name).chmod(0o600)


def folder_for_secret(clone: Clone) -> None:
    (clone.path / "secrets" / "secret_key").unlink()
    (clone.path / "secrets" / "secret_key").mkdir()


LOCK = "docs/your-project.md, 3. Lock the requirements"
DOT_ENV = "edit .env (.env.example explains each setting)"
MISTAKES = {
    "a requirement without a version": requirements(
        "Django>=5.2\n", "line 1, Django>=5.2: it has no exact version", LOCK
    ),
    "a requirement without a hash": requirements("Django==5.2.8\n", "line 1, Django==5.2.8: it has no hash", LOCK),
    "the second of three requirements": requirements(
        f"{PINNED}asgiref\nsqlparse==0.5.3  # pinned\n",
        "line 3, asgiref: it has no exact version (==)",
        "; and 1 more: " + LOCK,
    ),
    "requirements that include others": requirements(
        "-r requirements/base.txt\n",
        "line 1, -r requirements/base.txt: ",
        "so it must contain the requirements of all others",
    ),
    "requirements of a folder": requirements("-e .\n", "line 1, -e .: a folder has no hash", "remove the line"),
    "no requirements": Mistake(lambda it: (it.path / "apps/requirements.txt").unlink(), "APPS=./apps: ", LOCK),
    "no project": setting("APPS", "./nowhere", "set it in .env to the folder that contains your project's manage.py"),
    "missing settings": setting(
        "DJANGO_SETTINGS_MODULE",
        "config.nowhere",
        "there is no apps/config/nowhere.py; set it to the project's own in .env",
    ),
    "a missing entry point": setting(
        "ASGI_APPLICATION",
        "config.nowhere:application",
        "there is no apps/config/nowhere.py; set it to the project's own",
    ),
    "no entry point": setting("WSGI_APPLICATION", "config.wsgi", "is not module:name, like config.wsgi:application"),
    "a switch": setting("DEBUG", "True", "is not 0 or 1, like 0; " + DOT_ENV),
    "a number": setting("UWSGI_PROCESSES", "four", "is not a whole number above 0, like 2; " + DOT_ENV),
    "a size": setting("NGINX_MEMORY", "lots", "is not a size, like 768m; " + DOT_ENV),
    "a level": setting("LOG_LEVEL", "loud", "is not a level, like INFO; " + DOT_ENV),
    "a path": setting("HEALTH_PATH", "livez", "is not a path, like /livez; " + DOT_ENV),
    "a wildcard": setting("SERVER_NAMES", "*.example.com", "without port or wildcard, like "),
    "a project name": setting("COMPOSE_PROJECT_NAME", "My Site", "is not made of lower-case letters, digits"),
    "an address": setting("HTTP_BIND", "localhost:8080", "is not an address and a port, like 127.0.0.1:8080; "),
    "a port": setting("HTTP_BIND", "127.0.0.1:99999", "99999 is not a port; the highest is 65535"),
    "a missing Compose file": setting(
        "COMPOSE_FILE",
        "compose.yaml:worker.yaml",
        "there is no file worker.yaml; correct COMPOSE_FILE in .env or in the shell",
    ),
    "a Compose file that is not YAML": compose("services: {worker: [\n", "compose.yaml,more.yaml: ", "yaml: line "),
    "a key that Compose does not know": compose(
        "services: {worker: {image: x, nonsense: 1}}\n", "compose.yaml,more.yaml: ", "nonsense"
    ),
    "an undefined volume": compose(
        "services: {worker: {image: x, volumes: ['nothing:/x']}}\n",
        "compose.yaml,more.yaml: ",
        "undefined volume nothing",
    ),
    "an empty secret": secret(
        lambda it: it.write_secret("secret_key", ""), "is empty", "restore it from your copy; or "
    ),
    "a secret that all may read": secret(
        lambda it: (it.path / "secrets/secret_key").chmod(0o644),
        "is accessible to other users (mode 644)",
        "chmod 600 secrets/secret_key",
    ),
    "a folder for a secret": secret(folder_for_secret, "is a folder, not a secret", "delete it, then try again"),
    "no certificate": Mistake(
        over_tls(HTTPS_BIND="127.0.0.1:48443"), "CERTS=certs: there is no such folder", "make certs creates it"
    ),
    "an invalid certificate": Mistake(
        lambda it: certificate(it, "x"),
        "certs/fullchain.pem is not a certificate in PEM",
        "(-----BEGIN CERTIFICATE-----)",
    ),
    "port 0 for HTTPS": Mistake(
        over_tls(HTTPS_BIND="127.0.0.1:0"), "HTTPS_BIND=127.0.0.1:0: redirects contain the port", "above 0"
    ),
    "one port for HTTP and HTTPS": Mistake(
        over_tls(HTTPS_BIND="127.0.0.1:48443", HTTP_BIND="127.0.0.1:48443"),
        "HTTP_BIND and HTTPS_BIND are the same, 127.0.0.1:48443",
        "set a different port for each in .env",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_reported_in_full_with_its_cure_before_a_build(clone: Clone, mistake: Mistake) -> None:
    mistake.make(clone)
    line = only_line(clone.make("up"))
    assert line.startswith(("up: ", "certs: ", "secrets: "))
    assert mistake.named in line
    assert mistake.cure in line
    # No folder of the image: the reader has never seen it.
    assert not any(folder in line for folder in ("/mnt/", "/srv/apps/", "/tmp/"))  # noqa: S108
    assert clone.is_down()


def test_an_engine_that_does_not_run_is_reported(clone: Clone) -> None:
    line = only_line(clone.make("up", DOCKER_HOST="unix:///nowhere.sock"))
    assert line == "up: the Docker engine does not answer: run make engine, or start it (systemctl start docker)"


def test_a_port_in_use_is_reported(clone: Clone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        clone.configure(HTTP_BIND=f"127.0.0.1:{port}")
        line = only_line(clone.make("up"))
    assert line == (
        f"up: port {port} is in use: stop the program that listens on 127.0.0.1:{port}, or set HTTP_BIND in .env to"
        " another address"
    )


# Output of pip, Python, Django and nginx in a build or a start, as logged, and the reason that is reported.
SAID = {
    "pip, no versions": (
        """\
#9 3.4 ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:
#9 3.4     django>=5 (from -r /mnt/requirements.txt (line 1))
#9 ERROR: process "/bin/sh -c pip install" did not complete successfully: exit code: 1
------
 > [django 3/3] RUN pip install:
3.456 ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:
3.456     django>=5 (from -r /mnt/requirements.txt (line 1))
------
failed to solve: process "/bin/sh -c pip install" did not complete successfully: exit code: 1
""",
        "ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:"
        " django>=5 (from -r requirements.txt (line 1))",
    ),
    "pip, a missing file": (
        "#9 0.812 ERROR: Could not open requirements file: [Errno 2] No such file or directory:"
        " '/mnt/requirements/base.txt'\n",
        "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements/base.txt'",
    ),
    "Python, an error with a cause": (
        """Traceback (most recent call last):
  File "/srv/apps/mysite/api.py", line 3, in <module>
    import yaml
ModuleNotFoundError: No module named 'yaml'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "<string>", line 1, in <module>
django.core.exceptions.ImproperlyConfigured: mysite.api cannot be imported
""",
        "django.core.exceptions.ImproperlyConfigured: mysite.api cannot be imported; caused by ModuleNotFoundError:"
        " No module named 'yaml'",
    ),
    "Django, the system check": (
        """SystemCheckError: System check identified some issues:

ERRORS:
blog.Post.author: (fields.E304) Reverse accessor 'User.posts' clashes.
\tHINT: Add or change a related_name argument.

System check identified 1 issue (0 silenced).
""",
        "SystemCheckError: System check identified some issues: blog.Post.author: (fields.E304) Reverse accessor"
        " 'User.posts' clashes. HINT: Add or change a related_name argument.",
    ),
    "nginx": (
        """nginx: [emerg] unknown directive "x" in /tmp/nginx/live/conf.d/limits.conf:3
nginx: configuration file /tmp/nginx/live/nginx.conf test failed
""",
        'nginx: [emerg] unknown directive "x" in nginx/conf.d/limits.conf:3',
    ),
    "uWSGI, after the error itself": (
        """ModuleNotFoundError: No module named 'yaml'
unable to load app 0 (mountpoint='') (callable not found or import error)
*** no app loaded. GAME OVER ***
""",
        "ModuleNotFoundError: No module named 'yaml'",
    ),
    "a word longer than a line": ("ERROR: " + "x" * 900 + " and the cure\n", "ERROR: " + "x" * 900 + " and the cure"),
}


@pytest.mark.parametrize(("said", "told"), SAID.values(), ids=SAID.keys())
def test_the_reason_in_a_log_is_reported_in_full(clone: Clone, said: str, told: str) -> None:
    (clone.path / "log").write_text(said)
    assert clone.bash("reason <log").stdout == f"{told}\n"
