"""Fields that are computed, in filters and orders: functions of the row, aggregates, sources."""

import pytest

from support.client import Failure


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


# ---- orders: as Postgres sorts, in pages of every size

NAME = "p.first || ' ' || p.last"
COUNT = "(SELECT count(*) FROM comments c WHERE c.ticket_id = t.id)"
OWNED = f"CASE WHEN p.id IS NOT NULL THEN {NAME} END"
COMMENTED = "CASE WHEN p.id IS NOT NULL THEN (SELECT count(*) FROM comments c WHERE c.author_id = p.id) END"

PEOPLE = {
    "full_name": (f"{NAME}, p.id"),
    "full_name desc": (f"{NAME} DESC, p.id DESC"),
    "staff_count desc, full_name": (f"(SELECT count(*) FROM people s WHERE s.boss_id = p.id) DESC, {NAME}, p.id"),
    "boss_name, top_name desc": "b.first, bb.first DESC, p.id DESC",
    "boss.boss.boss_name": "bbb.first, p.id",
    "boss.staff_count, length_of_last desc": (
        "CASE WHEN b.id IS NOT NULL THEN (SELECT count(*) FROM people s WHERE s.boss_id = b.id) END, "
        "coalesce(length(p.last), 0) DESC, p.id DESC"),
    "boss.length_of_last desc, first": "CASE WHEN b.id IS NOT NULL THEN coalesce(length(b.last), 0) END DESC, p.first, p.id",
}
TICKETS = {
    "comment_count": f"{COUNT}, t.id",
    "comment_count desc, state": f"{COUNT} DESC, t.state, t.id",
    "points desc": "(SELECT sum(points) FROM comments c WHERE c.ticket_id = t.id) DESC, t.id DESC",
    "points, comment_count desc": f"(SELECT sum(points) FROM comments c WHERE c.ticket_id = t.id), {COUNT} DESC, t.id DESC",
    "largest": "(SELECT max(amount) FROM comments c WHERE c.ticket_id = t.id), t.id",
    "discussed desc, owner.full_name": f"EXISTS (SELECT FROM comments c WHERE c.ticket_id = t.id) DESC, {OWNED}, t.id",
    "owner.comment_count desc": f"{COMMENTED} DESC, t.id DESC",
    "owner.comment_count, owner_name": f"{COMMENTED}, p.first, t.id",
    "owner.boss.length_of_last": (
        "CASE WHEN b.id IS NOT NULL THEN coalesce(length(b.last), 0) END, t.id"),
    "rated_count desc, id desc": "(SELECT count(points) FROM comments c WHERE c.ticket_id = t.id) DESC, t.id DESC",
}
CASES = ([("Tickets/ListPeople", "people", order, "p.id", "people p", sql) for order, sql in PEOPLE.items()] +
         [("Tickets/ListTickets", "tickets", order, "t.id", "tickets t LEFT JOIN people p ON p.id = owner_id", sql)
          for order, sql in TICKETS.items()])


def expected(tickets, id, table, sql):
    return [int(row[0]) for row in tickets.database.rows(
        f"SELECT {id} FROM {table} LEFT JOIN people b ON b.id = p.boss_id LEFT JOIN people bb ON bb.id = b.boss_id "
        f"LEFT JOIN people bbb ON bbb.id = bb.boss_id ORDER BY {sql}")]


def walk(tickets, method, key, size, **fields):
    token, seen = "", []
    while True:
        answer, statements = tickets.counted(method, ["id"], page_size=size, page_token=token, **fields)
        assert statements == 1 and len(answer.get(key, [])) <= size
        seen += [item["id"] for item in answer.get(key, [])]
        token = answer.get("next_page_token", "")
        if not token:
            return seen


@pytest.mark.parametrize("method, key, order, id, table, sql", CASES, ids=[f"{case[1]}-{case[2]}" for case in CASES])
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_orders(tickets, method, key, order, id, table, sql, size):
    assert walk(tickets, method, key, size, order_by=order) == expected(tickets, id, table, sql)


def test_an_order_shows_what_it_orders_by(tickets):
    answer, statements = tickets.counted(
        "Tickets/ListTickets", ["id", "comment_count", "largest", "owner.full_name", "owner.comment_count"], page_size=3,
        order_by="comment_count desc, owner.comment_count, largest, owner.full_name")
    assert statements == 1
    assert answer["tickets"] == [
        {"id": 3, "comment_count": 3, "largest": "2.50", "owner": {"full_name": "Bo Birch", "comment_count": 3}},
        {"id": 1, "comment_count": 2, "largest": "1.0", "owner": {"full_name": "Ada Ash", "comment_count": 2}},
        {"id": 5, "comment_count": 1, "owner": {"full_name": "Dee Doe", "comment_count": 1}}]


def test_what_orders_and_is_shown_is_computed_once(tickets):
    tickets.database.reset_statements()
    tickets.call("Tickets/ListTickets", ["comment_count", "owner.full_name"], order_by="comment_count, owner.full_name")
    (_, statement), = tickets.database.statements()
    assert statement.count("count(*)") == 1 and statement.count("full_name") == 1


def test_a_stream_in_such_an_order(tickets):
    messages = tickets.call("Tickets/StreamTickets", ["id"], page_size=2, order_by="comment_count desc")
    seen = [ticket["id"] for message in messages for ticket in message["tickets"]]
    assert seen == expected(tickets, "t.id", "tickets t LEFT JOIN people p ON p.id = owner_id", f"{COUNT} DESC, t.id DESC")
    resumed = tickets.call("Tickets/StreamTickets", ["id"], page_size=2, order_by="comment_count desc",
                           page_token=messages[0]["next_page_token"])
    assert [ticket["id"] for message in resumed for ticket in message["tickets"]] == seen[2:]


def test_a_nested_list_in_such_an_order_goes_on_by_its_token(tickets):
    def page(id, order, token):
        answer = tickets.call("Tickets/GetPerson", ["tickets.id", "tickets_next_page_token"], id=id, relation_arguments={
            "tickets": {"order_by": order, "page_size": 1, "page_token": token}})
        return [ticket["id"] for ticket in answer.get("tickets", [])], answer.get("tickets_next_page_token", "")

    for id, order, found in ((2, "comment_count desc", [3, 2]), (2, "points desc, id", [2, 3]), (5, "points, id desc", [8, 7]),
                             (2, "owner.staff_count, largest desc", [3, 2])):
        seen, token = page(id, order, "")
        while token:
            ids, token = page(id, order, token)
            seen += ids
        assert seen == found


@pytest.mark.parametrize("order, message", [
    ("weight", "field weight of Ticket cannot order: what floats add up to"),
    ("flags", "type text[] has no order"),
    ("comments", "it is no single value"),
    ("owner.letters", "type text[] has no order"),
    ("comment_count, comment_count desc", "ordered by twice"),
])
def test_orders_that_no_page_could_follow(tickets, order, message):
    with pytest.raises(Failure) as failed:
        listed(tickets, "Tickets/ListTickets", "tickets", order_by=order)
    assert (failed.value.code.name, failed.value.reason) == ("INVALID_ARGUMENT", "INVALID_ORDER")
    assert message in failed.value.message


def test_a_token_is_bound_to_such_an_order(tickets):
    answer = tickets.call("Tickets/ListTickets", ["id"], page_size=1, order_by="comment_count")
    for order in ("comment_count desc", "rated_count", ""):
        with pytest.raises(Failure) as failed:
            tickets.call("Tickets/ListTickets", ["id"], page_token=answer["next_page_token"], order_by=order)
        assert failed.value.reason == "INVALID_PAGE_TOKEN"
