"""Prints the databases of a Django project that a backup lacks, one a line. sys.argv is the one it has: host, name.

bin/backup runs this in the migrate service, with the project's settings.
"""

import sys

from django.conf import settings

for alias, database in settings.DATABASES.items():
    engine, name, host = (str(database.get(key, "")) for key in ("ENGINE", "NAME", "HOST"))
    if not engine.endswith(("postgresql", "postgis")) or [host, name] != sys.argv[1:]:
        print(f'"{alias}" ({engine.rpartition(".")[2]}, {name})')
