"""A wrong Content-Length has the same effect on all gateways, at once, and the next answer is the right one."""

import httpx
import pytest

from tests.gateways.answers.conftest import Answering
from tests.support.stack import GATEWAYS

# The body in one piece, and in one piece a byte.
FORMS = ["", "&pieces"]
# Seconds: less than the 60 s that nginx waits for the missing bytes.
AT_ONCE = 20


@pytest.mark.parametrize("form", FORMS)
def test_a_body_shorter_than_its_content_length_is_an_error_at_once(
    client: httpx.Client, gateway: str, form: str
) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=r"received 5 bytes, expected 10"):
        client.get(f"/gateways/{gateway}/promise/?promised=10&sent=5{form}", timeout=AT_ONCE)


@pytest.mark.parametrize("form", FORMS)
def test_a_body_longer_than_its_content_length_is_truncated(client: httpx.Client, gateway: str, form: str) -> None:
    for _ in range(5):
        response = client.get(f"/gateways/{gateway}/promise/?promised=5&sent=10{form}", timeout=AT_ONCE)
        assert (response.status_code, response.content) == (200, b"bbbbb")
        # The extra bytes are not the start of another answer.
        assert client.get(f"/gateways/{gateway}/quick/").text == "quick"


@pytest.mark.parametrize("rows", ["rows", "async-rows"])
def test_a_failed_stream_is_an_error_and_not_a_short_response(client: httpx.Client, gateway: str, rows: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(f"/gateways/{gateway}/{rows}/?pieces=3&fail", timeout=AT_ONCE)
    assert client.get(f"/gateways/{gateway}/quick/").text == "quick"


def test_a_complete_response_has_a_content_length_without_middleware(client: httpx.Client, gateway: str) -> None:
    response = client.get(f"/gateways/{gateway}/whole/?bytes=300000")
    assert response.headers["Content-Length"] == "300000"
    assert "Content-Length" not in client.get(f"/gateways/{gateway}/whole/?bytes=0&status=304").headers
    head = client.head(f"/gateways/{gateway}/whole/?bytes=300000")
    assert (head.headers["Content-Length"], head.content) == ("300000", b"")


def test_head_of_a_stream_ends_and_leaves_no_thread_busy(answering: Answering, client: httpx.Client) -> None:
    # Each answer would take two minutes. nginx keeps connections to the ASGI gateways: the next request would wait.
    for gateway in GATEWAYS * 8:
        head = client.head(f"/gateways/{gateway}/rows/?pieces=1200&interval=0.1", timeout=AT_ONCE)
        assert (head.status_code, head.content) == (200, b"")
        assert client.get(f"/gateways/{gateway}/quick/", timeout=AT_ONCE).text == "quick"
