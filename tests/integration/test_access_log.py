"""--access-log: a line for each call."""

import pytest

from support.client import Failure
from support.server import eventually
from support.service import Service


@pytest.fixture(scope="module")
def logged(events_set, events_database):
    with Service("events.v1", events_set, events_database, "--access-log", "1") as service:
        yield service


def line(service, method, number=1):
    def lines():
        return [entry for entry in service.server.entries("call") if entry["method"] == f"events.v1.{method}"]
    return eventually(lambda: len(lines()) >= number and lines())[number - 1]


def test_a_unary_call(logged):
    logged.call("EventService/GetEvent", ["name", "attendees.name"], id=2)
    entry = line(logged, "EventService/GetEvent")
    assert (entry["level"], entry["code"], entry["reason"], entry["statements"]) == ("info", "OK", None, 2)
    assert entry["rows"] > 1 and entry["ms"] > 0


def test_a_stream_counts_all_its_chunks(logged):
    rows = sum(len(message["events"]) for message in logged.call("EventService/StreamEvents", "id", page_size=7))
    entry = line(logged, "EventService/StreamEvents")
    assert entry["code"] == "OK" and entry["rows"] >= rows == 200


def test_a_refused_call_says_why(logged):
    with pytest.raises(Failure):
        logged.call("EventService/BatchGetEvents", "nam", ids=[1])
    entry = line(logged, "EventService/BatchGetEvents")
    assert (entry["code"], entry["reason"], entry["statements"]) == ("INVALID_ARGUMENT", "INVALID_MASK", 0)


def test_an_unknown_method_is_a_call_too(logged):
    with pytest.raises(Failure):
        logged.client.raw("/events.v1.EventService/NoSuch")
    assert line(logged, "EventService/NoSuch")["code"] == "UNIMPLEMENTED"


def test_health_is_left_out(logged):
    logged.client.health()
    logged.call("UserService/GetUser", "id", id=1)
    line(logged, "UserService/GetUser")
    assert not [entry for entry in logged.server.entries("call") if entry["method"].startswith("grpc.")]


def test_no_line_unless_asked_for(events):
    events.call("EventService/GetEvent", "id", id=2)
    assert not events.server.entries("call")
