"""Each gateway's folder, copied alone into a project that has only Django, serves it with the stock server."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.images.conftest import started
from tests.support.stack import GATEWAYS, ROOT, run, wait_until

# uWSGI is compiled, if no image of the stack has been built with the same version.
BUILD_SECONDS = 480
pytestmark = pytest.mark.timeout(BUILD_SECONDS + 120)

# A project of five lines, without a setting that the stack asks for.
PROJECT = Path(__file__).parent / "copied"
# What this project needs, of the sample's locked requirements.
NEEDED = ("asgiref", "django", "sqlparse")
# The port that answers HTTP, and the request that the server's interface makes.
SERVED = {"uwsgi": (8001, "WSGIRequest"), "gunicorn": (8000, "ASGIRequest"), "daphne": (9000, "ASGIRequest")}
ASK = "import sys, urllib.request as it; answer = it.urlopen(sys.argv[1]); print(answer.status, answer.read().decode())"


def dockerfile(gateway: str, python: str) -> str:
    """The example of docs/your-project.md, with the base image and pip's settings of this machine."""
    examples = re.findall(r"^```dockerfile\n(.*?)^```$", (ROOT / "docs/your-project.md").read_text(), re.M | re.S)
    (example,) = (it for it in examples if f"COPY {gateway}/" in it)
    settings = "--mount=type=secret,id=pip.conf,target=/etc/pip.conf"
    # The same lines as in the Dockerfile of the stack, so that uWSGI is compiled once.
    bound = "target=/mnt/requirements.txt \\\n    "
    example = example.replace(f"{bound}pip", f"{bound}{settings} \\\n    pip")
    return example.replace("RUN pip", f"RUN {settings} pip").replace("FROM python:3.13-slim-trixie", f"FROM {python}")


def lock() -> str:
    """The parts of the sample's lock that name Django and what it needs."""
    parts = re.split(r"^(?=\S)", (ROOT / "apps/requirements.txt").read_text(), flags=re.M)
    found = [part for part in parts if part.partition("==")[0] in NEEDED]
    assert len(found) == len(NEEDED)
    return "".join(found)


def build(gateway: str, folder: Path, python: str) -> str:
    """The name of an image that has the gateway's folder, Django and the project."""
    shutil.copytree(PROJECT, folder / "mysite")
    (folder / "mysite/requirements.txt").write_text(lock())
    shutil.copytree(ROOT / gateway, folder / gateway)
    (folder / "Dockerfile").write_text(dockerfile(gateway, python))
    image = f"{os.environ['COMPOSE_PROJECT_NAME']}-copied-{gateway}"
    secret = f"id=pip.conf,src={os.environ.get('PIP_CONFIG_FILE', '/dev/null')}"
    run("docker", "build", "--quiet", "--secret", secret, "--tag", image, str(folder), timeout=BUILD_SECONDS)
    return image


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory, setting: Callable[[str], str]) -> Iterator[dict[str, str]]:
    """The image of each gateway. They are built side by side, because each waits for pip's downloads."""
    python = setting("PYTHON_IMAGE")
    with ThreadPoolExecutor() as pool:
        built = {name: pool.submit(build, name, tmp_path_factory.mktemp(name), python) for name in GATEWAYS}
    found = {name: image.result() for name, image in built.items()}
    yield found
    run("docker", "image", "rm", "--force", *found.values())


@pytest.fixture(scope="module", params=GATEWAYS)
def copied(request: pytest.FixtureRequest, images: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The gateway, and a container of its image: no network, no volume, no variable."""
    gateway = request.param
    with started("--init", "--network=none", "--sysctl=net.core.somaxconn=1024", images[gateway]) as container:
        yield gateway, container


def test_the_stock_server_answers(copied: tuple[str, str]) -> None:
    gateway, container = copied
    port, kind = SERVED[gateway]
    ask = ("docker", "exec", container, "python", "-c", ASK, f"http://127.0.0.1:{port}/")
    wait_until(lambda: run(*ask, check=False).returncode == 0, 60, f"{gateway} answers")
    assert run(*ask).stdout == f"200 {kind}\n"


def test_nothing_of_the_package_is_needed(copied: tuple[str, str]) -> None:
    _, container = copied
    assert run("docker", "exec", container, "python", "-c", "import tricorn", check=False).returncode == 1


def test_it_ends_when_it_is_stopped(copied: tuple[str, str]) -> None:
    _, container = copied
    run("docker", "stop", "--time", "30", container)
    assert run("docker", "inspect", "--format", "{{.State.ExitCode}}", container).stdout.strip() == "0"
