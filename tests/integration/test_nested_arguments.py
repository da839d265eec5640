"""Arguments of nested lists: filters, orders, pages and tokens for each path, counted for each parent."""

import pytest

from support.client import Failure
from support.descriptors import TOP
from support.service import Service

SHELVES = range(1, 31)


def items_of(shelf):
    """The rows of schema.sql."""
    return [{"id": 100 * shelf + i, "name": f"item {i % 4}", "rank": i % 5 if i % 3 else None, "sold": i % 6 == 5}
            for i in range(1, shelf * 7 % 12 + 1)]


def by_rank_desc(items):
    """As Postgres orders them: NULLs first descending, then the key, descending too."""
    return sorted(items, key=lambda item: (item["rank"] is None, item["rank"] or 0, item["id"]), reverse=True)


def ids(items):
    return [item["id"] for item in items]


def lists(**arguments):
    """items={"page_size": 3} or **{"items.labels": {…}}."""
    return {"relation_arguments": arguments}


def all_shelves(cases, mask, **fields):
    return cases.counted("Lists/ListShelves", ["id", *mask], page_size=1000, **fields)


def refused(cases, method, mask, **fields):
    with pytest.raises(Failure) as failed:
        cases.call(method, mask, **fields)
    assert failed.value.code.name == "INVALID_ARGUMENT"
    return failed.value


# ---- filter, order, limit


@pytest.mark.parametrize("size", [1, 3, 7, 11, 12, 1000])
def test_a_limit_counts_per_parent(cases, size):
    answer, statements = all_shelves(cases, ["items.id"], **lists(items={"page_size": size}))
    assert [shelf["id"] for shelf in answer["shelves"]] == list(SHELVES)
    for shelf in answer["shelves"]:
        expected = items_of(shelf["id"])
        assert ids(shelf.get("items", [])) == ids(expected[:size])
        assert shelf.get("items_has_more", False) == (len(expected) > size)
        assert bool(shelf.get("items_next_page_token")) == (len(expected) > size)
    assert statements == 2


def test_a_limit_counts_after_the_filter(cases):
    answer, statements = all_shelves(cases, ["items.id"], **lists(items={"filter": 'name = "item 1"', "page_size": 2}))
    for shelf in answer["shelves"]:
        expected = [item for item in items_of(shelf["id"]) if item["name"] == "item 1"]
        assert ids(shelf.get("items", [])) == ids(expected[:2])
        assert shelf.get("items_has_more", False) == (len(expected) > 2)
    assert statements == 2


def test_a_filter_is_added_to_the_declared_one_and_the_page_kept_within_the_declared_most(cases):
    answer, _ = all_shelves(cases, ["best.id"], **lists(best={"filter": "rank:*", "page_size": 100}))
    for shelf in answer["shelves"]:
        expected = by_rank_desc([i for i in items_of(shelf["id"]) if not i["sold"] and i["rank"] is not None])
        assert ids(shelf.get("best", [])) == ids(expected[:4])
        assert shelf.get("best_has_more", False) == (len(expected) > 4)


def test_zero_means_the_declared_page_size(cases):
    answer, _ = all_shelves(cases, ["best.id"], **lists(best={"page_size": 0}))
    declared, _ = all_shelves(cases, ["best.id"])
    for ours, theirs in zip(answer["shelves"], declared["shelves"]):
        assert ids(ours.get("best", [])) == ids(theirs.get("best", []))
        assert ids(ours.get("best", [])) == ids(
            by_rank_desc([i for i in items_of(ours["id"]) if not i["sold"]])[:2])


def test_an_order_takes_the_place_of_the_declared_one(cases):
    answer, _ = all_shelves(cases, ["items.id", "items.rank"], **lists(items={"order_by": "rank desc", "page_size": 5}))
    for shelf in answer["shelves"]:
        assert ids(shelf.get("items", [])) == ids(by_rank_desc(items_of(shelf["id"]))[:5])


def test_arguments_change_neither_parents_nor_counts(cases):
    plain, _ = all_shelves(cases, ["item_count"])
    answer, _ = all_shelves(cases, ["item_count", "items.id"], **lists(items={"filter": 'name = "nobody"'}))
    assert all("items" not in shelf for shelf in answer["shelves"])
    assert answer == plain


def test_two_lists_over_the_same_rows_keep_their_arguments(cases):
    answer, statements = all_shelves(cases, ["items.id", "best.id"], **lists(
        items={"filter": "sold = true"}, best={"page_size": 3}))
    for shelf in answer["shelves"]:
        items = items_of(shelf["id"])
        assert ids(shelf.get("items", [])) == ids([i for i in items if i["sold"]])
        assert ids(shelf.get("best", [])) == ids(by_rank_desc([i for i in items if not i["sold"]])[:3])
    assert statements == 3


def test_arguments_on_two_levels_number_their_values_apart(cases):
    answer, statements = cases.counted(
        "Lists/ListShelves", ["id", "items.id", "items.labels.text"], filter='code = "S11" OR code = "S5"',
        **lists(**{"items": {"filter": 'name = "item 2"', "page_size": 2},
                   "items.labels": {"filter": 'text != "label 2"', "order_by": "text desc", "page_size": 2}}))
    assert [shelf["id"] for shelf in answer["shelves"]] == [5, 11]
    for shelf in answer["shelves"]:
        expected = [item for item in items_of(shelf["id"]) if item["name"] == "item 2"][:2]
        assert ids(shelf["items"]) == ids(expected)
        for item in shelf["items"]:
            labels = [f"label {n}" for n in range(6, 0, -1) if item["id"] % 7 >= n and n != 2]
            assert [label["text"] for label in item.get("labels", [])] == labels[:2]
            assert bool(item.get("labels_next_page_token")) == (len(labels) > 2)
    assert statements == 3


def test_json_names_are_paths_too(cases):
    shelf = cases.call("Lists/GetShelf", ["best.id"], id=11, **lists(best={"page_size": 1}))
    assert len(shelf["best"]) == 1


def test_a_stream_takes_the_same_arguments(cases):
    arguments = lists(items={"filter": "rank:*", "order_by": "rank desc", "page_size": 3})
    listed, _ = all_shelves(cases, ["items.id"], **arguments)
    streamed = [shelf for message in cases.call("Lists/StreamShelves", ["id", "items.id"], page_size=7, **arguments)
                for shelf in message["shelves"]]
    for shelf in [*streamed, *listed["shelves"]]:
        shelf.pop("items_next_page_token", None)  # differs each time
    assert streamed == listed["shelves"]


def test_many_values_make_one_plan_of_the_same_rows(cases):
    for name in ("item 0", "item 1", "item 2", "item 3"):
        shelf = cases.call("Lists/GetShelf", ["items.name"], id=11, **lists(items={"filter": f'name = "{name}"'}))
        assert {item["name"] for item in shelf["items"]} == {name}


# ---- tokens


def walk(cases, mask, path, size, method="Lists/GetShelf", unpack=lambda answer: answer, key=None, **arguments):
    """The pages of a nested list."""
    token, pages = "", []
    while True:
        parent = unpack(cases.call(method, mask, **(key or {"id": 11}),
                                   **lists(**{path: {"page_size": size, "page_token": token, **arguments}})))
        pages.append(parent.get(path, []))
        token = parent.get(f"{path}_next_page_token", "")
        if not token:
            return pages
        assert len(pages) < 50, "the walk does not end"


@pytest.mark.parametrize("size", [1, 2, 3, 11, 12])
@pytest.mark.parametrize("order, expected", [
    ("", ids(items_of(11))),
    ("id desc", ids(items_of(11))[::-1]),
    ("rank desc", ids(by_rank_desc(items_of(11)))),
    ("rank", ids(by_rank_desc(items_of(11))[::-1])),
    ("name, id desc", ids(sorted(items_of(11), key=lambda item: (item["name"], -item["id"])))),
    ("shelf.code, rank", ids(by_rank_desc(items_of(11))[::-1])),
])
def test_a_walk_meets_every_row_of_the_parent_once_in_order(cases, order, expected, size):
    pages = walk(cases, ["items.id"], "items", size, order_by=order)
    assert [item["id"] for page in pages for item in page] == expected
    assert all(len(page) <= size for page in pages)


def test_a_walk_goes_on_by_another_key_and_by_a_batch_of_one(cases):
    expected = ids(items_of(11))
    for key in ({"id": 11}, {"code": "S11"}):
        assert [i["id"] for page in walk(cases, ["items.id"], "items", 4, key=key) for i in page] == expected
    batch = walk(cases, ["items.id"], "items", 4, method="Lists/BatchGetShelves", key={"ids": [11, 11]},
                 unpack=lambda answer: answer["shelves"][1])
    assert [i["id"] for page in batch for i in page] == expected


def test_a_walk_with_filters_declared_and_asked_for(cases):
    expected = by_rank_desc([i for i in items_of(11) if not i["sold"] and i["name"] != "item 2"])
    pages = walk(cases, ["best.id"], "best", 2, filter='name != "item 2"')
    assert [item["id"] for page in pages for item in page] == ids(expected)


def test_a_walk_through_a_junction_that_holds_pairs_twice(cases):
    expected = [f"label {n}" for n in range(1105 % 7, 0, -1)]
    pages = walk(cases, ["labels.text"], "labels", 2, method="Lists/GetItem", key={"id": 1105}, order_by="text desc")
    assert [label["text"] for page in pages for label in page] == expected


def test_the_page_size_may_change_on_the_way_and_the_rest_may_come_whole(cases):
    first = cases.call("Lists/GetShelf", ["items.id"], id=11, **lists(items={"page_size": 2}))
    rest = cases.call("Lists/GetShelf", ["items.id"], id=11,
                      **lists(items={"page_token": first["items_next_page_token"]}))
    assert ids(first["items"]) + ids(rest["items"]) == ids(items_of(11))
    assert "items_next_page_token" not in rest and "items_has_more" not in rest


def test_tokens_of_a_list_and_of_a_deeper_level_go_on_by_a_get_of_the_parent(cases):
    answer, _ = all_shelves(cases, ["items.id", "items.labels.id"], **lists(**{
        "items": {"page_size": 2}, "items.labels": {"page_size": 1}}))
    shelf = answer["shelves"][10]
    rest = cases.call("Lists/GetShelf", ["items.id"], id=shelf["id"],
                      **lists(items={"page_token": shelf["items_next_page_token"]}))
    assert ids(shelf["items"]) + ids(rest["items"]) == ids(items_of(shelf["id"]))
    item = next(i for i in shelf["items"] if "labels_next_page_token" in i)
    rest = cases.call("Lists/GetItem", ["labels.id"], id=item["id"],
                      **lists(labels={"page_token": item["labels_next_page_token"]}))
    assert ids(item["labels"]) + ids(rest["labels"]) == list(range(1, item["id"] % 7 + 1))


def test_a_page_of_a_nested_list_is_one_statement(cases):
    first = cases.call("Lists/GetShelf", ["items.id"], id=11, **lists(items={"page_size": 2}))
    _, statements = cases.counted("Lists/GetShelf", ["items.id"], id=11, **lists(
        items={"page_size": 2, "page_token": first["items_next_page_token"]}))
    assert statements == 2


def token_of(cases, **arguments):
    shelf = cases.call("Lists/GetShelf", ["items.id"], id=11, **lists(items={"page_size": 2, **arguments}))
    return shelf["items_next_page_token"]


@pytest.mark.parametrize("mask, key, arguments", [
    ("items.id", {"id": 5}, {"items": {}}),                       # another parent
    ("items.id", {"code": "S5"}, {"items": {}}),
    ("items.id", {"id": 11}, {"items": {"filter": "rank:*"}}),    # another filter
    ("items.id", {"id": 11}, {"items": {"order_by": "name"}}),    # another order
    ("best.id", {"id": 11}, {"best": {}}),                        # another list
])
def test_a_token_is_bound_to_parent_list_filter_and_order(cases, mask, key, arguments):
    path = next(iter(arguments))
    arguments[path]["page_token"] = token_of(cases)
    failure = refused(cases, "Lists/GetShelf", [mask], **key, **lists(**arguments))
    assert failure.reason == "INVALID_PAGE_TOKEN"
    assert [field for field, _ in failure.violations] == [f'relation_arguments["{path}"].page_token']


def test_a_token_needs_a_get_of_one_parent(cases):
    token = token_of(cases)
    for method, fields in (("Lists/ListShelves", {}), ("Lists/BatchGetShelves", {"ids": [11, 5]})):
        failure = refused(cases, method, ["items.id"], **fields, **lists(items={"page_token": token}))
        assert failure.reason == "INVALID_PAGE_TOKEN"
    failure = refused(cases, "Lists/GetItem", ["shelf.items.id"], id=1101,
                      **lists(**{"shelf.items": {"page_token": token}}))
    assert [field for field, _ in failure.violations] == ['relation_arguments["shelf.items"].page_token']


def test_a_bent_token_is_refused(cases):
    token = token_of(cases)
    for bent in (token[:-1], token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1], "x", "é"):
        failure = refused(cases, "Lists/GetShelf", ["items.id"], id=11, **lists(items={"page_token": bent}))
        assert failure.reason == "INVALID_PAGE_TOKEN"


def test_a_parent_that_is_not_there_is_not_found(cases):
    with pytest.raises(Failure) as failed:
        cases.call("Lists/GetShelf", ["items.id"], id=999, **lists(items={"page_token": token_of(cases)}))
    assert failed.value.code.name == "NOT_FOUND"


# ---- strategies


@pytest.fixture(scope="module", params=["embed", "keys", "ordinal"])
def pinned(request, cases_set, cases_database):
    """The same served with lists fetched in one way."""
    with Service("cases.v1", cases_set, cases_database, f"--pin-to-many={request.param}") as service:
        yield service


@pytest.mark.parametrize("order, expected", [
    ("", ids(items_of(11))),
    ("rank desc", ids(by_rank_desc(items_of(11)))),
    ("shelf.code, rank", ids(by_rank_desc(items_of(11))[::-1])),
])
def test_walks_and_limits_do_not_depend_on_the_strategy(pinned, order, expected):
    pages = walk(pinned, ["items.id"], "items", 2, order_by=order)
    assert [item["id"] for page in pages for item in page] == expected
    labels = walk(pinned, ["labels.text"], "labels", 2, method="Lists/GetItem", key={"id": 1105}, order_by="text desc")
    assert [label["text"] for page in labels for label in page] == [f"label {n}" for n in range(1105 % 7, 0, -1)]
    answer, _ = all_shelves(pinned, ["items.id", "items.labels.id"], **lists(**{
        "items": {"order_by": order, "filter": "id > 0", "page_size": 11}, "items.labels": {"page_size": 1}}))
    assert ids(answer["shelves"][10]["items"]) == expected
    assert [ids(item.get("labels", [])) for item in answer["shelves"][10]["items"]] == [
        [1] if i % 7 else [] for i in expected]


# ---- what is refused


@pytest.mark.parametrize("mask, arguments, field", [
    (["code"], {"items": {"page_size": 1}}, 'relation_arguments["items"]'),
    (["items.id"], {"best": {}}, 'relation_arguments["best"]'),
    (["items.id"], {"items.labels": {}}, 'relation_arguments["items.labels"]'),
    (["items.id"], {"itens": {}}, 'relation_arguments["itens"]'),
    (["items.id"], {"": {}}, 'relation_arguments[""]'),
    (["items.id"], {"items.": {}}, 'relation_arguments["items."]'),
    (["items.id"], {"code": {}}, 'relation_arguments["code"]'),
    (["items.id"], {"items.name": {}}, 'relation_arguments["items.name"]'),
    (["items.shelf"], {"items.shelf": {}}, 'relation_arguments["items.shelf"]'),
    (["items.id"], {"items": {"page_size": -1}}, 'relation_arguments["items"].page_size'),
    (["items.id"], {"items": {"filter": "nonsense = 1"}}, 'relation_arguments["items"].filter'),
    (["items.id"], {"items": {"filter": "name ="}}, 'relation_arguments["items"].filter'),
    (["items.id"], {"items": {"order_by": "nonsense"}}, 'relation_arguments["items"].order_by'),
    (["items.id"], {"items": {"max_depth": 2}}, 'relation_arguments["items"].max_depth'),
])
def test_what_does_not_fit_names_its_path_and_member(cases, mask, arguments, field):
    for method, key in (("Lists/GetShelf", {"id": 11}), ("Lists/ListShelves", {})):
        failure = refused(cases, method, mask, **key, **lists(**arguments))
        assert [name for name, _ in failure.violations] == [field]
    assert ids(cases.call("Lists/GetShelf", ["items.id"], id=11)["items"]) == ids(items_of(11))


def test_the_nearest_field_is_named(cases):
    assert '"items"' in refused(cases, "Lists/GetShelf", ["items.id"], id=11, **lists(itens={})).message


# ---- what it costs


@pytest.fixture(scope="module")
def many_events(cluster, events_set):
    """A thousand events with 9,500 attendances."""
    files = (TOP / "examples/events/schema.sql", TOP / "examples/events/seed.sql")
    with Service("events.v1", events_set, cluster.create(*files, events=1000, attendees=2000)) as service:
        yield service


@pytest.mark.parametrize("order", ["", "name", "organization.name desc"])
def test_the_first_three_of_a_thousand_parents_are_one_statement_of_few_rows(many_events, order):
    arguments = {"order_by": order}
    answer, statements = many_events.counted("EventService/ListEvents", ["id", "attendees.id"], page_size=1000,
                                             **lists(attendees={"page_size": 3, **arguments}))
    assert len(answer["events"]) == 1000 and statements == 2
    assert max(many_events.database.row_counts()) <= 4000
    whole = many_events.call("EventService/ListEvents", ["id", "attendees.id"], page_size=1000,
                             **lists(attendees=arguments))
    assert sum(len(event.get("attendees", [])) for event in whole["events"]) > 9000
    for ours, theirs in zip(answer["events"], whole["events"]):
        assert ids(ours.get("attendees", [])) == ids(theirs.get("attendees", []))[:3]
        assert ours.get("attendees_has_more", False) == (len(theirs.get("attendees", [])) > 3)


def test_the_index_that_is_there_decides_how_each_parent_is_limited(cluster, events_set):
    """Lateral where an index leads to a parent's rows, one numbered scan where none does: the same answer, as few rows."""
    files = (TOP / "examples/events/schema.sql", TOP / "examples/events/seed.sql")
    database = cluster.create(*files, events=1000, attendees=2000)
    answers = []
    for way, preparation in (("LATERAL", "ANALYZE"),
                             ("row_number()", "ALTER TABLE event_attendees DROP CONSTRAINT event_attendees_pkey")):
        database.run(preparation)
        with Service("events.v1", events_set, database) as service:
            answer, statements = service.counted("EventService/ListEvents", ["id", "attendees.id"], page_size=1000,
                                                 **lists(attendees={"page_size": 3}))
            answers.append(ids_by_event(answer))
            assert statements == 2 and max(database.row_counts()) <= 4000
            assert [way in query for _, query in database.statements()].count(True) == 1
    assert answers[0] == answers[1]


def ids_by_event(answer):
    return {event["id"]: ids(event.get("attendees", [])) for event in answer["events"]}
