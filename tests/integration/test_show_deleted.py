"""Rows that are deleted but there: who asks for them gets them, everybody else does not hear of them.

Of the rooms 1 to 7 the rooms 3, 6 and 7 are closed, 4 and 7 secret.
"""

import pytest

from support.client import Failure


def listed(tickets, **fields):
    answer = tickets.call("Rooms/ListRooms", ["id"], **fields)
    return [room["id"] for room in answer.get("rooms", [])], answer.get("total_size", 0)


def test_a_list_shows_them_when_asked(tickets):
    assert listed(tickets) == ([1, 2, 5], 3)
    assert listed(tickets, show_deleted=False) == ([1, 2, 5], 3)
    assert listed(tickets, show_deleted=True) == ([1, 2, 3, 5, 6], 5)
    assert listed(tickets, show_deleted=True, filter="closed_at:*") == ([3, 6], 2)
    assert listed(tickets, filter="closed_at:*") == ([], 0)
    assert listed(tickets, show_deleted=True, order_by="name desc") == ([6, 5, 1, 2, 3], 5)


def test_a_filter_of_the_resource_still_holds(tickets):
    assert listed(tickets, show_deleted=True, filter='name = ("attic" OR "vault" OR "shed")') == ([6], 1)
    for id in (4, 7):
        with pytest.raises(Failure) as failed:
            tickets.call("Rooms/GetRoom", id=id)
        assert failed.value.code.name == "NOT_FOUND"


def test_a_key_finds_them(tickets):
    assert tickets.call("Rooms/GetRoom", ["id", "closed_at"], id=3) == {"id": 3, "closed_at": {"seconds": 1735689600}}
    assert tickets.call("Rooms/GetRoom", ["id"], name="shed") == {"id": 6}
    answer = tickets.call("Rooms/BatchGetRooms", ["name"], ids=[6, 1, 3])
    assert [room["name"] for room in answer["rooms"]] == ["shed", "house", "cellar"]


@pytest.mark.parametrize("call", ["get", "list", "stream"])
def test_what_is_nested_stays_without_them(tickets, call):
    mask = ["id", "parent.id", "children.id", "child_count", "chairs.room.id"]
    if call == "get":
        rooms = [tickets.call("Rooms/GetRoom", mask, id=id) for id in (1, 2, 3, 5, 6)]
    elif call == "list":
        rooms = tickets.call("Rooms/ListRooms", mask, show_deleted=True)["rooms"]
    else:
        rooms = [room for message in tickets.call("Rooms/StreamRooms", mask, show_deleted=True) for room in message["rooms"]]
    assert rooms == [
        {"id": 1, "parent": {"id": 1}, "children": [{"id": 1}, {"id": 2}], "child_count": 2},
        {"id": 2, "parent": {"id": 1}, "chairs": [{"room": {"id": 2}}]},
        {"id": 3, "parent": {"id": 1}, "children": [{"id": 5}], "child_count": 1, "chairs": [{}]},
        {"id": 5},
        {"id": 6, "parent": {"id": 2}, "chairs": [{}]}]


def test_conditions_do_not_see_them(tickets):
    assert listed(tickets, show_deleted=True, filter="parent:*") == ([1, 2, 3, 6], 4)
    assert listed(tickets, show_deleted=True, filter='parent.name = "cellar"') == ([], 0)
    assert listed(tickets, show_deleted=True, filter='children.name:"shed"') == ([], 0)
    assert listed(tickets, show_deleted=True, filter="child_count = 0") == ([2, 5, 6], 3)
    answer = tickets.call("Rooms/ListChairs", ["id", "room.id"], filter="NOT room:*")
    assert answer["chairs"] == [{"id": 2}, {"id": 3}, {"id": 4}]


def test_pages_and_their_tokens(tickets):
    seen, token = [], ""
    while True:
        answer = tickets.call("Rooms/ListRooms", ["id"], show_deleted=True, page_size=2, page_token=token)
        seen += [room["id"] for room in answer["rooms"]]
        token = answer.get("next_page_token", "")
        if not token:
            break
    assert seen == [1, 2, 3, 5, 6]
    for there, here in ((True, False), (False, True)):
        token = tickets.call("Rooms/ListRooms", ["id"], show_deleted=there, page_size=1)["next_page_token"]
        assert listed(tickets, show_deleted=there, page_token=token)[0]
        with pytest.raises(Failure) as failed:
            listed(tickets, show_deleted=here, page_token=token)
        assert failed.value.reason == "INVALID_PAGE_TOKEN"


def test_a_stream_shows_them_when_asked_and_goes_on(tickets):
    messages = tickets.call("Rooms/StreamRooms", ["id"], show_deleted=True, page_size=2)
    assert [[room["id"] for room in message["rooms"]] for message in messages] == [[1, 2], [3, 5], [6]]
    rest = tickets.call("Rooms/StreamRooms", ["id"], show_deleted=True, page_token=messages[0]["next_page_token"])
    assert [room["id"] for message in rest for room in message["rooms"]] == [3, 5, 6]
    with pytest.raises(Failure) as failed:
        tickets.call("Rooms/StreamRooms", ["id"], page_token=messages[0]["next_page_token"])
    assert failed.value.reason == "INVALID_PAGE_TOKEN"
    assert [room["id"] for message in tickets.call("Rooms/StreamRooms", ["id"]) for room in message["rooms"]] == [1, 2, 5]


def test_the_list_of_a_deleted_parent_goes_on(tickets):
    mask, arguments = ["children.id", "children_next_page_token"], {"children": {"page_size": 1}}
    answer = tickets.call("Rooms/GetRoom", mask, id=1, relation_arguments=arguments)
    arguments["children"]["page_token"] = answer["children_next_page_token"]
    assert tickets.call("Rooms/GetRoom", mask, id=1, relation_arguments=arguments) == {"children": [{"id": 2}]}
    assert tickets.call("Rooms/GetRoom", mask, id=3) == {"children": [{"id": 5}]}


def test_without_them_the_condition_is_one_that_a_partial_index_knows(tickets):
    tickets.database.reset_statements()
    tickets.call("Rooms/ListRooms", ["id"], page_size=3)
    assert all('t0."closed_at" IS NULL' in statement for _, statement in tickets.database.statements())
    tickets.database.reset_statements()
    tickets.call("Rooms/ListRooms", ["id"], page_size=3, show_deleted=True)
    assert not any("closed_at" in statement for _, statement in tickets.database.statements())
