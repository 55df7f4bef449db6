"""The sample project's settings, with other URLs."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "misbehaving.urls"
