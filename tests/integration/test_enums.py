"""Enums over columns of texts and integers: what is read as a value is found by its name, and nothing else is."""

import pytest

from support.client import Failure


def listed(tickets, **fields):
    answer, statements = tickets.counted("Tickets/ListTickets", ["id"], **fields)
    assert statements == 1
    return [ticket["id"] for ticket in answer.get("tickets", [])]


@pytest.mark.parametrize("id, state", [
    (1, "STATE_OPEN"), (2, "STATE_OPEN"), (3, "STATE_ON_HOLD"), (4, "STATE_ON_HOLD"), (5, "STATE_CLOSED"),
    (6, "STATE_UNSPECIFIED"), (7, None)])
def test_a_text_is_read_by_its_label_or_folded(tickets, id, state):
    answer = tickets.call("Tickets/GetTicket", ["state"], id=id)
    assert answer == ({"state": state} if state else {})


def test_other_columns_read_alike(tickets):
    read = [tickets.call("Tickets/GetTicket", ["urgency", "channel", "level", "flags", "place"], id=id)
            for id in (1, 2, 3)]
    assert read == [
        {"channel": "CHANNEL_MAIL", "level": "LEVEL_LOW", "flags": ["STATE_OPEN"], "place": {"state": "STATE_OPEN"}},
        {"urgency": "URGENCY_HIGH", "channel": "CHANNEL_MAIL", "level": "LEVEL_LOW", "flags": ["STATE_ON_HOLD"],
         "place": {"state": "STATE_OPEN"}},
        {"urgency": "URGENCY_HIGH", "channel": "CHANNEL_PHONE", "level": "LEVEL_HIGH",
         "flags": ["STATE_ON_HOLD", "STATE_OPEN"], "place": {"state": "STATE_ON_HOLD"}}]


def test_a_number_without_a_name_travels(tickets):
    method = "tickets.v1.Tickets/GetTicket"
    answer = tickets.client.send(method, tickets.client.request(method, ["urgency"], id=4))
    assert answer.urgency == 9


@pytest.mark.parametrize("field", ["state", "channel", "level", "flags"])
def test_a_text_that_stands_for_nothing_is_refused_where_it_is_asked_for(tickets, field):
    with pytest.raises(Failure) as failed:
        tickets.call("Tickets/GetTicket", ["id", field], id=8)
    assert (failed.value.code.name, failed.value.reason) == ("FAILED_PRECONDITION", "VALUE_OUT_OF_RANGE")
    assert field in failed.value.message
    assert tickets.call("Tickets/GetTicket", ["id", "state_text"], id=8) == {"id": 8, "state_text": "lost"}


@pytest.mark.parametrize("text, found", [
    ("state = STATE_OPEN", [1, 2]),
    ("state != STATE_OPEN", [3, 4, 5, 6, 7, 8]),
    ("state = STATE_CLOSED", [5]),
    ("state = STATE_UNSPECIFIED", [6]),
    ("state = (STATE_CLOSED OR STATE_ON_HOLD OR STATE_UNSPECIFIED)", [3, 4, 5, 6]),
    ("state = (STATE_OPEN OR STATE_ON_HOLD)", [1, 2, 3, 4]),
    ('state = "on hold"', [3, 4]),
    ("NOT state:*", [7]),
    ("place.state = STATE_OPEN", [1, 2]),
    ("flags:STATE_ON_HOLD", [2, 3]),
    ("flags:STATE_CLOSED", [5]),
    ("flags:*", [1, 2, 3, 5, 8]),
    ("urgency = URGENCY_HIGH", [2, 3]),
    ("urgency = 9", [4]),
    ("urgency != URGENCY_NONE", [2, 3, 4]),
    ("channel = CHANNEL_PHONE", [3, 5]),
    ("level = LEVEL_LOW", [1, 2]),
    ("level = (LEVEL_LOW OR LEVEL_HIGH)", [1, 2, 3, 5]),
    ("NOT level = LEVEL_HIGH", [1, 2, 4, 6, 7, 8]),
])
def test_filters(tickets, text, found):
    assert listed(tickets, filter=text) == found


@pytest.mark.parametrize("text, message", [
    ("state = OPENED", "enum State has no value OPENED"),
    ('state = "o*"', "enum State has no value o*"),
    ("state < STATE_OPEN", "state has no order"),
    ("urgency > URGENCY_NONE", "urgency has no order"),
    ("urgency = URGENT", "enum Urgency has no value URGENT"),
    ("urgency = URGENCY_BEYOND", "URGENCY_BEYOND stands for no value of the database"),
])
def test_filters_that_are_refused(tickets, text, message):
    with pytest.raises(Failure) as failed:
        listed(tickets, filter=text)
    assert (failed.value.code.name, failed.value.reason) == ("INVALID_ARGUMENT", "INVALID_FILTER")
    assert message in failed.value.message


def test_a_label_that_is_written_out_is_compared_as_it_is(tickets):
    tickets.database.reset_statements()
    assert listed(tickets, filter="state = STATE_CLOSED") == [5]
    (_, statement), = tickets.database.statements()
    assert 't0."state" = $1' in statement and "lower" not in statement


@pytest.mark.parametrize("fields, found", [
    ({"state": 1}, [1, 2]),
    ({"state": 3}, [5]),
    ({"state": 0}, [6]),
    ({"states": [3, 2]}, [3, 4, 5]),
    ({"states": [1, 2]}, [1, 2, 3, 4]),
    ({"states": [0, 3]}, [5, 6]),
    ({"not_state": 1}, [3, 4, 5, 6, 7, 8]),
    ({"not_state": 3}, [1, 2, 3, 4, 6, 7, 8]),
    ({"urgency": 5}, [2, 3]),
    ({"urgency": 9}, [4]),
    ({"channel": 2}, [3, 5]),
])
def test_request_fields(tickets, fields, found):
    assert listed(tickets, **fields) == found


def test_request_fields_through_a_list(tickets):
    answer = tickets.call("Tickets/ListPeople", ["id"], ticket_state=2)
    assert [person["id"] for person in answer["people"]] == [2]


@pytest.mark.parametrize("fields, field", [
    ({"state": 9}, "state"), ({"states": [1, 9]}, "states[1]"), ({"channel": 9}, "channel"),
    ({"urgency": 40000}, "urgency")])
def test_values_without_a_text_are_refused(tickets, fields, field):
    with pytest.raises(Failure) as failed:
        listed(tickets, **fields)
    assert failed.value.code.name == "INVALID_ARGUMENT" and [at for at, _ in failed.value.violations] == [field]


def test_the_order_is_that_of_what_is_stored(tickets):
    stored = [int(id) for id, in tickets.database.rows("SELECT id FROM tickets ORDER BY state, id")]
    assert listed(tickets, order_by="state") == stored
    assert listed(tickets, order_by="urgency desc, id") == [4, 2, 3, 1, 5, 6, 7, 8]


def test_a_key(tickets):
    assert tickets.call("Tickets/GetDesk", code=2) == {"code": "CHANNEL_PHONE", "name": "Phone"}
    assert [desk["name"] for desk in tickets.call("Tickets/BatchGetDesks", keys=[2, 1])["desks"]] == ["Phone", "Mail"]
    with pytest.raises(Failure) as failed:
        tickets.call("Tickets/GetDesk", code=0)
    assert failed.value.code.name == "NOT_FOUND"
