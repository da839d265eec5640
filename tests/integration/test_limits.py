"""What a request may ask for is bounded before any query, and says which setting bounds it."""

import pytest

from support.client import Failure
from support.service import Service


@pytest.fixture(scope="module")
def narrow(events_set, events_database):
    with Service("events.v1", events_set, events_database, "--mask-paths", "3", "--mask-depth", "3", "--mask-nodes", "2",
                 "--filter-bytes", "60", "--filter-terms", "3", "--filter-depth", "4", "--estimated-rows", "600") as service:
        yield service


def refusal(service, method, mask=None, **fields):
    service.database.reset_statements()
    with pytest.raises(Failure) as failed:
        service.call(method, mask, **fields)
    assert service.database.statement_count() == 0, "no query"
    return failed.value


@pytest.mark.parametrize("mask, fields, setting, limit, value", [
    (["id", "name", "event_date", "creator_name"], {}, "mask-paths", 3, 4),
    (["attendees.organization.attendees.organization.name"], {}, "mask-depth", 3, 5),
    (["creator", "attendees.organization"], {}, "mask-nodes", 2, 3),
    (["id"], {"filter": f'name = "{"x" * 60}"'}, "filter-bytes", 60, 69),
    (["id"], {"filter": "id=1 OR id=2 OR id=3 OR id=4"}, "filter-terms", 3, 4),
    (["id"], {"filter": "((((((id = 1))))))"}, "filter-depth", 4, 5),
    (["attendees.name"], {"page_size": 200}, "estimated-rows", 600, None),
])
def test_a_limit_says_itself_the_value_and_its_setting(narrow, mask, fields, setting, limit, value):
    failure = refusal(narrow, "EventService/ListEvents", mask, **fields)
    assert (failure.code.name, failure.reason) == ("INVALID_ARGUMENT", "REQUEST_TOO_COMPLEX")
    assert failure.metadata["setting"] == setting
    assert failure.metadata["limit"] == str(limit)
    assert int(failure.metadata["value"]) == value if value else int(failure.metadata["value"]) > limit
    assert narrow.call("EventService/ListEvents", ["id"], page_size=1)["events"], "the connection is unharmed"


def test_streams_may_read_everything(narrow):
    events = [event for message in narrow.call("EventService/StreamEvents", ["attendees.name"]) for event in message["events"]]
    assert len(events) == 200


@pytest.mark.parametrize("fields, allowed", [
    ({"filter": "id = 7"}, True),
    ({"filter": 'creator.username = "user7"'}, True),
    ({"filter": 'attendees.name:"Ann"'}, False),
    ({"filter": 'name = "x"'}, False),
    ({"order_by": "name"}, False),
    ({"order_by": "id desc"}, True),
])
def test_what_no_index_serves_counts_as_the_whole_table(events_set, events_database, fields, allowed):
    """200 events, of which a page has 50."""
    with Service("events.v1", events_set, events_database, "--estimated-rows", "120") as service:
        if allowed:
            service.call("EventService/ListEvents", ["id"], **fields)
        else:
            assert refusal(service, "EventService/ListEvents", ["id"], **fields).metadata["setting"] == "estimated-rows"
