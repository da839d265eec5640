"""A client that stops reading costs nobody anything: the server's memory stays where it was, others are served."""

import pathlib
import time

import pytest

from support.client import Client
from support.descriptors import TOP, Descriptors
from support.server import SPARING, Server

EXAMPLE = TOP / "examples/events"
METHOD = "events.v1.EventService/StreamEvents"
MIB = 1 << 20


def stream_with_a_stall(server, descriptor_set, seconds):
    """Streams everything with a stall after the first message; (events, the most resident bytes, calls served meanwhile)."""
    client, other = (Client(server.address, Descriptors(descriptor_set)) for _ in range(2))
    stream = client.send(METHOD, client.request(METHOD), timeout=600)
    events, most, served = len(next(stream).events), 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert other.call("events.v1.EventService/GetEvent", ["id"], id=1, timeout=5) == {"id": 1}
        served += 1
        most = max(most, server.resident_bytes())
        time.sleep(0.05)
    for message in stream:
        events += len(message.events)
        most = max(most, server.resident_bytes())
    client.close()
    other.close()
    return events, most, served


def test_a_stalled_reader_leaves_memory_where_it_was(cluster, events_set):
    database = cluster.create(EXAMPLE / "schema.sql", EXAMPLE / "seed.sql",
                              events=20000, attendees=40000, users=5000, organizations=500)
    with Server(events_set, database.conninfo(), environment=SPARING) as server:
        stream_with_a_stall(server, events_set, seconds=0)
        before = server.resident_bytes()
        events, most, served = stream_with_a_stall(server, events_set, seconds=3)
        assert events == 20000
        assert served > 20
        assert most - before < 32 * MIB, f"{before / MIB:.0f} MiB before, {most / MIB:.0f} MiB at most"


@pytest.mark.long
def test_the_optimised_server_streams_everything_under_64_mib(cluster, monkeypatch):
    """100,000 events with their trees and a reader that stops for a minute; needs ./dev build release."""
    monkeypatch.setenv("ROWAN_BUILD", str(TOP / "build/release"))
    descriptor_set = TOP / "build/release/examples/events.binpb"
    assert pathlib.Path(descriptor_set).exists(), "run ./dev build release first"
    database = cluster.create(EXAMPLE / "schema.sql", EXAMPLE / "seed.sql",
                              events=100000, attendees=200000, users=50000, organizations=2000)
    with Server(descriptor_set, database.conninfo()) as server:
        events, most, served = stream_with_a_stall(server, descriptor_set, seconds=60)
        assert events == 100000
        assert served > 500
        assert most < 64 * MIB, f"{most / MIB:.0f} MiB"
