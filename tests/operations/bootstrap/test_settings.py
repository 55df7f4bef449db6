"""Settings: .env is created, completed and checked before anything is built or started."""

import pytest

from tests.support.clone import Clone, only_line
from tests.support.stack import ROOT, run

FAULTS = [
    ("UWSGI_PROCESSES", "four", "is not a whole number above 0, like 2"),
    ("WEB_CONCURRENCY", "", "is not a whole number above 0, like 2"),
    ("NGINX_WORKERS", "0", "is neither empty nor a whole number above 0"),
    ("NGINX_WORKERS", "abc", "is neither empty nor a whole number above 0"),
    ("NGINX_WORKERS", "1.5", "is neither empty nor a whole number above 0"),
    ("DAPHNE_REPLICAS", "0", "is not a whole number above 0, like 1"),
    ("DATABASE_POOL_SIZE", "-1", "is not a whole number, like 4"),
    ("NGINX_MEMORY", "lots", "is not a size, like 768m"),
    ("UPLOAD_LIMIT", "110 MB", "is not a size, like 110m"),
    ("UPLOAD_LIMIT", "0m", "is not a size, like 110m"),
    ("GUNICORN_CPUS", "half", "is not a number, like 2.0"),
    ("DEBUG", "yes", "is not 0 or 1, like 0"),
    ("LOG_LEVEL", "loud", "is not a level, like INFO"),
    ("HTTP_BIND", "garbage", "is not an address and a port, like 127.0.0.1:8080"),
    ("HTTP_BIND", "localhost:8080", "is not an address and a port, like 127.0.0.1:8080"),
    ("SERVER_NAMES", "*.example.com", "is not host names separated by spaces, without port or wildcard"),
    ("SERVER_NAMES", "localhost:8080", "is not host names separated by spaces, without port or wildcard"),
    ("SERVER_NAMES", "a.example;b.example", "is not host names separated by spaces, without port or wildcard"),
    ("SERVER_NAMES", "::1", "is not host names separated by spaces, without port or wildcard"),
    ("GATEWAYS", "uwsgi apache", "names apache, which is no gateway; choose from uwsgi, gunicorn and daphne"),
    (
        "GATEWAYS",
        "uwsgi,daphne",
        "names uwsgi,daphne, which is no gateway; choose from uwsgi, gunicorn and daphne, separated by spaces",
    ),
    ("GATEWAYS", "uwsgi daphne uwsgi", "names uwsgi twice; name each gateway once"),
    ("GATEWAYS", "uwsgi\tdaphne", 'is not names separated by spaces, like "uwsgi gunicorn daphne"'),
    ("GATEWAYS", "", "is empty; choose from uwsgi, gunicorn and daphne"),
    ("COMPOSE_PROFILES", "*", "is not names of profiles separated by commas, like uwsgi,gunicorn,daphne"),
    ("COMPOSE_PROFILES", "a|b", "is not names of profiles separated by commas, like uwsgi,gunicorn,daphne"),
    ("COMPARE", "yes", "is not 0 or 1, like 1"),
    ("URL_PREFIX", "app", "is neither empty nor a path of letters, digits, _ and - like /app"),
    ("URL_PREFIX", "/app/", "is neither empty nor a path of letters, digits, _ and - like /app"),
    ("DJANGO_SETTINGS_MODULE", "config/settings.py", "is not a module"),
    ("WSGI_APPLICATION", "config.wsgi", "is not module:name"),
    ("HEALTH_PATH", "livez", "is not a path, like /livez"),
    ("COMPOSE_PROJECT_NAME", "My Site", "is not made of lower-case letters, digits, - and _"),
    ("POSTGRES_USER", "", "is missing, or longer than the 63 characters that PostgreSQL allows, like tricorn"),
    ("POSTGRES_USER", "postgres", "is PostgreSQL's superuser, which the project must not be"),
    ("POSTGRES_DB", "x" * 64, "is missing, or longer than the 63 characters that PostgreSQL allows, like tricorn"),
    ("POSTGRES_DB", "template1", "is reserved by PostgreSQL"),
]


@pytest.mark.parametrize(("name", "value", "fault"), FAULTS)
def test_a_value_of_the_wrong_kind_is_reported(clone: Clone, name: str, value: str, fault: str) -> None:
    clone.configure(**{name: value})
    line = only_line(clone.bash("check_env"))
    assert f"{name}={value} {fault}" in line
    assert line.endswith("edit .env (.env.example explains each setting)")


def test_make_up_reports_all_faults_in_one_line_and_starts_nothing(clone: Clone) -> None:
    clone.configure(UWSGI_PROCESSES="four", NGINX_MEMORY="lots", HTTP_BIND="garbage")
    before = clone.files()
    line = only_line(clone.make("up"))
    assert all(fault in line for fault in ("UWSGI_PROCESSES=four", "NGINX_MEMORY=lots", "HTTP_BIND=garbage"))
    assert clone.files() == before
    assert clone.is_down()


def test_an_invalid_value_set_in_the_shell_is_identified(clone: Clone) -> None:
    assert "DEBUG=app:* (from the shell) is not 0 or 1" in only_line(clone.make("up", DEBUG="app:*"))


def test_a_port_above_65535_is_reported(clone: Clone) -> None:
    clone.configure(HTTP_BIND="127.0.0.1:99999")
    assert only_line(clone.make("up")) == "up: HTTP_BIND=127.0.0.1:99999: 99999 is not a port; the highest is 65535"


def test_a_missing_project_folder_is_reported(clone: Clone) -> None:
    clone.configure(APPS="./nowhere")
    assert "APPS=./nowhere: there is no such folder" in only_line(clone.make("up"))
    clone.configure(APPS="./nginx")
    assert "APPS=./nginx: there is no requirements.txt in it" in only_line(clone.make("up"))


def test_threads_that_would_get_no_request_are_reported(clone: Clone) -> None:
    clone.configure(UWSGI_PROCESSES="20", UWSGI_THREADS="10")
    line = only_line(clone.bash("check_env"))
    assert "UWSGI_MAX_CONNECTIONS=200 is not more than UWSGI_PROCESSES x UWSGI_THREADS" in line


@pytest.mark.parametrize(("request_timeout", "least"), [("10", 45), ("30", 45), ("60", 75)])
def test_a_stop_that_would_cut_off_requests_is_reported(clone: Clone, request_timeout: str, least: int) -> None:
    clone.configure(REQUEST_TIMEOUT=request_timeout, STOP_TIMEOUT=str(least - 1))
    assert f"STOP_TIMEOUT={least - 1} is less than {least}, REQUEST_TIMEOUT" in only_line(clone.bash("check_env"))
    clone.configure(STOP_TIMEOUT=str(least))
    assert clone.bash("check_env").returncode == 0


@pytest.mark.parametrize("written", ["4", '"4"', "'4'", "4 # workers", "4\r", "5\nUWSGI_PROCESSES=4"])
def test_values_are_read_as_compose_reads_them(clone: Clone, written: str) -> None:
    clone.configure(UWSGI_PROCESSES=written)
    assert clone.bash("setting UWSGI_PROCESSES").stdout == "4\n"
    assert '"UWSGI_PROCESSES": "4"' in clone.compose("config", "--format", "json")


def test_a_variable_of_the_shell_wins_even_if_empty(clone: Clone) -> None:
    assert clone.bash("setting LOG_LEVEL", LOG_LEVEL="DEBUG").stdout == "DEBUG\n"
    assert clone.bash("setting LOG_LEVEL", LOG_LEVEL="").stdout == "\n"


@pytest.mark.parametrize(("cpus", "nginx", "valkey"), [(1, "1", "1.0"), (64, "2.0", "1.0")])
def test_a_first_make_up_limits_the_examples_to_the_number_of_cpus(
    clone: Clone, cpus: int, nginx: str, valkey: str
) -> None:
    clone.env.unlink()
    assert clone.bash(f"nproc() {{ echo {cpus}; }}; ensure_env; check_env").stdout == "created .env from .env.example\n"
    assert f"\nNGINX_CPUS={nginx}\n" in clone.env.read_text()
    assert f"\nVALKEY_CPUS={valkey}\n" in clone.env.read_text()


def test_an_env_of_an_older_version_gets_the_new_settings_and_keeps_its_own(clone: Clone) -> None:
    older = [line for line in clone.env.read_text().splitlines() if not line.startswith(("LOG_LEVEL=", "HEALTH_PATH="))]
    # Some editors leave the last line without its end.
    clone.env.write_text("\n".join([*older, "UWSGI_THREADS=7"]))
    said = clone.bash("ensure_env").stdout
    assert said == "added to .env, explained in .env.example: HEALTH_PATH=/livez LOG_LEVEL=INFO\n"
    assert clone.env.read_text().splitlines() == [*older, "UWSGI_THREADS=7", "HEALTH_PATH=/livez", "LOG_LEVEL=INFO"]
    assert clone.bash("ensure_env").stdout == ""


@pytest.mark.parametrize("target", ["ps", "down", "backup", "rotate", "clean"])
def test_any_command_completes_an_env_of_before_gateways(clone: Clone, target: str) -> None:
    """Without GATEWAYS Compose does not even say what runs, and a stack in service would be called down."""
    new = ("GATEWAYS=", "COMPOSE_PROFILES=")
    clone.env.write_text("".join(line for line in clone.env.open() if not line.startswith(new)))
    said = clone.make(target, FORCE="1")
    assert "added to .env, explained in .env.example: GATEWAYS=" in said.stdout + said.stderr
    assert "is missing a value" not in said.stderr
    assert all(f"\n{name}" in clone.env.read_text() for name in new)


def test_values_of_the_right_kind_are_accepted(clone: Clone) -> None:
    for taken in (
        {"HTTP_BIND": "[::1]:8080", "SERVER_NAMES": "localhost 127.0.0.1 [::1]", "COMPARE": "0", "URL_PREFIX": ""},
        {"HTTP_BIND": "[::]:0", "SERVER_NAMES": "[2001:db8::1]", "COMPARE": "1", "URL_PREFIX": "/intra-net/my_app"},
        {"NGINX_WORKERS": ""},
        {"NGINX_WORKERS": "1"},
    ):
        clone.configure(**{name: f'"{value}"' for name, value in taken.items()})
        checked = clone.bash("check_env")
        assert (checked.returncode, checked.stderr) == (0, ""), taken


@pytest.mark.parametrize(
    ("before", "after"),
    [("uwsgi,gunicorn,daphne", "gunicorn,daphne"), ("worker,uwsgi", "gunicorn,daphne,worker"), ("", "gunicorn,daphne")],
)
def test_the_profiles_of_compose_follow_the_gateways_and_keep_those_of_the_user(
    clone: Clone, before: str, after: str
) -> None:
    clone.configure(GATEWAYS='"gunicorn daphne"', COMPOSE_PROFILES=before)
    checked = clone.bash("check_env")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"\nCOMPOSE_PROFILES={after}\n" in clone.env.read_text()
    services = clone.compose("config", "--services").split()
    assert ("gunicorn" in services, "daphne" in services, "uwsgi" in services) == (True, True, False)


def test_gateways_of_the_shell_are_not_written_into_env(clone: Clone) -> None:
    before = clone.env.read_text()
    said = clone.bash("check_env; docker compose config --services", GATEWAYS="daphne")
    assert said.returncode == 0, said.stderr
    assert {"daphne", "uwsgi", "gunicorn"} & set(said.stdout.split()) == {"daphne"}
    assert clone.env.read_text() == before


OVERRIDE = "compose.override.yaml"


def test_an_override_stays_in_force_when_compose_file_is_set(clone: Clone) -> None:
    """Compose reads compose.override.yaml only if COMPOSE_FILE is not set."""
    (clone.path / OVERRIDE).write_text("services: {nginx: {labels: {of: override}}}\n")
    clone.configure(COMPOSE_FILE="compose.yaml:compose.tls.yaml")
    assert '"of": "override"' not in clone.compose("config", "--format", "json")
    said = clone.bash("check_compose_files")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(f"added {OVERRIDE} to COMPOSE_FILE in .env: ")
    assert clone.bash("setting COMPOSE_FILE").stdout == f"compose.yaml:compose.tls.yaml:{OVERRIDE}\n"
    assert '"of": "override"' in clone.compose("config", "--format", "json")
    # It is added only once.
    assert clone.bash("check_compose_files").stdout == ""


def test_an_override_ignored_because_of_the_shell_is_reported(clone: Clone) -> None:
    (clone.path / OVERRIDE).write_text("services: {nginx: {labels: {of: override}}}\n")
    said = clone.bash("check_compose_files", COMPOSE_FILE="compose.yaml")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(
        f"warning: {OVERRIDE} is ignored, because COMPOSE_FILE=compose.yaml is set in the shell"
    )
    assert clone.bash("setting COMPOSE_FILE").stdout == "compose.yaml\n"


def test_git_ignores_an_override() -> None:
    assert run("git", "-c", "safe.directory=*", "check-ignore", OVERRIDE, cwd=ROOT).stdout == f"{OVERRIDE}\n"
