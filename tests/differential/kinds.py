"""Kinds of columns: how their values are made, told apart, ordered, shown on the wire and written in a filter.

A value is held as Python reads it from psql's text.  `norm` maps it to what the database's equality and order see:
two values are equal for the database exactly when their norms are equal, and sort as their norms do.
"""

import base64
import datetime
import json
import math
from decimal import Decimal, getcontext

getcontext().prec = 200

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
TEXTS = ["", "a", "b", "B", "ab", "Ab", "abc", "a_c", "a%c", "a*c", "é", "Éa", "éa", "100%", "it's", '"q"', "\\", "null",
         "' OR 1=1 --", "x y", " z", "日本", "{a,b}", "long " * 60, "é" * 200]
CITEXTS = ["ann", "Ann", "ANN", "bob", "Bob", "cy", "Cy@x", "cy@X", "é", "É", "a_b", "A_B", "a%", ""]
LOOSE = ["ann", "Ann", "ANN", "bob", "BOB", "cy", "dora", "Dora", "eve", "zed", "Zed"]
PADDED = ["a", "ab", "abc", "A", "b", "b_", "x%", "ba"]
LABELS = ["so-so", "happy", "VERY sad", "calm"]
NUMBERS = ["0", "0.00", "7", "7.0", "7.00", "-1.5", "-1.50", "19", "19.000", "12345678901234567890.12", "0.001", "100",
           "1e2"]
UUIDS = [f"00000000-0000-4000-8000-{n:012x}" for n in range(8)] + ["ffffffff-ffff-4fff-bfff-ffffffffffff"]


STATES = ["open", "OPEN", "on hold", "On-Hold", "on_hold", "Done!", "", "wait/ing", "Wait_Ing"]
STATE_NAMES = {"": "STATE_UNSPECIFIED", "open": "STATE_OPEN", "on_hold": "STATE_ON_HOLD", "Done!": "STATE_DONE",
               "wait_ing": "STATE_WAIT_ING"}
STATE_LABELS = ("", "Done!")  # written out; the others are what texts fold to
GRADES = {"0": "GRADE_NONE", "1": "GRADE_A", "5": "GRADE_B", "-7": "GRADE_C"}


def wire_name(label):
    """The enum value that stands for a label."""
    return "MOOD_" + "".join(c if c.isalnum() else "_" for c in label).upper()


class Kind:
    """One kind; the subclasses say what differs.  `proto` lists the field types that take it, the usual one first."""

    proto = ("string",)
    orders = True      # < and > in filters
    sorts = True       # order_by
    wildcards = False  # * in filters
    textual = False    # lower() and search()
    bounded = True     # request fields that filter
    bytewise = True    # equal values have equal bytes
    aggregates = ()
    values = ()
    zero = None        # the enum value without a number of its own, which proto3 leaves out

    def __init__(self, name, sql, values=None):
        self.name, self.sql = name, sql
        self.values = values or self.values

    def make(self, rng):
        """A random value as SQL's text."""
        return rng.choice(self.values)

    def make_key(self, rng):
        """The same for a column whose values must differ."""
        return self.make(rng)

    def sample(self, rng):
        """A random value as it is read."""
        return self.read(self.make(rng))

    def other_text(self, rng, text):
        """Another text for an equal value."""
        return text

    def select(self, column):
        return f"({column})::text"

    def read(self, text):
        return text

    def norm(self, value):
        return value

    def same(self, value, other, proto):
        """Whether a value equals another one that was written for a field of this type."""
        return self.norm(value) == self.norm(other)

    def wire(self, value, proto):
        return value

    def has_literal(self, value):
        """Whether a filter can name the value."""
        return True

    def literal(self, rng, value, proto):
        return quote(rng, value)


def quote(rng, text):
    """A string of the filter language."""
    mark = rng.choice("\"'")
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark).replace("*", "\\*") + mark


class Integer(Kind):
    aggregates = ("sum", "min", "max")

    def __init__(self, name, sql, proto, far):
        super().__init__(name, sql)
        self.proto, self.far = proto, far

    def make(self, rng):
        if rng.random() < 0.1:
            return str(rng.choice([self.far, -self.far]))
        return str(rng.randint(-5, 60))

    def make_key(self, rng):
        return str(rng.randint(-5, 400)) if rng.random() < 0.6 else self.make(rng)

    def read(self, text):
        return int(text)

    def literal(self, rng, value, proto):
        return str(value)


class Text(Kind):
    wildcards = textual = True
    aggregates = ("min", "max")

    def norm(self, value):
        return value.encode()

    def fold(self, value):
        """What wildcards compare."""
        return value

    def lowered(self):
        """The kind of what lower() gives."""
        return KINDS["text"]


class Citext(Text):
    bytewise = False

    def other_text(self, rng, text):
        return rng.choice([text.upper(), text.lower(), text])

    def norm(self, value):
        return value.lower().encode()

    def fold(self, value):
        return value.lower()


class Loose(Text):
    """Text under a collation that ignores case; Postgres has no LIKE for it."""

    bytewise = wildcards = False

    def other_text(self, rng, text):
        return rng.choice([text.upper(), text.lower(), text.capitalize()])

    def norm(self, value):
        return value.lower().encode()

    def lowered(self):
        return self


class Padded(Text):
    bytewise = False

    def other_text(self, rng, text):
        return text + " " * rng.randint(0, 2)

    def read(self, text):
        return text.rstrip(" ")


class Numeric(Kind):
    proto = ("string", "google.type.Decimal")
    bytewise = False
    aggregates = ("sum", "min", "max")

    def other_text(self, rng, text):
        if "e" in text:
            return text
        return text + rng.choice(["", "0", "000"] if "." in text else ["", ".0", ".000"])

    def norm(self, value):
        return Decimal(value)

    def wire(self, value, proto):
        return {"value": value} if proto == "google.type.Decimal" else value

    def literal(self, rng, value, proto):
        return value if rng.random() < 0.5 else quote(rng, value)


class OddNumeric(Numeric):
    """With what is no number; google.type.Decimal refuses it."""

    proto = ("string",)
    aggregates = ("min", "max")

    def norm(self, value):
        return (1, Decimal(0)) if value == "NaN" else (0, Decimal(value))

    def has_literal(self, value):
        return Decimal(value).is_finite()


class Uuid(Kind):
    def make(self, rng):
        if rng.random() < 0.3:
            return rng.choice(UUIDS)
        return f"{rng.getrandbits(32):08x}-0000-4000-8000-{rng.getrandbits(48):012x}"

    def read(self, text):
        return text.lower()

    def other_text(self, rng, text):
        return rng.choice([text, text.upper()])

    def literal(self, rng, value, proto):
        return quote(rng, self.other_text(rng, value))


class Boolean(Kind):
    proto = ("bool",)
    orders = False
    values = ("true", "false")

    def read(self, text):
        return text in ("t", "true")

    def literal(self, rng, value, proto):
        return "true" if value else "false"


class Mood(Kind):
    proto = ("Mood", "string")
    orders = False

    def norm(self, value):
        return LABELS.index(value)

    def wire(self, value, proto):
        return wire_name(value) if proto.endswith("Mood") else value

    def literal(self, rng, value, proto):
        if not proto.endswith("Mood"):
            return quote(rng, value)
        return wire_name(value) if rng.random() < 0.7 else quote(rng, wire_name(value))


class State(Kind):
    """Texts that an enum names, some to the letter and some folded."""

    proto = ("State", "string")
    orders = False
    zero = "STATE_UNSPECIFIED"

    def norm(self, value):
        return value.encode()

    def same(self, value, other, proto):
        return self.wire(value, proto) == self.wire(other, proto)

    def wire(self, value, proto):
        if not proto.endswith("State"):
            return value
        folded = "".join(c if c.isalnum() else "_" for c in value.lower())
        return STATE_NAMES[value if value in STATE_LABELS else folded]

    def literal(self, rng, value, proto):
        return quote(rng, value) if not proto.endswith("State") or rng.random() < 0.2 else self.wire(value, proto)


class Grade(Kind):
    """Numbers that an enum names."""

    proto = ("Grade", "int32")
    orders = False
    aggregates = ("min", "max")
    zero = "GRADE_NONE"

    def read(self, text):
        return int(text)

    def wire(self, value, proto):
        return GRADES[str(value)] if proto == "Grade" else value

    def literal(self, rng, value, proto):
        return str(self.wire(value, proto)) if rng.random() < 0.7 else str(value)


class Bytes(Kind):
    proto = ("bytes",)
    values = ["\\x", "\\x00", "\\x00ff", "\\xff", "\\x616263", "\\x6162"]

    def read(self, text):
        return bytes.fromhex(text.removeprefix("\\x"))

    def select(self, column):
        return f"encode({column}, 'hex')"

    def literal(self, rng, value, proto):
        return f'"{base64.b64encode(value).decode()}"'


class Span(Kind):
    """Intervals of a fixed length."""

    proto = ("google.protobuf.Duration",)
    aggregates = ("min", "max")

    def make(self, rng):
        return f"{rng.choice([0, 1, 1500000, -1500000, 60000000, -1, 86400000000, 3600000000])} microseconds"

    def select(self, column):
        return f"(extract(epoch FROM {column}) * 1000000)::int8::text"

    def read(self, text):
        return int(text.removesuffix(" microseconds"))

    def wire(self, value, proto):
        sign = -1 if value < 0 else 1
        parts = {"seconds": sign * (abs(value) // 1000000), "nanos": sign * (abs(value) % 1000000 * 1000)}
        return {name: part for name, part in parts.items() if part}

    def literal(self, rng, value, proto):
        return f'"{"-" * (value < 0)}{abs(value) // 1000000}.{abs(value) % 1000000:06}s"'


class Stamp(Kind):
    proto = ("google.protobuf.Timestamp",)
    aggregates = ("min", "max")

    def make(self, rng):
        if rng.random() < 0.1:
            return rng.choice(["1969-12-31 23:59:59.5+00", "0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"])
        return f"2026-01-0{rng.randint(1, 4)} 0{rng.randint(0, 3)}:00:00.{rng.choice(['0', '000001', '5'])}+00"

    def select(self, column):
        return f"(extract(epoch FROM {column}) * 1000000)::int8::text"

    def sample(self, rng):
        text = self.make(rng)
        moment = datetime.datetime.fromisoformat(text[:19] + "+00:00")
        fraction = text[20:-3] if "." in text else ""
        return (moment - EPOCH) // datetime.timedelta(microseconds=1) + int(fraction.ljust(6, "0"))

    def read(self, text):
        return int(text)

    def wire(self, value, proto):
        parts = {"seconds": value // 1000000, "nanos": value % 1000000 * 1000}
        return {name: part for name, part in parts.items() if part}

    def literal(self, rng, value, proto):
        moment = EPOCH + datetime.timedelta(microseconds=value)
        zone = rng.choice(["Z", "+01:30"]) if 1000 < moment.year < 9000 else "Z"
        if zone != "Z":
            moment += datetime.timedelta(hours=1, minutes=30)
        return f'"{moment.year:04}-{moment:%m-%dT%H:%M:%S}.{moment.microsecond:06}{zone}"'


class Date(Kind):
    values = ["2024-02-29", "1999-12-31", "2026-01-01", "2026-01-02"]
    aggregates = ("min", "max")

    def literal(self, rng, value, proto):
        return rng.choice([f'"{value}"', value])


class Float(Kind):
    proto = ("double",)
    values = ["0", "-0", "0.5", "-1.25", "2.5e300", "3", "0.1", "NaN", "Infinity", "-Infinity"]

    def read(self, text):
        return float(text)

    def norm(self, value):
        return (1, 0.0) if math.isnan(value) else (0, value)

    def has_literal(self, value):
        return math.isfinite(value)

    def wire(self, value, proto):
        return NotANumber() if math.isnan(value) else value

    def literal(self, rng, value, proto):
        return repr(value)


class NotANumber(float):
    """Equal to what is no number either, so that trees compare."""

    def __new__(cls):
        return super().__new__(cls, "nan")

    def __eq__(self, other):
        return other != other

    def __ne__(self, other):
        return not self == other

    __hash__ = None


class Array(Kind):
    """A list of another kind's values."""

    orders = sorts = bounded = False

    def __init__(self, name, element):
        super().__init__(name, element.sql + "[]")
        self.element = element
        self.proto = tuple("repeated " + kind for kind in element.proto)

    def make(self, rng):
        items = [self.element.make(rng) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
        return "{" + ",".join('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items) + "}"

    def select(self, column):
        return f"to_json({column})::text"

    def read(self, text):
        return [self.element.read(item) if isinstance(item, str) else item for item in json.loads(text)]

    def wire(self, value, proto):
        return [self.element.wire(item, proto) for item in value]


class Range(Kind):
    """Ranges of integers as (from, to), the latter not included, None for no bound; () is the empty one."""

    orders = sorts = False
    bounded = False  # no request field filters by it

    def make(self, rng):
        if rng.random() < 0.1:
            return "empty"
        low = rng.randint(-3, 9)
        return self.text(rng, tuple(None if rng.random() < 0.15 else bound for bound in (low, low + rng.randint(0, 5))))

    def text(self, rng, value):
        """Any of the texts that mean the range."""
        if value == ():
            return "empty"
        low, high = value
        opening = "(" if low is None else rng.choice(["[", "("])
        closing = ")" if high is None else rng.choice(["]", ")"])
        low = "" if low is None else low - (opening == "(")
        high = "" if high is None else high - (closing == "]")
        if "" not in (low, high) and low > high:  # an empty one in disguise
            return "empty"
        return f"{opening}{low},{high}{closing}"

    def read(self, text):
        if text == "empty":
            return ()
        low, high = text[1:-1].split(",")
        low = None if low == "" else int(low) + (text[0] == "(")
        high = None if high == "" else int(high) + (text[-1] == "]")
        return () if None not in (low, high) and low >= high else (low, high)

    def wire(self, value, proto):
        if value == ():
            return "empty"
        low, high = ("" if bound is None else bound for bound in value)
        return f"{'(' if low == '' else '['}{low},{high})"

    def literal(self, rng, value, proto):
        return str(value) if isinstance(value, int) else quote(rng, self.text(rng, value))

    def contains(self, value, other):
        if isinstance(other, int):
            other = (other, other + 1)
        if other == ():
            return True
        return value != () and at_most(value[0], other[0], -math.inf) and at_most(other[1], value[1], math.inf)

    def overlaps(self, value, other):
        if () in (value, other):
            return False
        return max(of(value[0], -math.inf), of(other[0], -math.inf)) < min(of(value[1], math.inf), of(other[1], math.inf))


def of(bound, otherwise):
    return otherwise if bound is None else bound


def at_most(a, b, otherwise):
    return of(a, otherwise) <= of(b, otherwise)


class Document(Kind):
    """json, as (its text, what it says)."""

    orders = sorts = bounded = False
    values = [json.dumps(value) for value in (
        {"a": "x", "n": 1, "tags": ["x", "y"]}, {"a": "X", "n": 2.50, "tags": []}, {"a": None, "n": "1", "on": True},
        {"a": {"a": "x", "n": -3}, "on": False}, {"a": [{"a": "x"}, {"a": "y", "n": 1}], "tags": "x"},
        {"tags": [["x"], "z"]},
        {"x y": "a*c", "a": "", "n": 0}, {"it's \"\\": 1, "a": "xy"}, [{"a": "x"}], "x", None, 7, {})]

    def read(self, text):
        return text, json.loads(text, parse_float=Decimal, parse_int=Decimal)

    def wire(self, value, proto):
        return value[0]


def inside(value, keys):
    """What keys lead to, object by object; None where they do not."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def items_inside(value, keys):
    """The same where lists on the way and at the end stand for their items."""
    found = [value]
    for key in keys:
        objects = [item for value in found for item in (value if isinstance(value, list) else [value])]
        found = [item[key] for item in objects if isinstance(item, dict) and key in item]
    for _ in range(2):
        found = [item for value in found for item in (value if isinstance(value, list) else [value])]
    return found


_scalars = [
    Integer("int2", "int2", ("int32", "int64"), 32767),
    Integer("int4", "int4", ("int32", "int64", "sint64"), 2147483647),
    Integer("int8", "int8", ("int64", "sint64"), 9223372036854775807),
    Text("text", "text", TEXTS),
    Citext("citext", "citext", CITEXTS),
    Loose("loose", "text COLLATE loose", LOOSE),
    Padded("padded", "char(6)", PADDED),
    Numeric("numeric", "numeric", NUMBERS),
    OddNumeric("odd numeric", "numeric", [*NUMBERS, "NaN", "Infinity", "-Infinity"]),
    Uuid("uuid", "uuid"),
    Boolean("bool", "bool"),
    Mood("mood", "mood", LABELS),
    Stamp("stamp", "timestamptz"),
    Date("date", "date"),
    Float("float8", "float8"),
    Range("int4range", "int4range"),
    State("state", "text", STATES),
    Grade("grade", "int2", list(GRADES)),
    Bytes("bytes", "bytea"),
    Span("span", "interval"),
    Document("jsonb", "jsonb"),
]
KINDS = {kind.name: kind for kind in _scalars}
for _element in ("text", "int4", "mood", "state"):
    KINDS[_element + "[]"] = Array(_element + "[]", KINDS[_element])

# Widths and scales under which a column may refer to a key of a kind, beside the key's own.
REFERRING_SQL = {
    "int8": ["int8", "int4"],
    "int4": ["int4", "int8", "int2"],
    "int2": ["int2", "int4"],
    "numeric": ["numeric", "numeric(30,5)"],
    "padded": ["char(6)", "char(9)"],
}
