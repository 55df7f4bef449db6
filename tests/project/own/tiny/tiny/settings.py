"""The smallest project that can replace the sample. docs/your-project.md describes what a project must do."""

import os
from pathlib import Path


def secret(name: str) -> str:
    """The value of NAME, or the content of the file that NAME_FILE names."""
    return os.environ.get(name) or Path(os.environ[f"{name}_FILE"]).read_text().strip()


SECRET_KEY = secret("SECRET_KEY")
ALLOWED_HOSTS = [f".{name}" for name in os.environ.get("SERVER_NAMES", "").split()]
ROOT_URLCONF = "tiny.urls"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles", "tiny"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("POSTGRES_HOST", ""),
        "NAME": os.environ.get("POSTGRES_DB", ""),
        "USER": os.environ.get("POSTGRES_USER", ""),
        "PASSWORD": secret("POSTGRES_PASSWORD"),
    }
}
STATIC_URL = "static/"
STATIC_ROOT = os.environ.get("STATIC_ROOT")
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
USE_TZ = True
