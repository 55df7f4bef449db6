"""A temporary clone of the repository with its own Compose project, in which tests call `make` as a user does."""

import functools
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.stack import GATEWAYS, ROOT, run

# The engine and the tests see this folder at the same path. Git and the image builds ignore it.
CLONES = ROOT / ".tests"
SECRETS = ("secret_key", "postgres_password", "valkey_password")
# The user of the containers: see bin/secrets.
READER = 999
# The files of bin/lib/ whose functions tests call. A test that calls others sources them itself.
SOURCED = ("messages", "settings", "env-checks", "compose-checks", "tls", "port-checks", "mirror")
# bin/test exports these, and environment variables override .env.
OF_THE_SUITE = (
    "COMPOSE_PROJECT_NAME",
    "COMPOSE_FILE",
    "COMPARE",
    "COMPOSE_PROFILES",
    "GATEWAYS",
    "URL_PREFIX",
    "HTTP_BIND",
    "KEEP",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
)


@functools.cache
def tracked() -> list[str]:
    """Git's files that exist. The modules of tests/, half of them all, are left out: no command that a test calls in a
    clone reads them, and some hundred tests make a clone."""
    # The user in the tests' container may not own the folder: Git would refuse it.
    git = ("git", "-c", "safe.directory=*")
    listed = run(*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout
    files = [file for file in filter(None, listed.split("\0")) if (ROOT / file).is_file() or (ROOT / file).is_symlink()]
    return [file for file in files if not file.startswith("tests/") or not file.endswith(".py") or "/tiny/" in file]


@dataclass(frozen=True)
class Clone:
    path: Path
    project: str

    @classmethod
    def of_the_repository(cls, name: str, project: str) -> "Clone":
        """Git's files, with local changes; the settings in force here; new secrets."""
        clone = cls(CLONES / name, project)
        shutil.rmtree(clone.path, ignore_errors=True)
        for file in tracked():
            (clone.path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, clone.path / file, follow_symlinks=False)
        shutil.copy(ROOT / ".env", clone.path / ".env")
        clone.configure(COMPOSE_PROJECT_NAME=project, HTTP_BIND="127.0.0.1:0", COMPOSE_FILE="compose.yaml")
        clone.configure(GATEWAYS=f'"{" ".join(GATEWAYS)}"', COMPOSE_PROFILES=",".join(GATEWAYS))
        clone.make_secrets()
        return clone

    @property
    def env(self) -> Path:
        return self.path / ".env"

    def configure(self, **settings: str) -> None:
        """Writes settings into .env."""
        kept = [line for line in self.env.read_text().splitlines() if line.split("=")[0] not in settings]
        self.env.write_text("\n".join(kept + [f"{name}={value}" for name, value in settings.items()]) + "\n")

    def make_secrets(self) -> None:
        """Does what bin/secrets does, without a container."""
        (self.path / "secrets").mkdir(mode=0o700)
        for name in SECRETS:
            self.write_secret(name, f"{name}-of-{self.project}")

    def write_secret(self, name: str, value: str) -> None:
        file = self.path / "secrets" / name
        file.write_text(value)
        file.chmod(0o600)
        os.chown(file, READER, READER)

    def give_postgres_a_disk_of(self, size: str) -> None:
        """Puts PostgreSQL's volume into memory, with that size. When the container is removed, its data is lost."""
        options = f"{{type: tmpfs, device: tmpfs, o: 'size={size},uid={READER},mode=0700'}}"
        (self.path / "disk.yaml").write_text(f"volumes: {{postgres: {{driver_opts: {options}}}}}\n")
        self.configure(COMPOSE_FILE="compose.yaml:disk.yaml")

    def environment(self, **changes: str) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name not in OF_THE_SUITE} | changes

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a program in this folder, without a terminal. It may fail: the test checks the result."""
        return run(*command, check=False, cwd=self.path, env=self.environment(**environment), stdin=subprocess.DEVNULL)

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("make", "--no-print-directory", *arguments, **environment)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Like run(), in the background, in its own process group, as a terminal does."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, cwd=self.path, env=self.environment(), text=True, process_group=0, **pipes)  # type: ignore[call-overload,no-any-return]

    def bash(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a script that can call the functions of SOURCED."""
        sources = "; ".join(f". bin/lib/{file}" for file in SOURCED)
        return self.run("bash", "-euo", "pipefail", "-c", f"{sources}; {script}", "test", **environment)

    def compose(self, *arguments: str) -> str:
        """Runs `docker compose` as a user does; a failure raises."""
        command = ("docker", "compose", *arguments)
        return run(*command, cwd=self.path, env=self.environment(), stdin=subprocess.DEVNULL).stdout

    def image_of(self, container: str) -> str:
        return run("docker", "inspect", "--format", "{{.Image}}", container).stdout.strip()

    def image_id(self, name: str) -> str:
        return run("docker", "image", "inspect", "--format", "{{.Id}}", name).stdout.strip()

    def url(self) -> str:
        return f"http://{self.compose('port', 'nginx', '8080').strip()}"

    def files(self) -> set[str]:
        """Every file except the lock files, which stay."""
        found = (str(file.relative_to(self.path)) for file in self.path.rglob("*") if file.is_file())
        return {file for file in found if not file.startswith(".lock-")}

    def owned(self, kind: str) -> set[str]:
        """The project's containers, networks, volumes or images in the engine."""
        return owned(self.project, kind)

    def is_down(self) -> bool:
        return self.owned("container") | self.owned("network") == set()

    def remove_files(self) -> None:
        shutil.rmtree(self.path)

    def remove(self) -> None:
        sweep(self.project)
        self.remove_files()


def owned(project: str, kind: str) -> set[str]:
    if kind == "image":
        found = run("docker", "image", "ls", "--quiet", "--filter", f"reference={project}-*")
    else:
        listing = ("ps", "--all") if kind == "container" else (kind, "ls")
        found = run("docker", *listing, "--quiet", "--filter", f"label=com.docker.compose.project={project}")
    return set(found.stdout.split())


def sweep(project: str) -> None:
    """Removes everything of a project, whatever its state."""
    for kind in ("container", "network", "volume", "image"):
        if found := owned(project, kind):
            run("docker", kind, "rm", *(["--force"] if kind in ("container", "image") else []), *found)


def interrupt(process: subprocess.Popen[str]) -> str:
    """Sends Ctrl-C to every process of the group, and returns all output."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        return process.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        # The process holds a lock, which would block every later test.
        os.killpg(process.pid, signal.SIGKILL)
        raise


def only_line(failed: subprocess.CompletedProcess[str]) -> str:
    """The only line of an error. make's own line about the recipe does not count."""
    assert failed.returncode != 0, failed.stdout
    lines = [line for line in failed.stderr.splitlines() if not re.match(r"make: \*\*\* \[", line)]
    assert len(lines) == 1, failed.stderr
    return lines[0]
