"""The ends of every type: the value as it is, or an error that names the column; never another value."""

import math

import pytest

from support.client import Failure

VALUES = [
    (1, "f8", -math.inf),
    (1, "n", "NaN"),
    (1, "i8", -9223372036854775808),
    (1, "ts", {"seconds": -62135596800}),
    (1, "tsn", {"seconds": 253402300799, "nanos": 999999000}),
    (2, "f4", 3.4028234663852886e38),
    (2, "f8", 5e-324),
    (2, "n", "0.000"),
    (2, "i8", 9223372036854775807),
    (3, "f8", 1.7976931348623157e308),
    (3, "n", "Infinity"),
    (3, "i8", 0),
    (11, "iv", {"seconds": -1, "nanos": -1000}),
    (11, "j", {"null_value": "NULL_VALUE"}),
    (11, "jb", {"struct_value": {}}),
    (11, "e", "LABEL__A_B_"),
    (11, "b", b""),
    (11, "ev", 0),
    (12, "e", "LABEL_1ST"),
    (12, "b", b"\x00"),
    (12, "ev", -2),
    (13, "e", "LABEL_UPPER_CASE"),
    (14, "iv", {}),
    (14, "j", {"string_value": "\x00"}),
    (14, "e", "LABEL_SUMMER"),
    (14, "evs", [7, 8]),
    (15, "j", {"string_value": "\U0001f600"}),
    (15, "jb", {"number_value": 1.1}),
    (15, "e", "LABEL_A_B_C"),
    (16, "e", "LABEL_EMPTY"),
    (21, "es", ["LABEL_PLAIN", "LABEL_EMPTY", "LABEL_A_B_C"]),
    (21, "cs", ["a", ""]),
    (21, "rs", ["empty", "[1,2)"]),
    (22, "ts_list", [{"seconds": 1767225600}]),
]


@pytest.mark.parametrize("id, field, value", VALUES)
def test_a_value_at_the_end_of_its_type(shapes, id, field, value):
    assert shapes.call("Edges/GetEdge", [field], id=id) == {field: value}


def test_what_equals_nothing_and_what_equals_too_much(shapes):
    answer = shapes.call("Edges/GetEdge", ["f4"], id=1)
    assert math.isnan(answer["f4"])
    answer = shapes.call("Edges/GetEdge", ["f4"], id=3)
    assert math.copysign(1, answer["f4"]) == -1


@pytest.mark.parametrize("id, field, words", [
    (2, "ts", "outside the years 1 to 9999"),
    (2, "tsn", "outside the years 1 to 9999"),
    (3, "ts", "infinite"),
    (3, "tsn", "infinite"),
    (12, "iv", "days or months"),
    (13, "iv", "days or months"),
    (13, "j", "beyond the doubles"),
    (13, "jb", "no double equals"),
    (14, "jb", "no double equals"),
    (12, "evs", "2 dimensions"),
    (13, "evs", "NULL element"),
    (21, "ts_list", "infinite"),
    (21, "grid", "2 dimensions"),
    (22, "es", "NULL element"),
    (22, "rs", "NULL element"),
])
def test_what_its_field_cannot_hold_is_refused(shapes, id, field, words):
    with pytest.raises(Failure, match=words) as failed:
        shapes.call("Edges/GetEdge", [field], id=id)
    assert (failed.value.code.name, failed.value.reason) == ("FAILED_PRECONDITION", "VALUE_OUT_OF_RANGE")
    assert f"Edge.{field} (column edges.{field})" in failed.value.message


@pytest.mark.parametrize("id, expected", [
    (1, {"n": "NaN", "ts": "0001-01-01 00:00:00+00", "tsn": "9999-12-31 23:59:59.999999", "d": "0001-01-01", "t": "24:00:00"}),
    (2, {"n": "0.000", "ts": "10000-01-01 00:00:00+00", "tsn": "0001-12-31 23:59:59 BC", "d": "infinity", "t": "00:00:00"}),
    (3, {"n": "Infinity", "ts": "-infinity", "tsn": "infinity", "d": "4713-01-01 BC", "t": "23:59:59.999999"}),
    (11, {"tz": "24:00:00+15:59", "r": "empty", "mr": "{}", "j": "null", "jb": "{}", "e": " a b ", "c": "", "ch": "", "nm": "",
          "bt": "000", "o": "4294967295", "tq": "", "p": "(,)"}),
    (12, {"tz": "00:00:00-15:59", "r": "(,)", "mr": "{[1,2),[5,)}", "j": ' {"a":1,  "a":2} ', "jb": '[1, {"deep": [[]]}]',
          "e": "1st", "c": " a", "ch": "x", "nm": "n", "bt": "101", "o": "0", "tq": "'fat' & !'rat'", "p": '(1,"a,b")'}),
    (13, {"r": "[-2147483648,2147483647)", "j": "1e400", "jb": "12345678901234567890", "e": "UPPER-case", "c": "abcd"}),
    (14, {"j": '"\\u0000"', "jb": "9007199254740993", "e": "été"}),
    (15, {"j": '"\\ud83d\\ude00"', "jb": "1.10", "e": 'a"b\\c'}),
    (16, {"e": ""}),
    (21, {"es": ["plain", "", 'a"b\\c'], "js": ["null", '{"a": []}'], "ts_list": ["infinity"]}),
])
def test_text_holds_them_all(shapes, id, expected):
    fields = "n ts tsn d t tz r mr j jb e c ch nm bt o tq p es js ts_list".split()
    assert shapes.call("Edges/GetEdgeText", fields, id=id) == expected
