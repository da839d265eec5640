"""Relations of a table to itself: whole subtrees and chains by one statement, cut by depth, by page and in circles."""

import pytest

from support.client import Failure


def names(category):
    """Just the names: ("root", [("left", …)])."""
    return (category["name"], [names(child) for child in category.get("children", [])])


def test_a_subtree_of_one(shapes):
    answer, statements = shapes.counted("Trees/GetCategory", ["name", "children.name"], id=1)
    assert names(answer) == ("root", [("left", [("leaf", [("deep", [])]), ("twig", [])]), ("right", [])])
    assert statements == 2


def test_has_more_where_the_depth_cut_it_and_nowhere_else(shapes):
    answer = shapes.call("Trees/GetCategory", ["children.id"], id=1)
    assert answer == {"children": [
        {"id": 2, "children": [{"id": 4, "children": [{"id": 6, "children_has_more": True}]}, {"id": 5}]}, {"id": 3}]}


def test_the_subtrees_of_all_roots_take_one_statement(shapes):
    answer, statements = shapes.counted("Trees/ListCategories", ["name", "children.name"], filter="id < 20")
    assert [names(category) for category in answer["categories"]] == [
        ("root", [("left", [("leaf", [("deep", [])]), ("twig", [])]), ("right", [])]),
        ("left", [("leaf", [("deep", [("deeper", [])])]), ("twig", [])]),
        ("right", []),
        ("leaf", [("deep", [("deeper", [])])]),
        ("twig", []),
        ("deep", [("deeper", [])]),
        ("deeper", []),
        ("below hidden", []),
        ("other", []),
    ]
    assert statements == 2


def test_every_level_has_the_same_sub_mask(shapes):
    answer, statements = shapes.counted("Trees/GetCategory", ["children.name", "children.goods.name"], id=1)
    left = answer["children"][0]
    assert left["goods"] == [{"name": "g3"}]
    assert left["children"][0] == {
        "name": "leaf", "goods": [{"name": "g1"}, {"name": "g2"}], "children": [{"name": "deep", "children_has_more": True}]}
    assert statements == 3


def test_the_chain_of_parents(shapes):
    answer, statements = shapes.counted("Trees/GetCategory", ["id", "parent.name"], id=7)
    assert answer == {"id": 7, "parent": {"name": "deep", "parent": {
        "name": "leaf", "parent": {"name": "left", "parent": {"name": "root"}}}}}
    assert statements == 2


def test_a_hidden_parent_ends_the_chain(shapes):
    assert shapes.call("Trees/GetCategory", ["id", "parent.name"], id=9) == {"id": 9}


def test_a_chain_below_another_resource(shapes):
    answer, statements = shapes.counted("Trees/ListGoods", ["name", "category.parent.name"], filter="id < 4")
    chain = {"parent": {"name": "left", "parent": {"name": "root"}}}
    assert answer["goods"] == [{"name": "g1", "category": chain}, {"name": "g2", "category": chain},
                               {"name": "g3", "category": {"parent": {"name": "root"}}}]
    assert statements == 2


def test_circles_end_with_the_row_that_closes_them(shapes):
    answer = shapes.call("Trees/GetCategory", ["id", "parent.id", "children.id"], id=20)
    assert answer == {
        "id": 20,
        "parent": {"id": 22, "parent": {"id": 21, "parent": {"id": 20}}},
        "children": [{"id": 21, "children": [
            {"id": 22, "children": [{"id": 20}]}, {"id": 23}]}]}


def test_a_chain_that_runs_into_a_circle_shows_where_it_closes(shapes):
    """Without the row that closes it the one before would look like the top of its tree."""
    answer = shapes.call("Trees/GetCategory", ["id", "parent.id", "children.id"], id=23)
    assert answer == {"id": 23, "parent": {"id": 21, "parent": {"id": 20, "parent": {"id": 22, "parent": {"id": 21}}}}}
    good = shapes.call("Trees/ListGoods", ["category.parent.id"], filter='name = "ring good"')
    assert good == {"goods": [{"category": {"parent": {"id": 21, "parent": {"id": 20, "parent": {"id": 22, "parent": {"id": 21}}}}}}]}


def test_siblings_in_a_circle_are_not_taken_for_each_other(shapes):
    """23 and 22 have one parent, 21: a chain from 23 goes on behind 22."""
    answer = shapes.call("Trees/ListCategories", ["id", "parent.id"], filter="id = (22 OR 23)")
    assert answer["categories"] == [
        {"id": 22, "parent": {"id": 21, "parent": {"id": 20, "parent": {"id": 22}}}},
        {"id": 23, "parent": {"id": 21, "parent": {"id": 20, "parent": {"id": 22, "parent": {"id": 21}}}}}]


def test_one_that_is_its_own_parent(shapes):
    answer = shapes.call("Trees/ListCategories", ["id", "parent.id", "children.id"], filter="id = (24 OR 25)")
    assert answer["categories"] == [
        {"id": 24, "parent": {"id": 24}, "children": [{"id": 24}, {"id": 25}]},
        {"id": 25, "parent": {"id": 24, "parent": {"id": 24}}}]


def test_levels_that_a_mask_spells_out(shapes):
    answer, statements = shapes.counted("Trees/GetCategory", ["children.children.name"], id=1)
    assert answer == {"children": [{"children": [{"name": "leaf"}, {"name": "twig"}]}, {}]}
    assert statements == 3


def test_many_to_many_on_itself_both_ways(shapes):
    answer, statements = shapes.counted("Trees/ListMembers", ["name", "following.name", "followers.name"])
    assert answer["members"] == [
        {"name": "Ann", "following": [{"name": "Bob", "following": [{"name": "Cid", "following": [{"name": "Ann"}]}]}],
         "followers": [{"name": "Cid"}, {"name": "Dan"}]},
        {"name": "Bob", "following": [{"name": "Cid", "following": [{"name": "Ann", "following": [{"name": "Bob"}]}]}],
         "followers": [{"name": "Ann"}]},
        {"name": "Cid", "following": [{"name": "Ann", "following": [{"name": "Bob", "following": [{"name": "Cid"}]}]}],
         "followers": [{"name": "Bob"}]},
        {"name": "Dan", "following": [{"name": "Ann", "following": [{"name": "Bob", "following": [{"name": "Cid"}]}]},
                                      {"name": "Dan"}],
         "followers": [{"name": "Dan"}]},
    ]
    assert statements == 3


def test_a_page_at_every_level_goes_on_from_its_token(shapes):
    answer = shapes.call("Trees/GetCategory", ["first_children.id"], id=1)
    assert answer.pop("first_children_next_page_token")
    left = answer["first_children"][0]
    token = left.pop("first_children_next_page_token")
    assert answer == {
        "first_children": [{"id": 2, "first_children_has_more": True, "first_children": [
            {"id": 4, "first_children": [{"id": 6, "first_children": [{"id": 7}]}]}]}],
        "first_children_has_more": True}
    goes_on = {"first_children": {"page_token": token, "max_depth": 1}}
    answer = shapes.call("Trees/GetCategory", ["first_children.id"], id=2, relation_arguments=goes_on)
    assert answer == {"first_children": [{"id": 5}]}


def test_a_request_lowers_the_depth(shapes):
    lower = {"children": {"max_depth": 1}}
    answer = shapes.call("Trees/GetCategory", ["children.id"], id=1, relation_arguments=lower)
    assert answer == {"children": [{"id": 2, "children_has_more": True}, {"id": 3}]}
    higher = {"children": {"max_depth": 50}}
    assert shapes.call("Trees/GetCategory", ["children.id"], id=1, relation_arguments=higher) == shapes.call(
        "Trees/GetCategory", ["children.id"], id=1)


def test_arguments_hold_for_all_levels(shapes):
    arguments = {"children": {"filter": 'name != "leaf"', "order_by": "name desc"}}
    answer = shapes.call("Trees/GetCategory", ["children.name"], id=1, relation_arguments=arguments)
    assert answer == {"children": [{"name": "right"}, {"name": "left", "children": [{"name": "twig"}]}]}


@pytest.mark.parametrize("arguments, words", [
    ({"children.children": {"page_size": 1}}, "is a level of a list above it"),
    ({"children": {"max_depth": -1}}, "max_depth"),
])
def test_arguments_that_do_not_fit_a_tree(shapes, arguments, words):
    with pytest.raises(Failure, match=words) as failed:
        shapes.call("Trees/GetCategory", ["children.name"], id=1, relation_arguments=arguments)
    assert failed.value.code.name == "INVALID_ARGUMENT"
