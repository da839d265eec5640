"""Which index each way to filter can use, by the plan of the prepared statement that really runs."""

import pathlib
import re

import pytest

from support.client import Client
from support.descriptors import TOP, Descriptors, plain
from support.service import Service

FILTERS = pathlib.Path(__file__).parent / "filters"
EXPLAIN = "rowan.v1.ExplainService/Explain"
LIST = "filters.v1.Filters/ListNotes"


@pytest.fixture(scope="module")
def filters(descriptor_sets, cluster):
    flags = ["--explain", "--connections", "1"]
    with Service("filters.v1", descriptor_sets(FILTERS, "filters/v1/filters.proto"), cluster.create(FILTERS / "schema.sql"),
                 *flags) as service:
        yield service


@pytest.fixture(scope="module")
def explain(filters, descriptor_sets):
    client = Client(filters.server.address, Descriptors(descriptor_sets(TOP / "proto", "rowan/v1/explain.proto")))

    def plan_of(text):
        request = client.request(EXPLAIN, ["id"], filter=text)
        request.method, request.analyze = LIST, True
        return plain(client.send(EXPLAIN, request, 30))["statements"][0]

    yield plan_of
    client.close()


@pytest.mark.parametrize("text, index, found", [
    # The database's collation is not "C": only an index of text_pattern_ops knows where a prefix begins and ends.
    ('name = "c4ca4*"', "name_by_pattern", 1),
    ('name:"c4ca4*2*"', "name_by_pattern", 1),
    ('plain = "c4ca4*"', "plain_in_c", 1),
    ('lower(title) = "c4ca4*"', "title_in_small_letters_by_pattern", 1),
    ('lower(title) = lower("C4CA4*")', "title_in_small_letters_by_pattern", 1),
    ('lower(title) = "c4ca4238a0b923820dcc509a6f75849b"', "title_in_small_letters", 1),
    ('lower(title) = lower("C4CA4238A0B923820DCC509A6F75849B")', "title_in_small_letters", 1),
    ('lower(title) = (a OR "c4ca4238a0b923820dcc509a6f75849b")', "title_in_small_letters", 1),
    ('search(body, "cat word7", english)', "body_in_english", 4),
    ('search(words, "cats word7", simple)', "words_in_gin", 4),
    ("payload.customer.name = n7", "payload_in_gin", 4),
    ("payload.customer.name = (n7 OR n8)", "payload_in_gin", 8),
    ("payload.count = 7", "payload_in_gin", 4),
    ("payload.tags:t7", "payload_in_gin", 4),
    ("during:7", "during_in_gist", 3),
    ('during:"[7,8]"', "during_in_gist", 2),
    ('during = "[7,10)"', "during_in_gist", 1),
    ('overlaps(during, "[7,8]")', "during_in_gist", 4),
    ("tags:t7", "tags_in_gin", 4),
    ("overlaps(tags, (t7 OR t8))", "tags_in_gin", 8),
])
def test_an_index_that_fits_is_used(explain, text, index, found):
    run = explain(text)["run"]
    assert re.search(rf"(using|on) {index}", run["plan"]), run["plan"]
    assert run["rows"] == found


def test_the_database_s_configuration_finds_its_index(explain, filters):
    """The tests' clusters search in English unless told otherwise."""
    assert filters.database.value("SHOW default_text_search_config") == "pg_catalog.english"
    assert "body_in_english" in explain('search(body, "cats word7")')["run"]["plan"]


def blocks_of(filters, text):
    """What a request reads, as Postgres counts it."""
    filters.database.reset_statements()
    filters.call("Filters/ListNotes", ["id"], filter=text, page_size=1)
    return int(filters.database.value("""SELECT sum(shared_blks_hit + shared_blks_read) FROM pg_stat_statements s
                                         JOIN pg_roles r ON r.oid = s.userid WHERE rolname = 'rowan' AND query ~ 'notes'"""))


def test_a_rare_prefix_costs_the_same_after_many_common_ones(filters):
    """By its estimates Postgres would go over to a generic plan, which walks the table for a text that is not there."""
    at_first = blocks_of(filters, 'name = "zz*"')
    for i in range(16):
        filters.call("Filters/ListNotes", ["id"], filter=f'name = "{i:x}{i:x}*"', page_size=1)
    assert blocks_of(filters, 'name = "zz*"') <= 2 * at_first
