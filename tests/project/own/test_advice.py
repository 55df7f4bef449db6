"""Advice of the documentation works: without it the symptom exists, and with it the symptom is gone."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.clone import CLONES
from tests.support.stack import ROOT, Stack, run, wait_until
from tests.support.variant import variant
from tests.support.wire import Edge

FONT = "/static/font.woff2"
ORIGIN = ("Origin", "https://www.example.com")
LAYER = """
import asyncio
from config.settings import VALKEY
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

HOST = {"address": "redis://valkey:6379/0", "password": VALKEY["password"]}

async def wait(layer):
    channel = await layer.new_channel()
    try:
        await asyncio.wait_for(layer.receive(channel), 20)
    except Exception as error:
        return type(error).__module__

async def main():
    patient = {**HOST, "socket_timeout": None}
    layers = (RedisChannelLayer([HOST]), RedisChannelLayer([patient]), RedisPubSubChannelLayer([HOST]))
    print(*await asyncio.gather(*map(wait, layers)))

asyncio.run(main())
"""
REDIRECTS = """
import django
django.setup()
from django.test import Client, override_settings
with override_settings(SECURE_SSL_REDIRECT=True):
    for scheme in ("http", "https"):
        print(Client(SERVER_NAME="localhost").get("/", headers={"X-Forwarded-Proto": scheme}).status_code)
"""


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


@contextmanager
def edited(stack: Stack, file: str, behind: str, line: str) -> Iterator[Edge]:
    """An nginx with one more line in a configuration file, after the line that begins with `behind`."""
    with variant(stack, COMPARE="1") as edge:
        at = f"/etc/nginx/{file}"
        edit = f"sed -i 's|^ *{behind}.*|&\\n{line}|' {at} && grep -qF '{line}' {at}; echo font >/etc/nginx{FONT}"
        run("docker", "exec", "--user", "0", edge.container, "sh", "-euc", edit)
        run("docker", "exec", edge.container, "sh", "-euc", "cd /tmp/nginx/live && nginx -s reload -p ./ -c nginx.conf")
        yield edge


def test_a_font_may_be_used_by_another_origin(stack: Stack) -> None:
    line = "add_header Access-Control-Allow-Origin *;"
    assert f"`{line}` in `nginx/snippets/static.conf`" in page("troubleshooting.md")
    with edited(stack, "snippets/static.conf", "add_header Cross-Origin", line) as edge:

        def allowed() -> list[list[str]]:
            return [edge.get(FONT, headers=[ORIGIN]).all("Access-Control-Allow-Origin") for _ in range(10)]

        wait_until(lambda: allowed() == [["*"]] * 10, 20, "the header on a font")
        assert edge.get("/static/none", headers=[ORIGIN]).all("Access-Control-Allow-Origin") == []


def test_a_wildcard_host_matches_every_subdomain_except_pinned_hosts(stack: Stack) -> None:
    line = "server_name *.example.com;"
    assert f"```nginx\n    {line}\n```" in page("production.md")
    line = line.replace("example.com", "localhost")
    with edited(stack, "conf.d/servers/site.conf", "include rendered/server_name_site.conf", line) as edge:

        def status() -> set[int]:
            return {edge.get("/gateway/", "a-customer.localhost").status for _ in range(10)}

        wait_until(lambda: status() == {200}, 20, "a customer's host")
        assert edge.get("/gateway/", "a-customer.localhost").json()["host"] == "a-customer.localhost"
        assert edge.get("/gateway/", "daphne.localhost").json()["gateway"] == "daphne"
        assert edge.get("/gateway/", "localhost.evil.example").status == 421


def test_an_icu_collation_sorts_as_expected(stack: Stack) -> None:
    by_code, by_icu = "B Z a e f z é", "a B e é f z Z"
    assert f"`{by_code}`" in page("your-project.md")
    assert f"`{by_icu}`" in page("your-project.md")
    query = "SELECT string_agg(x, ' ' ORDER BY x), string_agg(x, ' ' ORDER BY x COLLATE \"und-x-icu\") "
    query += "FROM unnest(string_to_array('z f e é B a Z', ' ')) AS x"
    psql = ("psql", "--username", "tricorn", "--dbname", "tricorn", "--no-align", "--tuples-only", "--command", query)
    assert run("docker", "exec", stack.container("postgres"), *psql).stdout == f"{by_code}|{by_icu}\n"


def test_the_tutorials_channel_layer_fails_and_the_two_recommended_ones_do_not(stack: Stack) -> None:
    found = run("docker", "exec", stack.container("gunicorn"), "python", "-c", LAYER).stdout.split()
    # The layer's own error; and twice the test's own timeout, because no message came.
    assert found == ["redis.exceptions", "builtins", "builtins"]


def test_a_redirect_to_https_without_https_loops_unnoticed_by_health_checks(stack: Stack) -> None:
    """Asks as nginx and the health check do with HTTPS=0."""
    django = ("docker", "exec", "--env", "DJANGO_SETTINGS_MODULE=config.settings", stack.container("uwsgi"), "python")
    assert run(*django, "-c", REDIRECTS).stdout.split() == ["301", "200"]


@pytest.fixture
def mapless() -> Iterator[str]:
    """A project with a script whose source map is missing, and the documented storage: its folder on the host."""
    (storage,) = re.findall(r"```py\n(from django.contrib.staticfiles.*?)```", page("troubleshooting.md"), re.DOTALL)
    folder = CLONES / "mapless"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mysite/static/js").mkdir(parents=True)
    (folder / "mysite/static/js/app.js").write_text("x = 1\n//# sourceMappingURL=app.js.map\n")
    (folder / "mysite/storage.py").write_text(storage)
    settings = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.staticfiles', 'mysite']\nSTATIC_URL = '/static/'\n"
    settings += "STATIC_ROOT = '/tmp/static'\nSTORAGES = {'staticfiles': {'BACKEND': '%s'}}\n"
    stock = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    (folder / "mysite/stock.py").write_text(settings % stock)
    (folder / "mysite/cured.py").write_text(settings % "mysite.storage.StaticFilesStorage")
    yield str(folder)
    shutil.rmtree(folder)


def test_a_missing_source_map_is_reported_and_can_be_ignored(stack: Stack, mapless: str) -> None:
    def collect(settings: str) -> tuple[int, str]:
        options = ("--rm", "--volume", f"{mapless}:/srv/apps:ro", "--env", f"DJANGO_SETTINGS_MODULE=mysite.{settings}")
        collect = "python -m django collectstatic --no-input --verbosity 0 && ls /tmp/static/js"
        result = run("docker", "run", *options, f"{stack.project}-migrate", "sh", "-euc", collect, check=False)
        return result.returncode, result.stdout + result.stderr

    status, said = collect("stock")
    assert (status != 0, "Post-processing 'js/app.js' failed!" in said) == (True, True)
    assert "The file 'js/app.js.map' could not be found with <" in said
    status, said = collect("cured")
    assert (status, bool(re.search(r"^app\.[0-9a-f]{12}\.js$", said, re.MULTILINE))) == (0, True), said
