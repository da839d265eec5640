"""Every type of a column: exactly its value, or an error that names the column; never another value."""

import pytest

from support.client import Failure

EVERYTHING = {
    "id": 1,
    "a_bool": True,
    "an_int2": -32768,
    "an_int4": -2147483648,
    "an_int8": 9223372036854775807,
    "a_float4": 1.5,
    "a_float8": 2.5e300,
    "a_numeric": "12345678901234567890.1200",
    "a_text": "text é",
    "a_varchar": "varchar",
    "a_char": "ab",
    "a_citext": "CiText",
    "a_name": "name",
    "a_bytea": b"\x00\xff\x10",
    "a_uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "a_timestamptz": {"seconds": 1772282096, "nanos": 789012000},
    "a_timestamp": {"seconds": -1, "nanos": 500000000},
    "a_date": {"year": 2026, "month": 2, "day": 28},
    "a_time": {"hours": 23, "minutes": 59, "seconds": 58, "nanos": 1000},
    "an_interval": {"seconds": 10799, "nanos": 500000000},
    "a_mood": "MOOD_DESPERATE",
    "an_hstore": {"k": "v", "empty": ""},
    "a_domain": "short",
    "a_score": 42,
    "an_inet": "10.1.2.3/8",
    "a_cidr": "10.0.0.0/8",
    "a_macaddr": "08:00:2b:01:02:03",
    "an_int4range": "[1,5)",
    "an_xml": "<a>b</a>",
    "a_bit": "101",
    "a_point": "(1,2)",
    "bools": [True, False],
    "ints": [1, -2, 3],
    "bigints": [9223372036854775807, 0],
    "floats": [0.5, -1],
    "texts": ["a", "b,c", "", "null-ish"],
    "numerics": ["1.0", "2.50"],
    "moods": ["MOOD_HAPPY", "MOOD_SO_SO"],
    "dates": [{"year": 2026, "month": 1, "day": 1}, {"year": 1999, "month": 12, "day": 31}],
    "stamps": [{"seconds": 1767225600}],
    "uuids": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "blobs": [b"\x01", b""],
}


@pytest.mark.parametrize("field", sorted(EVERYTHING))
def test_a_value_arrives_exactly(cases, field):
    assert cases.call("Types/GetEverything", [field], id=1) == {field: EVERYTHING[field]}


def test_all_values_at_once(cases):
    answer, statements = cases.counted("Types/GetEverything", id=1)
    for field, value in EVERYTHING.items():
        assert answer[field] == value, field
    assert statements == 1


def test_json_becomes_values(cases):
    client = cases.client
    method = "cases.v1.Types/GetEverything"
    answer = client.send(method, client.request(method, ["a_json", "a_jsonb"], id=1))
    values = answer.a_json.struct_value.fields["a"].list_value.values
    assert [value.WhichOneof("kind") for value in values] == ["number_value", "null_value", "bool_value"]
    assert dict(answer.a_jsonb) == {"b": {"c": "d"}, "n": 1.5} or (
        answer.a_jsonb["b"]["c"] == "d" and answer.a_jsonb["n"] == 1.5)


def test_types_without_a_codec_arrive_as_text(cases):
    answer = cases.call("Types/GetEverything", ["a_money", "a_tsvector"], id=1)
    assert answer["a_money"] in ("$12.34", "12.34")
    assert "fat" in answer["a_tsvector"]


def test_null_leaves_every_field_unset(cases):
    assert cases.call("Types/GetEverything", id=2) == {"id": 2}
    assert cases.call("Types/GetOtherwise", id=2) == {"id": 2}


def test_zeros_are_told_from_null_where_the_field_can(cases):
    assert cases.call("Types/GetEverything", ["a_bool", "an_int4", "a_text", "a_bytea", "bools", "an_hstore"], id=3) == {}
    mask = ["a_bool", "wrapped_bool", "wrapped_int4", "optional_int4", "a_text", "a_bytea", "a_varchar"]
    assert cases.call("Types/GetOtherwise", mask, id=3) == {
        "a_bool": False, "wrapped_bool": {}, "wrapped_int4": {}, "optional_int4": 0, "a_text": {}, "a_bytea": {}}


def test_the_same_columns_in_other_fields(cases):
    answer = cases.call("Types/GetOtherwise", id=1)
    intervals = answer.pop("an_interval")
    assert intervals == "PT2H59M59.5S"
    assert answer.pop("a_jsonb").replace(" ", "") == '{"b":{"c":"d"},"n":1.5}'
    assert answer == {
        "id": 1,
        "a_bool": True,
        "an_int2": -32768,
        "an_int4": -2147483648,
        "an_int8": 9223372036854775807,
        "a_float4": 1.5,
        "a_float8": {"value": 2.5e300},
        "a_numeric": {"value": "12345678901234567890.1200"},
        "a_text": {"value": "text é"},
        "a_varchar": "varchar",
        "a_bytea": {"value": b"\x00\xff\x10"},
        "a_timestamptz": "2026-02-28 12:34:56.789012+00",
        "a_timestamp": "1969-12-31 23:59:59.5",
        "a_date": "2026-02-28",
        "a_time": "23:59:58.000001",
        "a_json": '{"a": [1, null, true]}',
        "a_mood": "VERY sad",
        "wrapped_bool": {"value": True},
        "wrapped_int4": {"value": -2147483648},
        "wrapped_int8": {"value": 9223372036854775807},
        "wrapped_float4": {"value": 1.5},
        "optional_int4": -2147483648,
        "moods": ["happy", "so-so"],
        "ints": [1, -2, 3],
        "numerics": [{"value": "1.0"}, {"value": "2.50"}],
    }


@pytest.mark.parametrize("id, field", [(1, "big"), (2, "stamp"), (3, "long_ago"), (4, "holes"), (5, "matrix")])
def test_a_value_that_does_not_fit_is_an_error_where_it_is_asked_for(cases, id, field):
    with pytest.raises(Failure) as failed:
        cases.call("Types/GetUnfit", ["id", field], id=id)
    assert (failed.value.code.name, failed.value.reason) == ("FAILED_PRECONDITION", "VALUE_OUT_OF_RANGE")
    assert field in failed.value.message
    others = [name for name in ("big", "stamp", "long_ago", "holes", "matrix") if name != field]
    assert set(cases.call("Types/GetUnfit", others, id=id)) == set(others)
