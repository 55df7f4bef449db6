"""Large uploads under load: the bytes come back unchanged, no process buffers them, and half of one leaves no file."""

import hashlib
import json
import secrets
import select
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.operations.faults.figures import Figures
from tests.support.footprint import footprints
from tests.support.kill import workers
from tests.support.long_form import repeat
from tests.support.stack import GATEWAYS, Stack, wait_until
from tests.support.traffic import Traffic, failures, pinned
from tests.support.uploads import FORM, Volume, form, send
from tests.support.wire import Edge, bytes_of, request

MIB = 1 << 20
SIZE = 100 * MIB
UPLOADS = repeat(short=5, full=50)
# Bytes by which a service's memory may grow, however large the upload is.
GROWTH = 64 * MIB
# Bytes of a body that the kernels on both sides buffer before any process reads it.
BUFFERS = 8 * MIB


@pytest.fixture(scope="module")
def volume(stack: Stack) -> Volume:
    return Volume(stack.container("uwsgi"))


def test_a_large_upload_is_stored_unchanged(stack: Stack, edge: Edge, volume: Volume, figures: Figures) -> None:
    content = secrets.token_bytes(MIB) * (SIZE // MIB)
    digest = hashlib.sha256(content).hexdigest()

    def there_and_back(gateway: str) -> tuple[int, str]:
        answer = send(edge, gateway, "large.bin", content)
        if answer.status != 201:
            return answer.status, ""
        stored = json.loads(answer.body)
        volume.made.append(stored["name"])
        return 201, hashlib.sha256(edge.get(stored["url"]).body).hexdigest()

    try:
        with (
            footprints(stack, "nginx", *GATEWAYS) as found,
            Traffic(stack, *pinned()) as traffic,
            ThreadPoolExecutor() as pool,
        ):
            results = dict(zip(GATEWAYS, pool.map(there_and_back, GATEWAYS), strict=True))
    finally:
        volume.shell("rm -f " + " ".join(f"media/{name}" for name in volume.made))
    grown = {service: footprint.growth // MIB for service, footprint in found.items()}
    figures.add(
        f"{SIZE // MIB} MiB uploaded through each gateway at once",
        *traffic.records.values(),
        note="memory grew by " + ", ".join(f"{name} {size}" for name, size in grown.items()) + " MiB",
    )
    assert results == dict.fromkeys(GATEWAYS, (201, digest))
    assert all(footprint.samples and footprint.growth < GROWTH for footprint in found.values()), grown
    assert failures(traffic.records.values()) == {}


def test_uploads_beside_other_requests_kill_no_worker(
    stack: Stack, edge: Edge, volume: Volume, figures: Figures
) -> None:
    """A worker with several threads receives a body while it answers other requests."""
    content = secrets.token_bytes(MIB) * 16

    def upload(gateway: str) -> list[int]:
        answers = [send(edge, gateway, "beside.bin", content) for _ in range(UPLOADS)]
        volume.made.extend(json.loads(answer.body)["name"] for answer in answers if answer.status == 201)
        return [answer.status for answer in answers]

    before = {gateway: workers(stack.container(gateway)) for gateway in GATEWAYS}
    try:
        with Traffic(stack, *pinned(20)) as traffic, ThreadPoolExecutor() as pool:
            results = dict(zip(GATEWAYS, pool.map(upload, GATEWAYS), strict=True))
    finally:
        volume.shell("rm -f " + " ".join(f"media/{name}" for name in volume.made))
    figures.add(f"{UPLOADS} uploads of 16 MiB to each gateway, under load", *traffic.records.values())
    assert results == dict.fromkeys(GATEWAYS, [201] * UPLOADS)
    assert {gateway: workers(stack.container(gateway)) for gateway in GATEWAYS} == before
    assert failures(traffic.records.values()) == {}


def test_a_body_over_the_limit_is_rejected_before_it_is_read(
    edge: Edge, figures: Figures, setting: Callable[[str], str]
) -> None:
    length = 2 * bytes_of(setting("UPLOAD_LIMIT"))
    block, sent = b"x" * 65536, 0
    with edge.connect() as connection:
        connection.sendall(request("POST", "/upload/", headers=[FORM, ("Content-Length", str(length))]))
        # A client that sends and listens at the same time.
        while sent < length and not select.select([connection], [], [], 0)[0]:
            sent += connection.send(block)
        answer = connection.recv(65536)
    figures.add("an upload over the limit", sent=1, failed=0, note=f"413 after {sent / MIB:.1f} of {length // MIB} MiB")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert sent <= BUFFERS


def test_an_interrupted_upload_leaves_no_file(stack: Stack, edge: Edge, volume: Volume, figures: Figures) -> None:
    before = volume.files()
    whole = form("half.bin", secrets.token_bytes(MIB) * 20)
    with Traffic(stack, *pinned()) as traffic:
        for gateway in GATEWAYS:
            data = request("POST", f"/gateways/{gateway}/upload/", headers=[FORM], body=whole)
            with edge.connect() as connection:
                connection.sendall(data[: len(data) // 2])
        wait_until(
            lambda: (
                volume.files() == before
                and not stack.inside("nginx").check_output("find /var/cache/nginx/client_body -type f")
            ),
            10,
            "nothing is left of them",
        )
    figures.add("clients that leave half way", *traffic.records.values(), note="nothing left of 3 x 10 MiB")
    assert failures(traffic.records.values()) == {}
