"""Server-sent events arrive one by one, as they are made, through every gateway."""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import httpx
import pytest


@dataclass(frozen=True)
class Event:
    arrived: float  # this machine's clock, which the containers share
    fields: dict[str, str]


def events(http: httpx.Client, url: str, **headers: str) -> list[Event]:
    """The events of a stream, each with the time of its last byte. Fails if it is not an event stream."""
    received, fields = [], {}
    with http.stream("GET", url, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"].split(";")[0] == "text/event-stream"
        for line in response.iter_lines():
            if line:
                name, colon, value = line.partition(": ")
                assert colon
                assert name in ("id", "event", "data")
                fields[name] = value
            else:
                received.append(Event(time.time(), fields))
                fields = {}
    assert fields == {}, "the stream broke off within an event"
    return received


def made_at(event: Event) -> float:
    return datetime.fromisoformat(json.loads(event.fields["data"])["time"]).timestamp()


def test_an_event_arrives_before_the_next_one_is_generated(http: httpx.Client, gateway: str) -> None:
    *ticks, _ = events(http, f"/gateways/{gateway}/async/stream/?events=4&interval=0.3")
    for tick, following in pairwise(ticks):
        assert tick.arrived < made_at(following)
    # They arrive as far apart as they were made: no server on the way collects them.
    assert ticks[-1].arrived - ticks[0].arrived > 0.7 * (made_at(ticks[-1]) - made_at(ticks[0]))


def test_every_event_arrives_once_and_the_last_one_marks_the_end(http: httpx.Client, gateway: str) -> None:
    *ticks, end = events(http, f"/gateways/{gateway}/async/stream/?events=50&interval=0")
    assert [tick.fields["id"] for tick in ticks] == [str(number) for number in range(1, 51)]
    assert {tick.fields["event"] for tick in ticks} == {"tick"}
    data = [json.loads(tick.fields["data"]) for tick in ticks]
    assert [(tick["tick"], tick["gateway"]) for tick in data] == [(number, gateway) for number in range(1, 51)]
    assert end.fields == {"event": "end", "data": "{}"}


def test_a_reconnecting_browser_gets_the_events_it_missed(http: httpx.Client, gateway: str) -> None:
    url = f"/gateways/{gateway}/async/stream/?events=5&interval=0"
    *ticks, end = events(http, url, **{"Last-Event-ID": "3"})
    assert [tick.fields["id"] for tick in ticks] == ["4", "5"]
    assert end.fields["event"] == "end"
    assert len(events(http, url, **{"Last-Event-ID": "x"})) == 6


def test_the_default_host_streams_through_gunicorn(http: httpx.Client) -> None:
    first, _ = events(http, "/async/stream/?events=1")
    assert json.loads(first.fields["data"])["gateway"] == "gunicorn"


def test_streams_are_not_cached(http: httpx.Client, gateway: str) -> None:
    with http.stream("GET", f"/gateways/{gateway}/async/stream/?events=1") as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert "Content-Length" not in response.headers


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("events=0", "events"),
        ("events=601", "events"),
        ("events=x", "events"),
        ("interval=-1", "interval"),
        ("interval=2.1", "interval"),
        ("interval=nan", "interval"),
        ("interval=inf", "interval"),
    ],
)
def test_an_endless_stream_is_rejected(http: httpx.Client, gateway: str, query: str, field: str) -> None:
    response = http.get(f"/gateways/{gateway}/async/stream/?{query}")
    assert response.status_code == 400
    assert response.json()["errors"].keys() == {field}
