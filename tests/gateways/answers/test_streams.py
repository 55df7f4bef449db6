"""Through every gateway, each piece of a stream arrives when it is made, and takes no more memory than a piece."""

import time
from itertools import pairwise

import httpx
import pytest

from tests.gateways.answers.conftest import Answering
from tests.support.stack import GATEWAYS, wait_until

MB = 1_000_000
# MB: larger than a gateway may grow, and than nginx stores of one answer of an ASGI gateway.
FILE = 200
# MB: more than any gateway's process needs itself. A file that is read as a whole needs far more.
PEAK = 150


def arrivals(client: httpx.Client, url: str, **headers: str) -> list[tuple[float, float]]:
    """When each line was made and when it arrived, by this machine's clock, which the containers share."""
    found = []
    with client.stream("GET", url, headers=headers) as response:
        assert response.status_code == 200
        assert "Content-Encoding" not in response.headers or "event-stream" not in response.headers["Content-Type"]
        for line in response.iter_lines():
            found.append((float(line.partition(":")[2]), time.time()))
    return found


@pytest.mark.parametrize("kind", ["text/csv", "text/event-stream"])
def test_a_synchronous_iterator_is_sent_piece_by_piece(client: httpx.Client, gateway: str, kind: str) -> None:
    found = arrivals(client, f"/gateways/{gateway}/rows/?pieces=4&interval=0.4&type={kind}")
    assert len(found) == 4
    for (_, arrived), (following, _) in pairwise(found):
        assert arrived < following


def test_events_arrive_one_by_one_behind_the_gzip_middleware(client: httpx.Client, gateway: str) -> None:
    rows = "rows" if gateway == "uwsgi" else "async-rows"
    for view in {rows, "rows"}:
        url = f"/gateways/{gateway}/{view}/?pieces=3&interval=0.4&type=text/event-stream"
        found = arrivals(client, url, **{"Accept-Encoding": "gzip"})
        assert len(found) == 3
        for (_, arrived), (following, _) in pairwise(found):
            assert arrived < following


def test_an_asynchronous_iterator_is_sent_whole_behind_the_gzip_middleware(
    client: httpx.Client, asgi_gateway: str
) -> None:
    # If the middleware sent several gzip files in a row, clients would take the first for the whole.
    found = arrivals(client, f"/gateways/{asgi_gateway}/async-rows/?pieces=50", **{"Accept-Encoding": "gzip"})
    assert len(found) == 50


def test_many_small_pieces_arrive_complete_and_in_order(client: httpx.Client, gateway: str) -> None:
    response = client.get(f"/gateways/{gateway}/rows/?pieces=5000")
    assert [int(line.partition(":")[0]) for line in response.text.splitlines()] == list(range(5000))


# Prints X-Accel-Buffering of the gateway's answers for some paths, without nginx.
TOLD = """
import os, urllib.request
for path in {paths}:
    with urllib.request.urlopen("http://127.0.0.1:" + os.environ["HEALTH_PORT"] + path) as answer:
        print(answer.headers["X-Accel-Buffering"])
"""


def test_streams_disable_nginx_buffering_unless_the_project_sets_it(
    answering: Answering, client: httpx.Client, gateway: str
) -> None:
    told = {"/rows/": "no", "/rows/?buffering=yes": "yes", "/whole/?bytes=300000": "None", "/file/": "None"}
    command = ["exec", "-T", gateway, "python", "-c", TOLD.format(paths=list(told))]
    assert answering.stack.compose(*command).stdout.split() == list(told.values())
    # Only nginx needs the header.
    assert "X-Accel-Buffering" not in client.get(f"/gateways/{gateway}/rows/").headers


def on_nginx_s_disk(answering: Answering) -> int:
    # nginx unlinks the file while it is open, so neither ls nor du finds it.
    lines = answering.stack.inside("nginx").check_output(
        "for link in /proc/[0-9]*/fd/*; do case $(readlink $link) in /var/cache/nginx/*) stat -L -c %s $link;; esac; "
        "done 2>/dev/null; true"
    )
    return max(map(int, lines.split()), default=0) // MB


def test_a_slowly_read_file_does_not_use_memory(answering: Answering, client: httpx.Client, gateway: str) -> None:
    received, sizes = 0, [-1, 0]

    def is_settled() -> bool:
        sizes.append(on_nginx_s_disk(answering))
        time.sleep(0.5)
        return sizes[-1] > 100 and sizes[-1] == sizes[-3]

    with client.stream("GET", f"/gateways/{gateway}/file/?mb={FILE}") as response:
        pieces = response.iter_raw(64 * 1024)
        received += len(next(pieces))
        # nginx has stored as much as it stores, and other requests are served.
        wait_until(is_settled, 60, f"nginx has what it takes: {sizes}")
        assert client.get(f"/gateways/{gateway}/quick/").text == "quick"
        received += sum(map(len, pieces))
    assert received == FILE * MB
    assert answering.peak(gateway) < PEAK
    if gateway != "uwsgi":
        assert sizes[-1] < 140  # conf.d/buffers.conf: 128 MiB


def test_range_and_conditional_requests_still_work(client: httpx.Client) -> None:
    for gateway in GATEWAYS:
        whole = client.get(f"/gateways/{gateway}/file/?mb=1")
        assert (len(whole.content), whole.headers["Content-Length"]) == (MB, str(MB))
        head = client.head(f"/gateways/{gateway}/file/?mb=1")
        assert (head.headers["Content-Length"], head.content) == (str(MB), b"")
        zipped = client.get(f"/gateways/{gateway}/file/?mb=1", headers={"Accept-Encoding": "gzip"})
        assert (zipped.headers["Content-Encoding"], len(zipped.content)) == ("gzip", MB)
        ranged = client.get(f"/gateways/{gateway}/file/?mb=1", headers={"Range": "bytes=2-5"})
        # Neither Django nor a gateway serves ranges of a view. The answer is the whole, as HTTP allows.
        assert (ranged.status_code, len(ranged.content)) == (200, MB)
