"""The Django app `tricorn`. It has no models: in INSTALLED_APPS, it prepares the process for the project's settings."""

from django.apps import AppConfig
from django.conf import settings


class TricornConfig(AppConfig):
    name = "tricorn"

    def ready(self) -> None:
        if any(database.get("OPTIONS", {}).get("pool") for database in settings.DATABASES.values()):
            # psycopg_pool is installed only where a project has a pool.
            from tricorn.database_pool import retry_quickly

            retry_quickly()
