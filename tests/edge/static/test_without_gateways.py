"""Only nginx is needed for static files: it serves them while every gateway is stopped."""

from tests.support.stack import GATEWAYS, Stack, wait_until
from tests.support.wire import Edge


def test_files_are_served_with_all_gateways_stopped(stack: Stack, edge: Edge, files: list[str]) -> None:
    before = {path: edge.get(path) for path in files}
    with stack.stopped(*GATEWAYS):
        for gateway in GATEWAYS:
            # 504 while nginx still has the old address, 503 once the name does not exist.
            assert edge.get("/livez", f"{gateway}.localhost").status in (503, 504)
        for path, answer in before.items():
            for host in ("localhost", "daphne.localhost"):
                assert (edge.get(path, host).status, edge.get(path, host).body) == (200, answer.body)
            assert edge.get(path, headers=[("If-None-Match", answer.one("ETag"))]).status == 304
        assert edge.get("/healthz").status == 200
    # After a failed look-up, nginx asks for the names again after at most 2 s.
    for gateway in GATEWAYS:
        wait_until(lambda gateway=gateway: edge.get("/livez", f"{gateway}.localhost").status == 200, 15)
