"""Fields that are computed, in filters: functions of the row, aggregates, sources."""

import pytest


def listed(tickets, method, key, **fields):
    answer, statements = tickets.counted(method, ["id"], **fields)
    assert statements == 1
    return [item["id"] for item in answer.get(key, [])]


@pytest.mark.parametrize("text, found", [
    ('full_name = "Bo Birch"', [2, 5]),
    ('full_name != "Bo Birch"', [1, 3, 4]),
    ('full_name = ("Bo Birch" OR "Dee Doe")', [2, 4, 5]),
    ('full_name = "*B*"', [2, 5]),
    ("NOT full_name:*", [3]),
    ('letters:"o"', [2, 5]),
    ("letters:*", [1, 2, 3, 4, 5]),
    ("length_of_last > 3", [2, 5]),
    ('boss.full_name = "Ada Ash"', [2, 3]),
    ("boss.length_of_last = 0", []),
    ("staff_count = 0", [3, 5]),
    ("boss.staff_count = 1", [4, 5]),
    ('top_name = "Ada"', [4]),
    ('boss.boss_name = "Ada"', [4]),
    ("comment_count >= 2", [1, 2]),
    ('staff.full_name:"Bo Birch"', [1, 4]),
    ("tickets.comment_count:0", [3, 5]),
    ("exists(tickets, (comment_count = 3 AND points = 7))", [2]),
])
def test_filters_on_people(tickets, text, found):
    assert listed(tickets, "Tickets/ListPeople", "people", filter=text) == found


@pytest.mark.parametrize("text, found", [
    ("comment_count = 3", [3]),
    ("rated_count = (1 OR 2)", [1, 2, 3]),
    ("points = 10", [1, 2]),
    ("NOT points:*", [4, 5, 6, 7, 8]),
    ("largest = 1", [1]),
    ("discussed = true", [1, 2, 3, 5]),
    ("NOT discussed = true", [4, 6, 7, 8]),
    ("weight > 2.5", [1]),
    ('owner.full_name = "Bo Birch" AND comment_count > 1', [3]),
])
def test_filters_on_tickets(tickets, text, found):
    assert listed(tickets, "Tickets/ListTickets", "tickets", filter=text) == found


def test_request_fields(tickets):
    assert listed(tickets, "Tickets/ListTickets", "tickets", owner_full_name="Bo Birch") == [2, 3, 7, 8]
    assert listed(tickets, "Tickets/ListTickets", "tickets", fewest=2) == [1, 3]
