"""The sample project's settings with the views that are measured; another list of middleware by BENCH_MIDDLEWARE."""

import os

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as INSTALLED
from config.settings import MIDDLEWARE as SAMPLE

ROOT_URLCONF = "benchmark.urls"
INSTALLED_APPS = ["benchmark", *INSTALLED]
BENCH_FILES = f"{MEDIA_ROOT}/bench"  # noqa: F405

# What `django-admin startproject` writes, to compare with.
STOCK = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
MIDDLEWARE = {
    "sample": SAMPLE,
    # With health checks, which the container's own asks.
    "stock": ["tricorn.health.health_middleware", *STOCK],
    "none": ["tricorn.health.health_middleware"],
}[os.environ.get("BENCH_MIDDLEWARE", "sample")]
