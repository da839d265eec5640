"""Pages: no duplicates, no gaps, an end."""

import base64
import itertools

import pytest

from support.client import Failure

VISIBLE = [i for i in range(1, 54) if i % 10]
RANK = {i: i % 3 for i in VISIBLE if i % 4}
LABEL = {i: f"label {i % 5}" for i in VISIBLE}
STAMP = {i: i % 7 for i in VISIBLE if i % 6}


def walk(service, method, items, **fields):
    """The pages of a whole walk."""
    token, pages = "", []
    while True:
        answer = service.call(method, page_token=token, **fields)
        pages.append(answer.get(items, []))
        token = answer.get("next_page_token", "")
        if not token:
            return pages
        assert len(pages) < 200, "the walk does not end"


def ids(pages):
    return [item["id"] for item in itertools.chain(*pages)]


def ordered(*terms):
    """The visible ids ordered by (values, descending) terms, as Postgres does: NULLs last ascending, first descending; ties
    by id in the direction of the last term."""
    rows = sorted(VISIBLE, reverse=terms[-1][1])
    for values, descending in reversed(terms):
        rows.sort(key=lambda i: (i not in values, values.get(i, 0)), reverse=descending)  # keeps the order of equals
    return rows


@pytest.mark.parametrize("size", [1, 2, 7, 20])
@pytest.mark.parametrize("order, expected", [
    ("", VISIBLE),
    ("id desc", VISIBLE[::-1]),
    ("rank", ordered((RANK, False))),
    ("rank desc", ordered((RANK, True))),
    ("rank, label desc", ordered((RANK, False), (LABEL, True))),
    ("rank desc, stamp", ordered((RANK, True), (STAMP, False))),
    ("stamp desc,label", ordered((STAMP, True), (LABEL, False))),
    (" label ,  rank  desc , id ", ordered((LABEL, False), (RANK, True), ({i: i for i in VISIBLE}, False))),
])
def test_a_walk_meets_every_row_once_in_order(cases, order, expected, size):
    pages = walk(cases, "Pages/ListEntries", "entries", mask=["id"], order_by=order, page_size=size)
    assert ids(pages) == expected
    assert all(len(page) <= size for page in pages)


def test_every_page_is_one_statement(cases):
    token = ""
    for _ in range(4):
        answer, statements = cases.counted("Pages/ListEntries", ["id"], order_by="rank", page_size=6, page_token=token)
        token = answer["next_page_token"]
        assert statements == 1


def test_the_last_page_that_is_just_full_has_no_token(cases):
    answer = cases.call("Library/ListBooks", ["id"], page_size=5)
    assert len(answer["books"]) == 5 and "next_page_token" not in answer


def test_sizes(cases):
    assert len(cases.call("Pages/ListEntries")["entries"]) == 5
    assert len(cases.call("Pages/ListEntries", page_size=0)["entries"]) == 5
    assert len(cases.call("Pages/ListEntries", page_size=1000)["entries"]) == 20


def test_the_page_size_may_change_on_the_way(cases):
    first = cases.call("Pages/ListEntries", ["id"], page_size=3)
    second = cases.call("Pages/ListEntries", ["id"], page_size=4, page_token=first["next_page_token"])
    assert ids([first["entries"], second["entries"]]) == VISIBLE[:7]


def test_the_mask_may_change_on_the_way(cases):
    first = cases.call("Pages/ListEntries", ["label"], page_size=3)
    second = cases.call("Pages/ListEntries", ["id"], page_size=1, page_token=first["next_page_token"])
    assert second["entries"] == [{"id": 4}]


def test_a_walk_over_an_order_through_a_parent(cases):
    pages = walk(cases, "Library/ListBooks", "books", mask=["id"], order_by="publisher.name desc, title", page_size=2)
    assert ids(pages) == [4, 3, 2, 5, 1]


def test_a_token_is_url_safe_and_shows_nothing(cases):
    token = cases.call("Pages/ListEntries", ["id"], order_by="label", page_size=1)["next_page_token"]
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=")
    assert b"label" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_request_fields_that_filter(cases):
    def found(**fields):
        return ids(walk(cases, "Pages/ListEntries", "entries", mask=["id"], page_size=20, **fields))

    assert found(any_id=[7, 3, 10, 99]) == [3, 7]
    assert found(rank=0) == [i for i in VISIBLE if RANK.get(i) == 0]
    assert found(label="label 2") == [i for i in VISIBLE if i % 5 == 2]
    assert found(label="") == VISIBLE
    assert found(label="label 2", rank=1) == [i for i in VISIBLE if i % 5 == 2 and RANK.get(i) == 1]
    after = {"seconds": 1767225600, "nanos": 3000}
    assert found(after=after) == [i for i in VISIBLE if STAMP.get(i, 0) > 3]


def test_a_declared_filter_hides_rows_from_get_too(cases):
    assert cases.call("Pages/GetEntry", ["id"], id=11) == {"id": 11}
    with pytest.raises(Failure) as failed:
        cases.call("Pages/GetEntry", id=10)
    assert failed.value.code.name == "NOT_FOUND"
