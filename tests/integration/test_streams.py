"""Streams: everything once, in order, from one snapshot, to be resumed anywhere."""

import itertools

from support.client import Stream


def ids(messages):
    return [item["id"] for item in itertools.chain(*(message.get("entries", []) for message in messages))]


VISIBLE = [i for i in range(1, 54) if i % 10]


def test_a_stream_is_all_of_it(cases):
    assert ids(cases.call("Pages/StreamEntries", ["id"])) == VISIBLE


def test_a_message_holds_at_most_page_size(cases):
    messages = cases.call("Pages/StreamEntries", ["id"], page_size=7)
    assert ids(messages) == VISIBLE
    assert all(len(message["entries"]) <= 7 for message in messages)


def test_a_stream_filters_and_orders(cases):
    messages = cases.call("Pages/StreamEntries", ["id"], filter="id > 40", order_by="id desc")
    assert ids(messages) == [i for i in VISIBLE if i > 40][::-1]


def test_an_empty_stream_ends_well(cases):
    assert ids(cases.call("Pages/StreamEntries", ["id"], filter="id > 1000")) == []


def test_a_stream_resumes_after_any_message(cases):
    messages = cases.call("Pages/StreamEntries", ["id"], order_by="rank desc", page_size=6)
    for n, message in enumerate(messages):
        if "next_page_token" in message:
            rest = cases.call("Pages/StreamEntries", ["id"], order_by="rank desc", page_token=message["next_page_token"])
            assert ids(rest) == ids(messages[n + 1:])
    assert sum("next_page_token" in message for message in messages) >= len(messages) - 1


def test_a_stream_of_bare_resources(cases):
    assert [entry["id"] for entry in cases.call("Pages/StreamBareEntries", ["id"])] == VISIBLE


def test_a_stream_with_its_tree(events):
    mask = ["id", "creator.username", "attendees.organization.name"]
    streamed = [event for message in events.call("EventService/StreamEvents", mask, page_size=30)
                for event in message["events"]]
    listed = events.call("EventService/ListEvents", mask, page_size=200)["events"]
    assert streamed == listed and len(listed) == 200


def test_a_stream_sees_one_snapshot(cluster, descriptor_sets, events_set):
    from support.descriptors import TOP
    from support.service import Service
    example = TOP / "examples/events"
    database = cluster.create(example / "schema.sql", example / "seed.sql", events=3000, attendees=100)
    with Service("events.v1", events_set, database) as service:
        method = "events.v1.EventService/StreamEvents"
        client = service.client
        stream = client.send(method, client.request(method, ["name", "attendees.name"], page_size=10))
        assert isinstance(stream, Stream)
        first = next(stream)
        database.run("UPDATE events SET name = 'changed'; DELETE FROM event_attendees; DELETE FROM events WHERE id > 2000")
        rest = list(stream)
        everything = [event for message in [first, *rest] for event in message.events]
        assert len(everything) == 3000
        assert not any(event.name == "changed" for event in everything)
        assert any(event.attendees for event in everything[2900:])
