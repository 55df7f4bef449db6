"""Static files need nobody but nginx: they are served with every gateway stopped."""

from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS, Stack, wait_until


def test_files_are_served_with_all_gateways_stopped(stack: Stack, edge: Edge, files: list[str]) -> None:
    before = {path: edge.get(path) for path in files}
    with stack.stopped(*GATEWAYS):
        for gateway in GATEWAYS:
            # 504 while nginx still has the address that nobody answers at, 503 once the name is gone.
            assert edge.get("/livez", f"{gateway}.localhost").status in (503, 504)
        for path, answer in before.items():
            for host in ("localhost", "daphne.localhost"):
                assert (edge.get(path, host).status, edge.get(path, host).body) == (200, answer.body)
            assert edge.get(path, headers=[("If-None-Match", answer.one("ETag"))]).status == 304
        assert edge.get("/healthz").status == 200
    # nginx looks names up again at most 2 s after it has been told that there are none.
    for gateway in GATEWAYS:
        wait_until(lambda gateway=gateway: edge.get("/livez", f"{gateway}.localhost").status == 200, 15)
