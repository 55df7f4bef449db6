"""Prints the gallery's servers and their addresses: lab/gallery/servers.toml, with the versions that are installed.

bin/gallery runs it in one of the gallery's containers: summary.py HOST:PORT
"""

import platform
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

ROW = "  {:<17} {:<33} {:<9} {:<10} {:<9} {}"

(host,) = sys.argv[1:]
servers = tomllib.loads(Path("/etc/gallery/servers.toml").read_text())["server"]
print()
print(ROW.format("gallery", "server", "version", "interface", "protocol", "address"))
for it in servers:
    number = platform.python_version() if it["distribution"] == "python" else version(it["distribution"])
    address = f"http://{it['name']}.{host}/"
    print(ROW.format(it["name"], it["server"], number, it["interface"], it["protocol"], address))
print()
