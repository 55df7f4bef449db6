"""Files of bundlers get the type that a browser needs: with `nosniff`, it rejects a module with any other type."""

from collections.abc import Iterator

import pytest

from tests.support.stack import ROOT, Stack, run
from tests.support.variant import variant
from tests.support.wire import Edge

TYPES = {
    "js": "application/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "cjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "map": "application/json; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "jsonld": "application/ld+json; charset=utf-8",
    "geojson": "application/geo+json; charset=utf-8",
    "webmanifest": "application/manifest+json; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "wasm": "application/wasm",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "png": "image/png",
    "avif": "image/avif",
    "webp": "image/webp",
    "jxl": "image/jxl",
    "apng": "image/apng",
    "heic": "image/heic",
    "ico": "image/x-icon",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "m4a": "audio/x-m4a",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "aac": "audio/aac",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "nobody-knows-it": "application/octet-stream",
}
# Types that a browser would execute or apply, if a stranger uploaded such a file.
RUN_BY_TYPE = ["js", "JS", "mjs", "cjs", "css", "wasm", "xsl", "xslt"]


@pytest.fixture(scope="module")
def files(stack: Stack) -> Iterator[Edge]:
    """An nginx with a file of each type in /static/types/ and /media/types/."""
    with variant(stack) as edge:
        names = " ".join(f"file.{ending}" for ending in [*TYPES, *RUN_BY_TYPE])
        folders = "/etc/nginx/static/types /srv/uploads/media/types"
        make = f"for at in {folders}; do mkdir -p $at; cd $at; for name in {names}; do echo '{{}}' > $name; done; done"
        run("docker", "exec", "--user", "0", edge.container, "sh", "-euc", make)
        yield edge


@pytest.mark.parametrize("ending", TYPES)
def test_a_static_file_has_the_type_of_its_name(files: Edge, ending: str) -> None:
    answer = files.get(f"/static/types/file.{ending}")
    assert (answer.status, answer.one("Content-Type")) == (200, TYPES[ending])
    assert answer.one("X-Content-Type-Options") == "nosniff"


@pytest.mark.parametrize("ending", RUN_BY_TYPE)
def test_an_upload_with_an_executable_type_is_sent_without_it(files: Edge, ending: str) -> None:
    answer = files.get(f"/media/types/file.{ending}")
    assert (answer.status, answer.one("Content-Type")) == (200, "application/octet-stream")


def test_nginx_reports_no_duplicate_type(files: Edge) -> None:
    assert "duplicate extension" not in run("docker", "logs", files.container).stderr


def test_compressible_files_are_compressed_at_build() -> None:
    """Checked with TYPES, so that a text type that is added there is not forgotten."""
    build = (ROOT / "Dockerfile").read_text()
    text = [ending for ending, kind in TYPES.items() if "charset" in kind or ending in ("wasm", "svg", "ttf", "otf")]
    rare = {"jsonld", "geojson", "csv", "ics", "md", "vtt"}
    assert [ending for ending in text if ending not in rare and f"-name '*.{ending}'" not in build] == []
