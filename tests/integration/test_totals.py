"""How many there are over all pages, counted or estimated; and pages that begin further on."""

import pytest

from support.client import Failure

ITEMS = [100 * shelf + i for shelf in range(1, 31) for i in range(1, shelf * 7 % 12 + 1)]  # as in schema.sql


def ids(answer):
    return [item["id"] for item in answer.get("items", [])]


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_a_count_is_exact_whatever_the_page(cases, size):
    answer, statements = cases.counted("Lists/ListItems", ["id"], page_size=size)
    assert answer["total_size"] == len(ITEMS) and ids(answer) == ITEMS[:size]
    assert statements == 2


def test_a_count_counts_what_the_filter_lets_through(cases):
    answer, statements = cases.counted("Lists/ListItems", ["id"], page_size=2, filter='shelf.code = "S11" AND id:*')
    assert answer["total_size"] == len([i for i in ITEMS if i // 100 == 11]) and len(ids(answer)) == 2
    assert statements == 2
    assert cases.call("Lists/ListItems", ["id"], filter="id = 7") == {}


def test_a_count_is_the_same_on_every_page(cases):
    token, seen = "", []
    while True:
        answer = cases.call("Lists/ListItems", ["id"], page_size=50, page_token=token, order_by="rank desc")
        assert answer["total_size"] == len(ITEMS)
        seen += ids(answer)
        token = answer.get("next_page_token", "")
        if not token:
            break
    assert sorted(seen) == ITEMS


def test_an_estimate_of_all_takes_no_statement(cases):
    answer, statements = cases.counted("Lists/EstimateItems", ["id"], page_size=2)
    assert int(answer["about"]) == len(ITEMS)  # the tables are analyzed
    assert statements == 1


def test_an_estimate_under_a_filter_is_what_postgres_expects(cases):
    answer, statements = cases.counted("Lists/EstimateItems", ["id"], page_size=2, filter="sold = true")
    true = len([i for i in ITEMS if i % 100 % 6 == 5])
    assert true / 2 <= int(answer["about"]) <= true * 2
    assert statements == 2


def test_an_estimate_is_exact_where_the_page_holds_everything(cases):
    answer = cases.call("Lists/EstimateItems", ["id"], filter="id = (101 OR 102 OR 301 OR 9999)")
    assert int(answer["about"]) == len(answer["items"])


@pytest.mark.parametrize("skip", [1, 7, 49, 100, len(ITEMS) - 1, len(ITEMS), len(ITEMS) + 1, 9999])
@pytest.mark.parametrize("size", [1, 10, 200])
def test_skipping_begins_further_on(cases, skip, size):
    answer, statements = cases.counted("Lists/ListItems", ["id"], page_size=size, skip=skip)
    assert ids(answer) == ITEMS[skip:skip + size]
    assert bool(answer.get("next_page_token")) == (skip + size < len(ITEMS))
    assert answer["total_size"] == len(ITEMS)
    assert statements == 2


def test_skipping_goes_on_from_a_token(cases):
    first = cases.call("Lists/ListItems", ["id"], page_size=5)
    answer = cases.call("Lists/ListItems", ["id"], page_size=5, skip=3, page_token=first["next_page_token"])
    assert ids(answer) == ITEMS[8:13]
    answer = cases.call("Lists/ListItems", ["id"], page_size=5, page_token=answer["next_page_token"])
    assert ids(answer) == ITEMS[13:18]


def test_children_follow_the_rows_that_are_left(cases):
    answer, statements = cases.counted("Lists/ListItems", ["id", "labels.id"], page_size=5, skip=20)
    assert [(i["id"], [label["id"] for label in i.get("labels", [])]) for i in answer["items"]] == [
        (i, list(range(1, i % 7 + 1))) for i in ITEMS[20:25]]
    assert statements == 3


@pytest.mark.parametrize("skip, reason", [(-1, "INVALID_SKIP"), (10001, "REQUEST_TOO_COMPLEX")])
def test_skipping_has_bounds(cases, skip, reason):
    with pytest.raises(Failure) as failed:
        cases.call("Lists/ListItems", ["id"], skip=skip)
    assert failed.value.reason == reason
    assert [field for field, _ in failed.value.violations] == ["skip"]
    if reason == "REQUEST_TOO_COMPLEX":
        assert failed.value.metadata["setting"] == "max-skip" and failed.value.metadata["limit"] == "10000"
