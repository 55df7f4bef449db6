"""Client address, scheme, host and request id are the same on every gateway."""

import json
import os

import pytest

from tests.support.stack import GATEWAYS, Stack, run
from tests.support.wire import Edge

# Runs beside nginx, so that the client has its own address. Asks every gateway; prints its address and theirs.
CLIENT = """
import json, socket, sys, urllib.request
answers = {}
for gateway in sys.argv[1:]:
    request = urllib.request.Request(f"http://nginx:8080/gateways/{gateway}/gateway/", headers={"Host": "localhost"})
    answers[gateway] = json.load(urllib.request.urlopen(request))["remote_addr"]
print(json.dumps([socket.gethostbyname(socket.gethostname()), answers]))
"""


def test_the_client_address_is_the_peer_of_nginx(stack: Stack) -> None:
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    network = ("--network", f"{stack.project}_edge", "--label", label, "--user", "65534")
    client = run("docker", "run", "--rm", *network, os.environ["TOOLS_IMAGE"], "python", "-c", CLIENT, *GATEWAYS)
    own, answers = json.loads(client.stdout)
    assert answers == dict.fromkeys(GATEWAYS, own)


@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_the_access_log_and_django_agree_on_the_request(edge: Edge, gateway: str, path: str) -> None:
    answer = edge.get(f"/gateways/{gateway}{path}", "localhost:1234")
    entry, identity = edge.logged(answer), answer.json()
    assert (identity["remote_addr"], identity["scheme"]) == (entry["remote_addr"], entry["scheme"])
    assert identity["host"] == "localhost:1234"
    assert identity["request_id"] == entry["request_id"] == answer.one("X-Request-ID")


@pytest.mark.parametrize("path", ["/gateway/", "/async/gateway/"])
def test_every_request_has_a_unique_id(edge: Edge, path: str) -> None:
    ids = [edge.get(f"/gateways/{gateway}{path}").json()["request_id"] for gateway in GATEWAYS * 5]
    assert len(set(ids)) == len(ids)
