"""Runs Django's own tests with our replacements: tricorn/middleware.py, asynchronously, and handler.py.

A settings module for the test runner of Django's source, in a gateway's container: PYTHONPATH=<this folder>
python runtests.py --settings=django_suite LABEL ...
"""

import asyncio
import importlib
import sys
from typing import Any
from unittest import TestSuite

from asgiref.sync import async_to_sync, sync_to_async
from django.test.runner import DiscoverRunner

TAKEN = {
    "SecurityMiddleware": "django.middleware.security",
    "CommonMiddleware": "django.middleware.common",
    "CsrfViewMiddleware": "django.middleware.csrf",
    "XFrameOptionsMiddleware": "django.middleware.clickjacking",
    "SessionMiddleware": "django.contrib.sessions.middleware",
    "MessageMiddleware": "django.contrib.messages.middleware",
    "AuthenticationMiddleware": "django.contrib.auth.middleware",
}

DATABASES = {name: {"ENGINE": "django.db.backends.sqlite3"} for name in ("default", "other")}
SECRET_KEY = "of no worth"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
TEST_RUNNER = "django_suite.Runner"

went_through = dict.fromkeys((*TAKEN, "handler"), 0)


def is_on_event_loop() -> bool:
    """Whether the calling test is asynchronous."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def asynchronous(ours: type, module: str) -> type:
    """Answers synchronous tests through `__acall__`, on an event loop, where the ORM rejects calls."""

    class Asynchronous(ours):  # type: ignore[misc]
        def __call__(self, request: Any) -> Any:  # noqa: ANN401
            if self.async_mode or is_on_event_loop():
                return super().__call__(request)
            went_through[ours.__name__] += 1
            synchronous = self.get_response
            self.get_response = sync_to_async(synchronous, thread_sensitive=True)
            try:
                return async_to_sync(self.__acall__)(request)
            finally:
                self.get_response = synchronous

    if hasattr(ours, "aprocess_view"):

        def process_view(self: Any, *arguments: Any) -> Any:  # noqa: ANN401
            return async_to_sync(self.aprocess_view)(*arguments)

        Asynchronous.process_view = process_view  # type: ignore[attr-defined]
    Asynchronous.__name__ = Asynchronous.__qualname__ = ours.__name__
    Asynchronous.__module__ = module
    return Asynchronous


def counted(ours: type) -> type:
    class Handler(ours):  # type: ignore[misc]
        async def handle(self, *arguments: Any) -> None:  # noqa: ANN401
            went_through["handler"] += 1
            await super().handle(*arguments)

    return Handler


class Runner(DiscoverRunner):
    def build_suite(self, *arguments: Any, **options: Any) -> TestSuite:  # noqa: ANN401
        handler = counted(importlib.import_module("tricorn.handler").ASGIHandler)
        for module in ("django.core.asgi", "django.core.handlers.asgi"):
            importlib.import_module(module).ASGIHandler = handler  # type: ignore[attr-defined]
        ours = importlib.import_module("tricorn.middleware")
        for name, module in TAKEN.items():
            setattr(importlib.import_module(module), name, asynchronous(getattr(ours, name), module))
        return super().build_suite(*arguments, **options)

    def suite_result(self, suite: TestSuite, result: Any, **options: Any) -> int:  # noqa: ANN401
        print(f"how often ours was called: {went_through}", file=sys.stderr)
        return super().suite_result(suite, result, **options)
