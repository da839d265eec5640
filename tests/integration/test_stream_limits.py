"""Streams that are cut: a reader that stalls, a snapshot that grows old, a server that goes away; none loses or repeats."""

import time

import pytest

from support.client import Client, Failure
from support.descriptors import TOP, Descriptors
from support.server import Server

EXAMPLE = TOP / "examples/events"
METHOD = "events.v1.EventService/StreamEvents"
N_EVENTS = 20000

# What a client buffers ahead grows with its speed, unless it is told not to.
SMALL_WINDOW = [("grpc.http2.bdp_probe", 0)]


@pytest.fixture(scope="module")
def many_events(cluster):
    return cluster.create(EXAMPLE / "schema.sql", EXAMPLE / "seed.sql",
                          events=N_EVENTS, attendees=40000, users=5000, organizations=500)


@pytest.fixture
def serve(many_events, events_set):
    """serve(flag…): (server, client) on many events; all are stopped, and must stop cleanly."""
    started = []

    def start(*flags):
        server = Server(events_set, many_events.conninfo(), *flags)
        client = Client(server.address, Descriptors(events_set), SMALL_WINDOW)
        started.append((server, client))
        return server, client

    yield start
    for server, client in started:
        client.close()
        server.stop()


def read(stream, pause=0):
    """(the ids that came, the failure that ended it or None); `pause` seconds after each message."""
    ids = []
    try:
        for message in stream:
            ids += [event.id for event in message.events]
            time.sleep(pause)
    except Failure as failed:
        return ids, failed
    return ids, None


def start(client, mask=None, **fields):
    return client.send(METHOD, client.request(METHOD, mask, **fields), timeout=120)


def must_resume(client, ids, failed):
    """The rest after the failure's token completes what came before it."""
    rest, end = read(start(client, ["id"], page_token=failed.trailers["rowan-resume-token"]))
    assert end is None
    assert ids + rest == list(range(1, N_EVENTS + 1))


def test_a_reader_that_stalls_is_cut_off(serve, many_events):
    server, client = serve("--stream-stall", "1000")
    stream = start(client)
    next(stream)
    time.sleep(3)
    many_events.wait_until_idle(within=2.0)
    _, failed = read(stream)
    assert failed.code.name == "RESOURCE_EXHAUSTED"
    assert client.call("events.v1.EventService/GetEvent", ["id"], id=1) == {"id": 1}


def test_a_snapshot_that_grows_old_is_let_go(serve):
    _, client = serve("--stream-age", "1000")
    stream = start(client)
    first = [event.id for event in next(stream).events]
    time.sleep(2)
    ids, failed = read(stream)
    assert (failed.code.name, failed.reason) == ("UNAVAILABLE", "SNAPSHOT_TOO_OLD")
    assert failed.retry_delay is not None
    must_resume(client, first + ids, failed)


def test_a_stream_that_outlives_the_grace_goes_on_elsewhere(serve):
    keys = ("--token-keys", "5a" * 32)
    server, client = serve("--drain-grace", "300", *keys)
    stream = start(client, page_size=50)
    ids = [event.id for event in next(stream).events]
    server.terminate()
    rest, failed = read(stream, pause=0.01)
    assert server.wait() == 0
    assert (failed.code.name, failed.reason) == ("UNAVAILABLE", "DRAINING")
    _, another = serve(*keys)
    must_resume(another, ids + rest, failed)


def test_messages_stay_small_whatever_the_rows(cluster, events_set):
    database = cluster.create(EXAMPLE / "schema.sql", EXAMPLE / "seed.sql", events=400, attendees=100)
    database.run("UPDATE events SET name = repeat('x', CASE WHEN id % 100 = 0 THEN 1500000 ELSE 30000 END)")
    with Server(events_set, database.conninfo(), "--max-run-bytes", str(1 << 30)) as server:
        client = Client(server.address, Descriptors(events_set))
        messages = list(start(client, ["id", "name"]))
        assert [event.id for message in messages for event in message.events] == list(range(1, 401))
        assert all(message.ByteSize() <= 1 << 20 for message in messages if len(message.events) > 1)
        assert len(messages) < 100
        client.close()


def test_a_row_that_fits_no_message_ends_the_stream_after_those_before(cluster, events_set):
    database = cluster.create(EXAMPLE / "schema.sql", EXAMPLE / "seed.sql", events=300, attendees=100)
    database.run("UPDATE events SET name = repeat('x', 5000000) WHERE id = 250")
    with Server(events_set, database.conninfo()) as server:
        client = Client(server.address, Descriptors(events_set))
        ids, failed = read(start(client, ["id", "name"]))
        assert ids == list(range(1, 250))
        assert (failed.code.name, failed.reason) == ("RESOURCE_EXHAUSTED", "RESULT_TOO_LARGE")
        assert "rowan-resume-token" in failed.trailers
        client.close()


def test_many_streams_wait_for_each_others_connections(serve):
    _, client = serve("--stream-connections", "2")
    streams = [start(client, ["id"], filter="id <= 3000") for _ in range(10)]
    for stream in streams:
        ids, failed = read(stream)
        assert failed is None and ids == list(range(1, 3001))
