"""Compiles the plugins with gcc, for the uWSGI that is installed. The binary of uWSGI has the header and the flags of
its build.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as headers:
        Path(headers, "uwsgi.h").write_text(output_of("uwsgi", "--dot-h"))
        flags = output_of("uwsgi", "--cflags").split()
        for source in sorted(Path(__file__).parent.glob("*.c")):
            plugin = folder / f"{source.stem}_plugin.so"
            command = ("gcc", "-shared", "-fPIC", *flags, "-I", headers, "-o", str(plugin), str(source))
            subprocess.run(command, check=True)  # noqa: S603


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tricorn.uwsgi_plugins FOLDER")
    main(Path(sys.argv[1]))
