"""The methods of Django that we patch are unchanged since the patch was written."""

import hashlib

import pytest

from tests.support.stack import Stack

# Beginnings of SHA-256 sums, of Django 5.2. If one fails, read Django's new version. Then update
# tricorn/answers/responses.py, or remove what Django does itself now, and put the new sum here.
SUMS = {
    "django.http.response:StreamingHttpResponse.__aiter__": "7b36f5b3e5de1837",
    "django.http.response:StreamingHttpResponse._set_streaming_content": "c11520c56e73d757",
    "django.middleware.gzip:GZipMiddleware.process_response": "6bd0b6187b78782f",
    "django.core.handlers.asgi:ASGIHandler.send_response": "77eda2b08689b44e",
}


@pytest.mark.parametrize("name", SUMS)
def test_django_s_is_the_one_that_ours_was_written_after(stack: Stack, name: str) -> None:
    source = f"import inspect, pkgutil; print(inspect.getsource(pkgutil.resolve_name({name!r})))"
    printed = stack.compose("exec", "-T", "gunicorn", "python", "-c", source).stdout.rstrip("\n") + "\n"
    assert hashlib.sha256(printed.encode()).hexdigest()[:16] == SUMS[name]
