"""Tries a Django project in its new image, before anything that runs is replaced: WSGI_APPLICATION, ASGI_APPLICATION.

Run by bootstrap/up with the settings of the stack; the database need not answer. A fault is one line and exit status 1,
what is only doubtful a line that begins with "warning: ".
"""

import pkgutil
import sys

from django.apps import apps
from django.conf import settings
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


def load_applications(*applications: str) -> None:
    for name, application in zip(("WSGI_APPLICATION", "ASGI_APPLICATION"), applications, strict=True):
        try:
            pkgutil.resolve_name(application)
        except Exception as error:  # whatever a project raises while it is imported
            sys.exit(f"{name}={application}: {type(error).__name__}: {error}")


def check_database() -> None:
    if settings.DATABASES["default"]["ENGINE"] == "django.db.backends.dummy":
        sys.exit(f"{settings.SETTINGS_MODULE} has no DATABASES, and migrate needs one: see docs/your-project.md")


def apps_without_migrations() -> list[str]:
    """Apps of the project itself (a package's are not ours to mend) with models that no migration makes."""
    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(loader.graph)
    return [label for label in changes if apps.get_app_config(label).path.startswith("/srv/apps/")]


load_applications(*sys.argv[1:])
check_database()
if found := apps_without_migrations():
    print(f"warning: models without a migration, so without their tables or columns, in: {', '.join(found)}")
