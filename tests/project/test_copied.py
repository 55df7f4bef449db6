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


def example(folder: str) -> str:
    """The example of docs/your-project.md that copies this folder."""
    examples = re.findall(r"^```dockerfile\n(.*?)^```$", (ROOT / "docs/your-project.md").read_text(), re.M | re.S)
    (found,) = (it for it in examples if f"COPY {folder}/" in it)
    return found


def on_this_machine(example: str, python: str) -> str:
    """The same Dockerfile with the base image and pip's settings of this machine."""
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


def build(name: str, dockerfile: str, folder: Path) -> str:
    """Builds an image from the project and the folders that the Dockerfile names; returns the image's name."""
    shutil.copytree(PROJECT, folder / "mysite")
    (folder / "mysite/requirements.txt").write_text(lock())
    for it in (*GATEWAYS, "tricorn"):
        if f"{it}/" in dockerfile:
            shutil.copytree(ROOT / it, folder / it)
    (folder / "Dockerfile").write_text(dockerfile)
    image = f"{os.environ['COMPOSE_PROJECT_NAME']}-copied-{name}"
    secret = f"id=pip.conf,src={os.environ.get('PIP_CONFIG_FILE', '/dev/null')}"
    run("docker", "build", "--quiet", "--secret", secret, "--tag", image, str(folder), timeout=BUILD_SECONDS)
    return image


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory, setting: Callable[[str], str]) -> Iterator[dict[str, str]]:
    """The image of each gateway, and gunicorn's with the package. They are built side by side: pip's downloads wait."""
    files = {gateway: example(gateway) for gateway in GATEWAYS}
    files["package"] = files["gunicorn"].replace("USER nobody", example("tricorn") + "USER nobody")
    files = {name: on_this_machine(file, setting("PYTHON_IMAGE")) for name, file in files.items()}
    with ThreadPoolExecutor() as pool:
        built = {name: pool.submit(build, name, file, tmp_path_factory.mktemp(name)) for name, file in files.items()}
    found = {name: image.result() for name, image in built.items()}
    yield found
    run("docker", "image", "rm", "--force", *found.values())


@pytest.fixture(scope="module", params=GATEWAYS)
def copied(request: pytest.FixtureRequest, images: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The gateway, and a container of its image: no network, no volume, no variable."""
    gateway = request.param
    with started("--init", "--network=none", "--sysctl=net.core.somaxconn=1024", images[gateway]) as container:
        yield gateway, container


def answer(container: str, gateway: str) -> str:
    """Status and body of the project's page, as soon as the server answers."""
    ask = ("docker", "exec", container, "python", "-c", ASK, f"http://127.0.0.1:{SERVED[gateway][0]}/")
    return wait_until(lambda: run(*ask).stdout, 60, f"{gateway} answers")


def test_the_stock_server_answers(copied: tuple[str, str]) -> None:
    gateway, container = copied
    assert answer(container, gateway) == f"200 {SERVED[gateway][1]}\n"


def test_nothing_of_the_package_is_needed(copied: tuple[str, str]) -> None:
    _, container = copied
    assert run("docker", "exec", container, "python", "-c", "import tricorn", check=False).returncode == 1


def test_it_ends_when_it_is_stopped(copied: tuple[str, str]) -> None:
    _, container = copied
    run("docker", "stop", "--time", "30", container)
    assert run("docker", "inspect", "--format", "{{.State.ExitCode}}", container).stdout.strip() == "0"


def test_one_line_adds_the_package(images: dict[str, str]) -> None:
    with started("--network=none", images["package"]) as container:
        assert answer(container, "gunicorn") == "200 ASGIRequest\n"
        log = run("docker", "logs", container)
    assert "Using worker: tricorn.gunicorn_worker.Worker" in log.stdout + log.stderr
    assert "was not written for" not in log.stdout + log.stderr


@pytest.mark.parametrize(("gateway", "limit"), [("gunicorn", 90), ("daphne", 40), ("uwsgi", 110)])
def test_a_copier_has_few_lines_to_read(gateway: str, limit: int) -> None:
    files = [path for path in (ROOT / gateway).iterdir() if path.is_file() and path.name != "requirements.txt"]
    lines = [line for path in files for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) <= limit
