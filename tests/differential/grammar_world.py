"""A small world for the grammar's test: rows with everything that a filter may stumble over, NULLs above all; and short
ways to write what a filter means."""

import datetime
from decimal import Decimal

from kinds import EPOCH, KINDS
from model import (All, Any, AnyOf, Column, Compare, Contains, Exists, Field, ForeignKey, Has, Inside, InRange, Link,
                   Lowered, Matches, Not, Overlaps, Relation, Resource, Search, Table, World)

COLUMNS = [("id", "int8", "int64", ""), ("name", "text", "string", "optional"), ("email", "citext", "string", "optional"),
           ("mood", "mood", "Mood", "optional"), ("born", "stamp", "google.protobuf.Timestamp", ""),
           ("price", "numeric", "string", "optional"), ("score", "float8", "double", "optional"),
           ("age", "int2", "int32", "optional"), ("tags", "text[]", "repeated string", ""),
           ("nums", "int4[]", "repeated int32", ""), ("moods", "mood[]", "repeated Mood", ""),
           ("flag", "bool", "bool", "optional"), ("uid", "uuid", "string", "optional"),
           ("day", "date", "string", "optional"), ("team_id", "int8", "int64", "optional"),
           ("boss_id", "int8", "int64", "optional"), ("floors", "int4range", "string", "optional"),
           ("doc", "jsonb", "string", "optional")]
UUID = "00000000-0000-4000-8000-00000000000"
PEOPLE = [
    (1, "Ann", "Ann@X.org", "happy", "2026-01-01 00:00:00+00", "7.00", "0.5", 30, "{a,b}", "{1,2}", "{happy,calm}", "t",
     UUID + "a", "2026-01-01", 1, None, "[1,5)",
     '{"name": "Ann", "n": 3, "on": true, "tags": ["x", "y"], "a": {"b": {"c": 1}}}'),
    (2, "ann", "bob@x.org", "calm", "2026-01-01 12:30:00.5+00", "-1.50", "-1.25", -5, "{}", "{}", "{}", "f", UUID + "b",
     "1999-12-31", 2, 1, "empty", '{"name": "ann", "n": "3", "on": null, "tags": "x", "a": {"b": [1, 2]}}'),
    (3, *[None] * 17),
    (4, "it's", None, "so-so", "1969-12-31 23:59:59.5+00", "7", "3", 0, "{it's,\"\"}", "{-1}", "{so-so}", None, None, None,
     3, 1, "(,3)", '{"name": ["Ann"], "n": 3.50, "on": false, "tags": [], "a": [{"b": 1}], "x y": "a*c"}'),
    (5, 'say "hi"', "a_b", None, None, "0.00", "0", None, "{b}", None, None, "t", None, "2026-01-02", None,
     2, "[5,]", '[{"name": "Ann"}]'),
    (6, "100%", "%", "VERY sad", None, None, None, 7, None, "{0}", "{\"VERY sad\"}", "f", None, None, 1, 3, "(,)", '"Ann"'),
    (7, "a*c", "A_B", None, None, "12345678901234567890.12", "2.5e300", 32767, "{a*c}", None, None, None,
     None, None, 2, 5, "[-3,0]", "null"),
    (8, "a_c", None, None, None, None, None, 1, "{100%}", None, None, None, None, None, None, 8, "[7,8)",
     '{"name": "", "n": -1000, "tags": [["x"]], "it\'s \\"": "quoted"}'),
    (9, "abc", "", None, None, None, None, 2, None, None, None, None, None, None, None, None, None, None),
    (10, "back\\slash", None, None, None, None, None, 3, None, None, None, None, None, None, None, None, None, None),
    (11, "É日本", "é", None, None, None, None, None, "{É日本}", None, None, None, None, None, 2, None, None, None),
    (12, "", None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None),
    (13, "AND", None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None),
    (14, "-5", None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None),
    (15, "null", None, None, None, None, None, None, None, None, None, None, None, None, None, None, None, None),
    (16, "line\nbreak\ttab", None, None, None, None, None, None, None, None, None, None, None, None, None,
     None, None, None),
    (17, "com.example.mail", "x@y.com", None, None, None, None, None, None, None, None, None, None, None,
     None, None, None, None),
]
TEAMS = [(1, "Red", "t", 1), (2, "Blue *", None, 3), (3, None, "f", None)]
PROJECTS = [(1, "Apollo", 5), (2, "it's", None), (3, None, 9)]
MEMBERS = [(1, 1, 1), (1, 1, 2), (2, None, 1), (4, 5, 3), (5, 2, 2), (7, None, 3)]


def rows(names, values):
    return [{name: None if value is None else str(value) for name, value in zip(names, row, strict=True)} for row in values]


def table(name, columns, values, primary=("id",)):
    made = [Column(column, kind, KINDS[kind].sql, not_null=column in primary) for column, kind in columns]
    return Table("public", name, made, list(primary), rows=rows([column for column, _ in columns], values))


def columns_of(pairs):
    return [Field(name, "column", proto, presence, name) for name, _, proto, presence in pairs]


def to_one(name, column, target):
    link = Link([column], target, ["id"])
    return Field(name, "relation", relation=Relation(link, False, f'columns: "{column}" references: "id"'))


def to_many(name, target, column, **options):
    link = Link(["id"], target, [column])
    return Field(name, "relation", relation=Relation(link, True, f'columns: "id" references: "{column}"', **options))


def through(name, source, target, its):
    link = Link(["id"], target, ["id"], "members", [source], [its])
    annotation = f'through: {{table: "members" source_columns: "{source}" target_columns: "{its}"}}'
    return Field(name, "relation", relation=Relation(link, True, annotation))


def grammar_world():
    tables = {
        "people": table("people", [pair[:2] for pair in COLUMNS], PEOPLE),
        "teams": table("teams", [("id", "int8"), ("name", "text"), ("open", "bool"), ("lead_id", "int8")], TEAMS),
        "projects": table("projects", [("id", "int8"), ("title", "text"), ("size", "int4")], PROJECTS),
        "members": table("members", [("person_id", "int8"), ("rank", "int4"), ("project_id", "int8")], MEMBERS, ()),
    }
    tables["people"].foreign_keys = [ForeignKey("boss", ["boss_id"], "people", ["id"]),
                                     ForeignKey("team", ["team_id"], "teams", ["id"])]
    person = Resource("Person", "people", columns_of(COLUMNS), ["id"])
    team = Resource("Team", "teams", columns_of([("id", "int8", "int64", ""), ("name", "text", "string", "optional"),
                                                 ("open", "bool", "bool", "optional")]), ["id"])
    project = Resource("Project", "projects", columns_of([("id", "int8", "int64", ""),
                                                          ("title", "text", "string", "optional"),
                                                          ("size", "int4", "int32", "optional")]), ["id"])
    team.fields += [to_one("lead", "lead_id", "Person"), to_many("people", "Person", "team_id")]
    project.fields.append(through("members", "project_id", "Person", "person_id"))
    person.fields += [to_one("team", "team_id", "Team"), to_one("boss", "boss_id", "Person"),
                      to_many("reports", "Person", "boss_id"), through("projects", "person_id", "Project", "project_id"),
                      to_many("happy_reports", "Person", "boss_id", filter=Compare(("mood",), "=", "happy", "mood")),
                      Field("team_name", "source", "string", "optional", path="team.name"),
                      Field("report_count", "aggregate", "int64", path="reports", function="count"),
                      Field("has_reports", "aggregate", "bool", path="reports", function="exists"),
                      Field("best_age", "aggregate", "int32", "optional", path="reports.age", function="max")]
    return World(0, tables, {"Person": person, "Team": team, "Project": project})


WORLD = grammar_world()


def kind_at(path, start="Person"):
    return WORLD.kind_of(*WORLD.at(WORLD.resources[start], path)).name


def steps(path):
    return tuple(path.split("."))


# What filters mean.  Paths are Person's, but for `kind`, which bodies of exists() give.

def c(path, op, value, kind=None):
    return Compare(steps(path), op, value, kind or kind_at(steps(path)))


def one_of(path, *values, op="=", kind=None):
    return AnyOf(steps(path), list(values), kind or kind_at(steps(path)), op=op)


def like(path, *parts, op="=", kind=None):
    return Matches(steps(path), list(parts), kind or kind_at(steps(path)), op)


def lower(inner):
    return Lowered(inner)


def search(path, *words):
    return Search(steps(path), list(words))


def within(path, keys, op, value=None, **how):
    value = value if isinstance(value, (str, bool, type(None))) else Decimal(value)
    return Inside(steps(path), steps(keys), op, value, **how)


def inside(path, value):
    return InRange(steps(path), value, kind_at(steps(path)))


def meets(path, *values):
    kind = kind_at(steps(path))
    return Overlaps(steps(path), list(values) if kind.endswith("[]") else values, kind.removesuffix("[]"))


def has(path):
    return Has(steps(path))


def holds(path, value):
    return Contains(steps(path), value, kind_at(steps(path)).removesuffix("[]"))


def exists(path, body=None):
    return Exists(steps(path), body)


def both(*children):
    return All(list(children))


def either(*children):
    return Any(list(children))


def no(child):
    return Not(child)


def at(text):
    """A moment as the evaluator holds it."""
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(microseconds=1)
