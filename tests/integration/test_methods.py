"""Get and BatchGet: found, absent, repeated, bounded."""

import pytest

from support.client import Failure


def test_get(cases):
    answer, statements = cases.counted("Library/GetBook", id=3)
    assert answer == {"id": 3, "title": "Letters", "pages": 210, "publisher_name": "South"}
    assert statements == 1


@pytest.mark.parametrize("id", [0, -1, 99, 2**63 - 1])
def test_get_of_an_absent_resource(cases, id):
    with pytest.raises(Failure) as failed:
        cases.call("Library/GetBook", ["authors"], id=id)
    assert (failed.value.code.name, failed.value.reason) == ("NOT_FOUND", "NOT_FOUND")


def test_batch_get_answers_in_the_order_of_the_request(cases):
    answer, statements = cases.counted("Library/BatchGetBooks", ["id", "authors.name"], ids=[3, 1, 4])
    assert answer["books"] == [
        {"id": 3, "authors": [{"name": "Cy"}]},
        {"id": 1, "authors": [{"name": "Ada"}, {"name": "Bo"}, {"name": "Cy"}]},
        {"id": 4, "authors": [{"name": "Di"}]},
    ]
    assert statements == 2


def test_batch_get_of_the_same_one_twice(cases):
    answer = cases.call("Library/BatchGetBooks", ["id", "readers.name"], ids=[2, 2, 1, 2])
    two = {"id": 2, "readers": [{"name": "Sam"}]}
    assert answer["books"] == [two, two, {"id": 1, "readers": [{"name": "Rita"}, {"name": "Sam"}]}, two]


def test_batch_get_with_an_absent_one_fails_whole(cases):
    with pytest.raises(Failure) as failed:
        cases.call("Library/BatchGetBooks", ids=[1, 99])
    assert failed.value.code.name == "NOT_FOUND"
    assert "99" in failed.value.message or "99" in "".join(failed.value.metadata.values())


def test_batch_get_of_nothing(cases):
    with pytest.raises(Failure) as failed:
        cases.call("Library/BatchGetBooks", ids=[])
    assert failed.value.code.name == "INVALID_ARGUMENT"


def test_batch_get_of_too_many(cases):
    with pytest.raises(Failure) as failed:
        cases.call("Library/BatchGetBooks", ids=range(1, 1002))
    assert failed.value.code.name == "INVALID_ARGUMENT"


def test_ids_beside_pages_are_a_list(cases):
    first = cases.call("Library/FindBooks", "id", ids=[3, 1, 99, 4], page_size=2)
    assert first["books"] == [{"id": 1}, {"id": 3}], "in the list's order, without what is absent"
    rest = cases.call("Library/FindBooks", "id", ids=[3, 1, 99, 4], page_token=first["next_page_token"])
    assert rest == {"books": [{"id": 4}]}
    assert len(cases.call("Library/FindBooks", "id")["books"]) == 5, "none are no condition"


def test_batch_get_is_one_statement_whatever_the_number(events):
    for n in (1, 10, 200):
        answer, statements = events.counted("EventService/BatchGetEvents", ["id", "creator.id"], ids=range(n, 0, -1))
        assert [event["id"] for event in answer["events"]] == list(range(n, 0, -1))
        assert statements <= 2


def test_batch_get_of_strings(cases):
    answer, statements = cases.counted("Keys/BatchGetTags", ["colour"], names=["c", "", "C"])
    assert answer == {"tags": [{"colour": "silver"}, {"colour": "white"}, {"colour": "grey"}]}
    assert statements == 1


def test_a_method_that_is_others_business(cases):
    with pytest.raises(Failure) as failed:
        cases.call("Pages/CreateEntry", label="x")
    assert failed.value.code.name == "UNIMPLEMENTED"


def test_what_is_required_must_be_there(cases):
    """AIP-203: refused before any query, instead of listing everybody's."""
    whole = cases.call("Lists/ListItemsOfShelf", shelf_id=1)
    assert whole["items"]
    for fields in ({}, {"shelf_id": 0}):
        with pytest.raises(Failure) as failed:
            cases.call("Lists/ListItemsOfShelf", page_size=5, **fields)
        assert (failed.value.code.name, failed.value.reason) == ("INVALID_ARGUMENT", "REQUIRED_FIELD_MISSING")
        assert "shelf_id" in str(failed.value)
