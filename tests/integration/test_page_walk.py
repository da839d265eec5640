"""Walks over a long list while others change it: nothing twice, nothing that stood throughout missed, in every order.

And what a page costs: where an index matches the order, the last page reads about what the first one reads.
"""

import itertools
import pathlib

import pytest

from support.service import Service

WALKS = pathlib.Path(__file__).parent / "walks"
LIST = "Walks/ListNotes"

# order_by, the same as SQL (an index of schema.sql matches all but the last)
ORDERS = {
    "": "id",
    "kind, score desc": "kind, score DESC, id DESC",
    "score, written": "score, written, id",
    "written desc": "written DESC, id DESC",
    "score desc, kind, id desc": "score DESC, kind, id DESC",
    "writer.rank desc, writer.name, kind desc": "w.rank DESC, w.name, kind DESC, notes.id DESC",
}
UNMATCHED = list(ORDERS)[-1]


@pytest.fixture(scope="module", params=[5000, pytest.param(100000, marks=pytest.mark.long)])
def notes(request, descriptor_sets, cluster):
    """(the service, how many notes there are)."""
    database = cluster.create(WALKS / "schema.sql", rows=request.param)
    with Service("walks.v1", descriptor_sets(WALKS, "walks/v1/walks.proto"), database) as service:
        yield service, request.param


def pages(service, order, sizes, after_page=lambda number: None, **fields):
    """The ids of each page of a walk whose pages are of these sizes, to its end or that of the sizes."""
    token = ""
    for number, size in enumerate(sizes):
        answer = service.call(LIST, ["id"], order_by=order, page_size=size, page_token=token, **fields)
        yield [note["id"] for note in answer.get("notes", [])], token
        token = answer.get("next_page_token", "")
        if not token:
            return
        after_page(number)


def standing(database, order, where):
    """The notes that nobody deletes, in order, as Postgres sorts them."""
    rows = database.rows(f"SELECT notes.id FROM notes LEFT JOIN writers w ON w.id = writer_id "
                         f"WHERE NOT mortal AND notes.id % 1000000 = 0 AND {where} ORDER BY {ORDERS[order]}")
    return [int(id) for id, in rows]


class Others:
    """Change the list after every `every`th page."""

    def __init__(self, database, every):
        self.database, self.every, self.rounds = database, every, 0

    def __call__(self, number):
        if number % self.every == 0:
            self.rounds += 1
            self.database.run(f"CALL churn({self.rounds})")

    def stop(self):
        self.database.run("CALL restore()")
        self.database.run("VACUUM notes")


@pytest.mark.parametrize("order", ORDERS, ids=[order or "by key" for order in ORDERS])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_walk_among_others_meets_what_stands_once_and_in_order(notes, order, size):
    service, n_notes = notes
    rows = {1: 100, 7: n_notes if order != UNMATCHED else 1000, 1000: n_notes}[size]  # the rest would take an hour
    others = Others(service.database, every=max(1, rows // size // 40))
    expected = standing(service.database, order, f"notes.id <= {rows * 1000000}")
    seen = []
    for page, _ in pages(service, order, itertools.repeat(size), others,
                         **({} if rows == n_notes else {"filter": f"id <= {rows * 1000000}"})):
        assert len(page) <= size
        seen += page
    others.stop()
    assert len(set(seen)) == len(seen)
    stood = set(expected)
    assert [id for id in seen if id in stood] == expected
    assert len(seen) > len(expected) and others.rounds >= min(4, rows // size - 1), "nobody came between"


def buffers(database, call):
    """Blocks that Rowan's statements touched in `call`, once everything is warm."""
    call()
    database.reset_statements()
    answer = call()
    database.wait_until_idle()
    blocks = database.value("SELECT sum(shared_blks_hit + shared_blks_read) FROM pg_stat_statements s "
                            "JOIN pg_roles r ON r.oid = userid WHERE rolname = 'rowan'")
    return answer, int(blocks)


@pytest.mark.parametrize("order", [order for order in ORDERS if order != UNMATCHED],
                         ids=[order or "by key" for order in ORDERS if order != UNMATCHED])
def test_the_last_page_reads_what_the_first_one_reads(notes, order):
    service, n_notes = notes
    last_size = 50
    *_, (rest, _), (_, token) = pages(service, order, [1000] * (n_notes // 1000 - 1) + [1000 - last_size, last_size])
    assert len(rest) == 1000 - last_size
    read = {}
    for name, position in (("first", ""), ("last", token)):
        answer, read[name] = buffers(service.database, lambda: service.call(
            LIST, order_by=order, page_size=last_size, page_token=position))
        assert len(answer["notes"]) == last_size and ("next_page_token" in answer) == (name == "first")
    assert read["last"] <= 2 * read["first"] and read["first"] <= 2 * read["last"], read
