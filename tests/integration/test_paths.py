"""Paths that come back to where they were, subsets of a relation, tables that refer to themselves or twice."""

import pytest

from support.client import Failure


def test_the_same_relation_met_twice_on_a_path(cases):
    answer, statements = cases.counted("Houses/ListHouses", ["address", "occupants.name", "occupants.houses.address"])
    first, second, third = {"address": "First Street"}, {"address": "Second Street"}, {"address": "Third Street"}
    assert answer["houses"] == [
        {**first, "occupants": [{"name": "Uma", "houses": [first]}, {"name": "Vic", "houses": [first, second]}]},
        {**second, "occupants": [{"name": "Vic", "houses": [first, second]}, {"name": "Wim", "houses": [second]}]},
        third,
    ]
    assert statements == 3


def test_the_second_meeting_keeps_its_own_fields(cases):
    answer = cases.call("Houses/ListHouses", ["id", "occupants.houses.occupants.name"], page_size=1)
    assert answer["houses"] == [{"id": 1, "occupants": [
        {"houses": [{"occupants": [{"name": "Uma"}, {"name": "Vic"}]}]},
        {"houses": [{"occupants": [{"name": "Uma"}, {"name": "Vic"}]}, {"occupants": [{"name": "Vic"}, {"name": "Wim"}]}]},
    ]}]


def test_two_subsets_of_one_relation_share_one_statement(cases):
    answer, statements = cases.counted("Houses/ListHouses", ["id", "large_rooms.name", "small_rooms.name"])
    assert answer["houses"] == [
        {"id": 1, "large_rooms": [{"name": "hall"}], "small_rooms": [{"name": "bath"}]},
        {"id": 2, "large_rooms": [{"name": "kitchen"}], "small_rooms": [{"name": "attic"}]},
        {"id": 3},
    ]
    assert statements == 2


def test_a_subset_beside_its_full_set_shares_one_statement(cases):
    answer, statements = cases.counted("Houses/ListHouses", ["id", "rooms.name", "large_rooms.area"])
    assert answer["houses"] == [
        {"id": 1, "rooms": [{"name": "hall"}, {"name": "bath"}], "large_rooms": [{"area": 30}]},
        {"id": 2, "rooms": [{"name": "attic"}, {"name": "kitchen"}], "large_rooms": [{"area": 14}]},
        {"id": 3},
    ]
    assert statements == 2


def test_a_parent_whose_filtered_children_are_none_stays(cases):
    answer = cases.call("Houses/ListPeople", ["name", "houses.small_rooms.name"])
    assert answer["people"] == [
        {"name": "Uma", "houses": [{"small_rooms": [{"name": "bath"}]}]},
        {"name": "Vic", "houses": [{"small_rooms": [{"name": "bath"}]}, {"small_rooms": [{"name": "attic"}]}]},
        {"name": "Wim", "houses": [{"small_rooms": [{"name": "attic"}]}]},
    ]
    answer = cases.call("Houses/ListHouses", ["address", "old_occupants.name"])
    assert answer["houses"] == [
        {"address": "First Street", "old_occupants": [{"name": "Uma"}]},
        {"address": "Second Street", "old_occupants": [{"name": "Wim"}]},
        {"address": "Third Street"},
    ]


def test_a_condition_on_the_junction_beside_the_full_set(cases):
    answer = cases.call("Houses/ListHouses", ["occupants.name", "old_occupants.name"], page_size=2)
    assert answer["houses"] == [
        {"occupants": [{"name": "Uma"}, {"name": "Vic"}], "old_occupants": [{"name": "Uma"}]},
        {"occupants": [{"name": "Vic"}, {"name": "Wim"}], "old_occupants": [{"name": "Wim"}]},
    ]


def test_a_table_that_refers_to_itself(cases):
    answer, statements = cases.counted("Houses/ListEmployees", ["name", "boss.name", "boss.boss.name"])
    assert answer["employees"] == [
        {"name": "Top"},
        {"name": "Mid", "boss": {"name": "Top"}},
        {"name": "Low", "boss": {"name": "Mid", "boss": {"name": "Top"}}},
        {"name": "Lone"},
        {"name": "Also", "boss": {"name": "Mid", "boss": {"name": "Top"}}},
    ]
    assert statements == 1


def test_a_table_that_refers_to_itself_backwards(cases):
    answer, statements = cases.counted("Houses/ListEmployees", ["name", "reports.name", "reports.reports.name"])
    low = [{"name": "Low"}, {"name": "Also"}]
    assert answer["employees"] == [
        {"name": "Top", "reports": [{"name": "Mid", "reports": low}]},
        {"name": "Mid", "reports": low},
        {"name": "Low"}, {"name": "Lone"}, {"name": "Also"},
    ]
    assert statements == 3


def test_two_foreign_keys_between_the_same_tables(cases):
    answer, statements = cases.counted("Houses/ListMatches", ["id", "home_team.name", "away_team.name"])
    assert answer["matches"] == [
        {"id": 1, "home_team": {"name": "Reds"}, "away_team": {"name": "Blues"}},
        {"id": 2, "home_team": {"name": "Blues"}, "away_team": {"name": "Reds"}},
        {"id": 3, "home_team": {"name": "Reds"}, "away_team": {"name": "Reds"}},
    ]
    assert statements == 1


def test_two_foreign_keys_between_the_same_tables_backwards(cases):
    answer, statements = cases.counted("Houses/ListTeams", ["name", "home_matches.id", "away_matches.id"])
    assert answer["teams"] == [
        {"name": "Reds", "home_matches": [{"id": 1}, {"id": 3}], "away_matches": [{"id": 2}, {"id": 3}]},
        {"name": "Blues", "home_matches": [{"id": 2}], "away_matches": [{"id": 1}]},
        {"name": "Greens"},
    ]
    assert statements == 3


def test_tables_that_refer_to_each_other(cases):
    answer, statements = cases.counted("Houses/ListHouses", ["main_room.name", "rooms.house.address"], page_size=1)
    assert answer["houses"] == [{"main_room": {"name": "hall"},
                                 "rooms": [{"house": {"address": "First Street"}}, {"house": {"address": "First Street"}}]}]
    assert statements == 2


def test_resources_of_another_package_nested_in_another_message(cases):
    answer, statements = cases.counted("Houses/ListHouses", ["id", "garages.name", "garages.cars.plate"])
    assert answer["houses"] == [
        {"id": 1, "garages": [{"name": "left", "cars": [{"plate": "ABC 1"}, {"plate": "DEF 2"}]}]}, {"id": 2}, {"id": 3}]
    assert statements == 3


@pytest.mark.parametrize("mask", [["occupants", "occupants.name"], ["occupants.name", "occupants"]])
def test_overlapping_paths_in_either_order(cases, mask):
    answer, statements = cases.counted("Houses/ListHouses", mask, page_size=1)
    assert answer["houses"] == [{"occupants": [{"id": 1, "name": "Uma"}, {"id": 2, "name": "Vic"}]}]
    assert statements == 2


@pytest.mark.parametrize("mask", [["rooms.name", "rooms.house.id"], ["rooms.house.id", "rooms.name"],
                                  ["rooms.name", "rooms.*.house.id", "rooms.name"]])
def test_sibling_paths_are_united(cases, mask):
    answer = cases.call("Houses/ListHouses", mask, page_size=1)
    assert answer["houses"] == [{"rooms": [{"name": "hall", "house": {"id": 1}}, {"name": "bath", "house": {"id": 1}}]}]


def test_json_names_are_accepted(cases):
    answer = cases.call("Houses/ListHouses", ["largeRooms.name"], page_size=1)
    assert answer["houses"] == [{"large_rooms": [{"name": "hall"}]}]


def test_a_star_holds_no_relations(cases):
    answer, statements = cases.counted("Houses/ListHouses", ["*"], page_size=1)
    assert answer["houses"] == [{"id": 1, "address": "First Street"}]
    assert statements == 1


@pytest.mark.parametrize("fields", [{}, {"mask": []}, {"mask": ["*"]}])
def test_no_mask_an_empty_mask_and_a_star_are_the_same(cases, fields):
    assert cases.call("Library/ListReaders", **fields) == {
        "readers": [{"id": 1, "name": "Rita"}, {"id": 2, "name": "Sam"}, {"id": 3, "name": "Tom"}]}


@pytest.mark.parametrize("path, segment", [
    ("adress", "adress"),
    ("rooms.nmae", "nmae"),
    ("occupants.houses.colour", "colour"),
    ("address.street", "street"),
    ("address.*", "*"),
    ("rooms.0", "0"),
])
def test_a_path_that_does_not_resolve_is_named(cases, path, segment):
    with pytest.raises(Failure) as failed:
        cases.call("Houses/ListHouses", ["id", path])
    error = failed.value
    assert (error.code.name, error.reason, error.domain) == ("INVALID_ARGUMENT", "INVALID_MASK", "rowan")
    assert [field for field, _ in error.violations] == ["read_mask.paths[1]"]
    assert segment in error.message and path in error.message


def test_the_nearest_field_is_offered(cases):
    with pytest.raises(Failure) as failed:
        cases.call("Houses/ListHouses", ["rooms.nmae"])
    assert "name" in failed.value.message.replace("nmae", "")
