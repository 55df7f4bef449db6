"""The project that docs/your-project.md describes: a fresh `startproject` with the page's snippets."""

import os
import re
import shutil
from pathlib import Path

from tests.support.stack import ROOT, run

PAGE = (ROOT / "docs/your-project.md").read_text()


def snippets(language: str = "python") -> list[str]:
    """The page's code in order. Python: urls.py, settings.py; the package's settings, asgi.py and urls.py; a view."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def append(file: Path, *texts: str) -> None:
    with file.open("a") as opened:
        opened.writelines(f"\n{text}\n" for text in texts)


def start_project(image: str, folder: Path, more_settings: str = "") -> None:
    """Creates the project `mysite` in an empty folder, with an image that has Django."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = ("docker", "run", "--rm", "--volume", f"{folder}:/out", "--user", str(os.getuid()), image)
    run(*start, "python", "-m", "django", "startproject", "mysite", "/out")
    urls, settings, *_ = snippets()
    append(folder / "mysite/urls.py", urls)
    append(folder / "mysite/settings.py", settings, more_settings)


def use_package(folder: Path) -> None:
    """Lets the project use the package's parts, as the page says."""
    settings, asgi, urls = snippets()[2:5]
    (layer,) = (code for code in snippets("py") if code.startswith("CHANNEL_LAYERS"))
    append(folder / "mysite/settings.py", settings, layer)
    append(folder / "mysite/urls.py", urls)
    (folder / "mysite/asgi.py").write_text(asgi)
