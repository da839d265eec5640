"""What the posts about Django REST Framework do by hand, each derived from the declared shape and the mask.

select_related, prefetch_related, nested prefetches, a filtered Prefetch, dotted sources, reverse relations; and the bound:
the same number of statements for 1, 50 and 5,000 events.
"""

import pytest

from support.descriptors import TOP
from support.service import Service

TREE = ["*", "creator", "attendees.*", "attendees.organization", "unaffiliated_attendees"]


def links(database):
    """Per event the attendees' (id, organization) as the database has them, by id."""
    found = {}
    for event, attendee, organization in database.rows("""
            SELECT event_id, attendee_id, coalesce(organization_id, 0) FROM event_attendees
            JOIN attendees ON attendees.id = attendee_id ORDER BY 1, 2"""):
        found.setdefault(int(event), []).append((int(attendee), int(organization)))
    return found


def test_select_related(events):
    answer, statements = events.counted("EventService/ListEvents", ["id", "creator.username"], page_size=50)
    expected = events.database.rows(
        "SELECT e.id, u.username FROM events e JOIN users u ON u.id = e.creator_id ORDER BY e.id LIMIT 50")
    assert [[str(event["id"]), event["creator"]["username"]] for event in answer["events"]] == expected
    assert statements == 1


def test_prefetch_related(events):
    answer, statements = events.counted("EventService/ListEvents", ["id", "attendees.id"], page_size=50)
    expected = links(events.database)
    for event in answer["events"]:
        assert [a["id"] for a in event.get("attendees", [])] == [a for a, _ in expected.get(event["id"], [])]
    assert statements == 2


def test_nested_prefetch(events):
    mask = ["id", "attendees.id", "attendees.organization.id"]
    answer, statements = events.counted("EventService/ListEvents", mask, page_size=50)
    expected = links(events.database)
    for event in answer["events"]:
        got = [(a["id"], a.get("organization", {}).get("id", 0)) for a in event.get("attendees", [])]
        assert got == expected.get(event["id"], [])
    assert statements <= 3


def test_filtered_prefetch_into_another_field_beside_the_full_one(events):
    mask = ["id", "attendees.id", "unaffiliated_attendees.id"]
    answer, statements = events.counted("EventService/ListEvents", mask, page_size=50)
    expected = links(events.database)
    for event in answer["events"]:
        of_event = expected.get(event["id"], [])
        assert [a["id"] for a in event.get("attendees", [])] == [a for a, _ in of_event]
        assert [a["id"] for a in event.get("unaffiliated_attendees", [])] == [a for a, o in of_event if o == 0]
    assert statements == 2


def test_filtered_prefetch_alone(events):
    answer, statements = events.counted("EventService/ListEvents", ["id", "unaffiliated_attendees.id"], page_size=50)
    expected = links(events.database)
    for event in answer["events"]:
        assert [a["id"] for a in event.get("unaffiliated_attendees", [])] == [
            a for a, o in expected.get(event["id"], []) if o == 0]
    assert statements == 2


def test_dotted_source(events):
    answer, statements = events.counted("EventService/ListEvents", ["creator_name"], page_size=50)
    expected = events.database.rows(
        "SELECT u.username FROM events e JOIN users u ON u.id = e.creator_id ORDER BY e.id LIMIT 50")
    assert [[event["creator_name"]] for event in answer["events"]] == expected
    assert statements == 1


def test_count(events):
    answer, statements = events.counted("EventService/ListEvents", ["id", "attendee_count"], page_size=50)
    expected = links(events.database)
    assert [event.get("attendee_count", 0) for event in answer["events"]] == [
        len(expected.get(event["id"], [])) for event in answer["events"]]
    assert statements == 1


def test_reverse_relations(events):
    answer, statements = events.counted("OrganizationService/GetOrganization", ["name", "attendees.id"], id=3)
    expected = events.database.rows("SELECT id FROM attendees WHERE organization_id = 3 ORDER BY id")
    assert [[str(attendee["id"])] for attendee in answer["attendees"]] == expected
    assert statements == 2
    answer, statements = events.counted("AttendeeService/GetAttendee", ["name", "events.id", "events.creator.username"], id=7)
    expected = events.database.rows("""SELECT e.id, u.username FROM event_attendees ea JOIN events e ON e.id = ea.event_id
                                       JOIN users u ON u.id = e.creator_id WHERE ea.attendee_id = 7 ORDER BY e.id""")
    assert [[str(event["id"]), event["creator"]["username"]] for event in answer["events"]] == expected
    assert statements == 2
    answer, statements = events.counted("UserService/GetUser", ["username", "events.id"], username="user7")
    expected = events.database.rows("SELECT id FROM events WHERE creator_id = 7 ORDER BY id")
    assert [[str(event["id"])] for event in answer.get("events", [])] == expected
    assert statements == 2


def test_a_condition_through_the_junction(events):
    answer, statements = events.counted("AttendeeService/ListAttendees", ["id"], event_id=2, page_size=50)
    expected = events.database.rows("SELECT attendee_id FROM event_attendees WHERE event_id = 2 ORDER BY 1")
    assert [[str(attendee["id"])] for attendee in answer["attendees"]] == expected
    assert statements == 1


def test_the_default_mask_is_the_whole_tree(events):
    unasked, asked = events.call("EventService/ListEvents"), events.call("EventService/ListEvents", TREE)
    assert unasked["events"] == asked["events"]


@pytest.fixture(scope="module")
def large(cluster, events_set):
    """6,000 events: enough for the largest page."""
    example = TOP / "examples/events"
    database = cluster.create(example / "schema.sql", example / "seed.sql",
                              events=6000, attendees=12000, users=3000, organizations=200)
    with Service("events.v1", events_set, database, "--max-result-bytes", "67108864") as service:
        yield service


def test_the_page_takes_the_same_few_statements_whatever_its_size(large):
    counts = {}
    for size in (1, 50, 5000):
        answer, counts[size] = large.counted("EventService/ListEvents", TREE, page_size=size)
        assert len(answer["events"]) == size
    assert counts[1] == counts[50] == counts[5000] <= 3


def blocks_of_children(service):
    """What the attendees of one stream's chunks take Postgres to read."""
    service.database.reset_statements()
    messages = list(service.call("EventService/StreamEvents", TREE, filter="id > 0 AND id <= 5900"))
    assert sum(len(message["events"]) for message in messages) == 5900
    return int(service.database.value("SELECT sum(shared_blks_hit + shared_blks_read) FROM pg_stat_statements"
                                      " WHERE query ~ 'event_attendees'"))


def test_a_large_chunk_costs_the_same_the_tenth_time(large):
    """By its estimates, which know no range, Postgres would go over to a generic plan that looks up each attendee."""
    at_first = blocks_of_children(large)
    assert [blocks_of_children(large) <= 1.5 * at_first for _ in range(9)] == [True] * 9


def test_the_page_of_5000_is_the_pages_of_500(large):
    whole = large.call("EventService/ListEvents", TREE, page_size=5000)["events"]
    token, pieces = "", []
    while len(pieces) < 5000:
        answer = large.call("EventService/ListEvents", TREE, page_size=500, page_token=token)
        pieces += answer["events"]
        token = answer["next_page_token"]
    assert pieces == whole


def test_an_answer_over_the_limit_names_the_page_size(events_set, large):
    with Service("events.v1", events_set, large.database, "--max-result-bytes", "100000") as service:
        from support.client import Failure
        with pytest.raises(Failure) as failed:
            service.call("EventService/ListEvents", TREE, page_size=5000)
        assert (failed.value.code.name, failed.value.reason) == ("RESOURCE_EXHAUSTED", "RESULT_TOO_LARGE")
        assert "page_size" in failed.value.message
        assert len(service.call("EventService/ListEvents", TREE, page_size=20)["events"]) == 20
