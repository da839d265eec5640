"""The naive evaluator: whole tables in, the expected answer out.

It knows no SQL, no plan and no statement: a relation is a loop over all rows of the other table, a condition is Python.
What it holds to is CONTRACT sections 3 to 6.
"""

import collections
import functools
import math
import re
from dataclasses import dataclass
from decimal import Decimal

from kinds import KINDS, inside, items_inside
from masks import OF_LISTS, selection_of
from model import All, Any, AnyOf, Compare, Contains, Has, Inside, InRange, Lowered, Matches, Not, Overlaps, Search


class TooLarge(Exception):
    """The answer would have more messages than a case may cost."""


class EqualTo:
    """Any of several values that are one to the database: which bytes `min` gives is not promised."""

    def __init__(self, values):
        self.values = values

    def __eq__(self, other):
        return other in self.values

    def __repr__(self):
        return f"any of {self.values}"


class SomeToken:
    """Any token that is there: it names the row whose list goes on, and after how many."""

    def __init__(self, resource, row, field, selection, shown):
        self.resource, self.row, self.field, self.selection, self.shown = resource, row, field, selection, shown

    def __eq__(self, other):
        return isinstance(other, str) and other != ""

    def __repr__(self):
        return "some token"


@dataclass
class Level:
    """Where a relation that recurs stands."""
    name: str
    selection: object
    left: int     # levels below this one
    trail: list   # the rows that led here, each by the relation


class Row:
    """A table's row.  Rows of equal values are still different rows."""

    def __init__(self, values):
        self.values = values


def load(database, world):
    """{table: [Row]} read through psql."""
    script = ["SET timezone = 'UTC';", "SET datestyle = 'ISO';"]
    for name, table in world.tables.items():
        columns = ", ".join(KINDS[c.kind].select(identifier(c.name)) for c in table.columns)
        script.append(f"\\echo table {name}\nCOPY (SELECT {columns} FROM {table_identifier(table)}) TO STDOUT;")
    data, current = {}, None
    for line in database.psql(input="\n".join(script) + "\n").split("\n")[:-1]:
        if line.startswith("table "):
            current = line[len("table "):]
            data[current] = []
        else:
            table = world.tables[current]
            cells = zip(table.columns, line.split("\t"), strict=True)
            data[current].append(Row({c.name: None if text == "\\N" else KINDS[c.kind].read(unescape(text))
                                      for c, text in cells}))
    return data


def unescape(text):
    """COPY's escapes."""
    out, characters = [], iter(text)
    for c in characters:
        if c == "\\":
            c = next(characters)
            c = {"n": "\n", "t": "\t", "r": "\r"}.get(c, c)
        out.append(c)
    return "".join(out)


def identifier(name):
    return '"' + name.replace('"', '""') + '"'


def table_identifier(table):
    return f"{identifier(table.schema)}.{identifier(table.name)}"


class Evaluator:
    def __init__(self, world, data, most_messages=4000):
        self.world, self.data, self.most_messages = world, data, most_messages
        self.messages, self.seen = 0, collections.Counter()
        self.visible = functools.lru_cache(maxsize=None)(self._visible)
        self._related, self._reached = {}, {}

    # ---- rows ----

    def resource(self, name):
        return self.world.resources[name]

    def kind(self, table, column):
        return KINDS[self.world.tables[table].column(column).kind]

    def cell(self, table, row, column):
        """A column's value as the database compares it; None for NULL."""
        value = row.values[column]
        return None if value is None else self.kind(table, column).norm(value)

    def cells(self, table, row, columns):
        return tuple(self.cell(table, row, column) for column in columns)

    def _visible(self, name):
        resource = self.resource(name)
        return [row for row in self.undeleted_or_not(name)
                if resource.deleted is None or not self.holds(resource.deleted, resource, row)]

    def undeleted_or_not(self, name):
        """What a key finds, and a list that is asked to show it."""
        resource = self.resource(name)
        return [row for row in self.data[resource.table] if self.holds(resource.filter, resource, row)]

    def related(self, resource, row, field):
        """The rows that a relation leads to, in its order, without a limit."""
        if field.role == "embed":
            return [row]
        place = (resource.name, field.name, id(row))
        if place not in self._related:
            relation, target = field.relation, self.world.target(field)
            found = self.reached(resource, row, field)
            self._related[place] = self.sorted(found, target, relation.order or target.order) if relation.many else found
        return self._related[place]

    def reached(self, resource, row, field):
        """The same in any order: an order may ask what else the rows lead to."""
        place = (resource.name, field.name, id(row))
        if place not in self._reached:
            self._reached[place] = self._follow(resource, row, field.relation)
        return self._reached[place]

    def _follow(self, resource, row, relation):
        link, target = relation.link, self.resource(relation.link.target)
        key = self.cells(resource.table, row, link.columns)
        if None in key or relation.variant and not self._is_variant(resource, row, *relation.variant):
            return []
        return [other for other in self.visible(target.name) if self._leads_to(link, key, target, other, relation)]

    def _is_variant(self, resource, row, path, value):
        """Whether the discriminator, of the row or behind a to-one, stands for the member."""
        *steps, column = path.split(".")
        for step in steps:
            rows = self.reached(resource, row, resource.field(step))
            if not rows:
                return False
            resource, row = self.world.target(resource.field(step)), rows[0]
        return str(row.values[column]) == value

    def _leads_to(self, link, key, target, other, relation):
        reference = self.cells(target.table, other, link.references)
        if not link.through:
            return reference == key and self.holds(relation.filter, target, other)
        return any(self.cells(link.through, joint, link.source_columns) == key
                   and self.cells(link.through, joint, link.target_columns) == reference
                   and self.holds(relation.through_filter, None, joint, link.through)
                   and self.holds(relation.filter, target, other, link.through, joint)
                   for joint in self.data[link.through])

    # ---- values ----

    def value(self, resource, row, field):
        """(kind, value) of a scalar field; value None where it is unset."""
        if field.role == "column":
            return self.kind(resource.table, field.column), row.values[field.column]
        if field.role == "source":
            return self._at_end(resource, row, field.path.split("."))
        if field.role == "function":
            value = row.values[field.column]
            return self.world.kind_of(resource, field), value if field.path == "copy" else value is not None
        assert field.role == "aggregate"
        return self._aggregate(resource, row, field)

    def _at_end(self, resource, row, path):
        for step in path[:-1]:
            relation = resource.field(step)
            rows = self.related(resource, row, relation) if row is not None else []
            resource, row = self.world.target(relation), rows[0] if rows else None
        field = resource.field(path[-1])
        if row is None:
            return self.world.kind_of(resource, field), None
        return self.value(resource, row, field)

    def _aggregate(self, resource, row, field):
        kind = self.world.kind_of(resource, field)
        relation, _, name = field.path.partition(".")
        target = self.world.target(resource.field(relation))
        rows = [other for other in self.reached(resource, row, resource.field(relation))
                if self.holds(field.filter, target, other)]
        if field.function == "count":
            return kind, len(rows)
        if field.function == "exists":
            return kind, bool(rows)
        values = [self.value(target, other, target.field(name))[1] for other in rows]
        values = [value for value in values if value is not None]
        if not values:
            return kind, None
        if field.function == "sum":
            return kind, sum(values) if kind.name == "int8" else format(sum(map(Decimal, values)), "f")
        return kind, (min if field.function == "min" else max)(values, key=kind.norm)

    # ---- conditions ----

    def holds(self, condition, resource, row, through=None, joint=None):
        """Two-valued: a comparison with what is unset is false.  `joint` is the junction's row; for a condition on the
        junction itself there is no resource, and `row` is of the table `through`."""
        def inner(child):
            return self.holds(child, resource, row, through, joint)

        if condition is None:
            return True
        if isinstance(condition, All):
            return all(map(inner, condition.children))
        if isinstance(condition, Any):
            return any(map(inner, condition.children))
        if isinstance(condition, Not):
            return not inner(condition.child)
        if condition.path[0] in ("column", "through"):
            table = through if condition.path[0] == "through" or resource is None else resource.table
            cells = [(self.kind(table, condition.path[1]),
                      (joint if condition.path[0] == "through" else row).values[condition.path[1]])]
            return self._met_by(condition, cells)
        ends = self._ends(resource, row, condition.path[:-1])
        if self.world.at(resource, condition.path)[1].role == "relation":
            body = getattr(condition, "body", None)
            reached = self._ends(resource, row, condition.path)
            return any(self.holds(body, there, other) for there, other in reached)
        return self._met_by(condition, [self.value(there, other, there.field(condition.path[-1])) for there, other in ends])

    def _ends(self, resource, row, path):
        """[(resource, row)] where the relations of a path lead."""
        reached = [(resource, row)]
        for step in path:
            reached = [(self.world.target(there.field(step)), other)
                       for there, from_row in reached for other in self.related(there, from_row, there.field(step))]
        return reached

    def _met_by(self, condition, cells):
        if isinstance(condition, Lowered):
            return self._met_by(condition.inner, [(kind.lowered(), None if value is None else value.lower())
                                                  for kind, value in cells])
        met = any(value is not None and _meets(condition, kind, value) for kind, value in cells)
        return not met if getattr(condition, "op", "") == "!=" else met

    # ---- order ----

    def sorted(self, rows, resource, order):
        """By the terms, then by the key in the direction of the last one; NULLs last ascending, first descending."""
        table = self.world.tables[resource.table]
        down = bool(order) and order[-1][1]
        terms = [(functools.partial(self._term, resource, path), descending) for path, descending in order]
        terms += [(functools.partial(self._key_term, resource, name), down) for name in resource.key]
        assert all(name in [c.name for c in table.columns] for name in resource.key)
        rows = list(rows)
        for term, descending in reversed(terms):
            rows.sort(key=term, reverse=descending)  # keeps the order of equals, reversed or not
        return rows

    def _term(self, resource, path, row):
        kind, value = self._at_end(resource, row, path.split("."))
        return _null_last(None if value is None else kind.norm(value))

    def _key_term(self, resource, column, row):
        return _null_last(self.cell(resource.table, row, column))

    # ---- messages ----

    def message(self, resource, row, selection, level=None):
        """What the row's message holds, as plain() shows it.  `level` is where a relation that recurs stands."""
        self.messages += 1
        if self.messages > self.most_messages:
            raise TooLarge
        out = {}
        for name, below in self._items(resource, selection, level):
            value = self._field(resource, row, resource.field(name), below, level)
            if value is not None:
                out[name] = value
        return self._one_of_each(resource, out)

    def _one_of_each(self, resource, message):
        """Clients see the last member of a oneof."""
        last = {field.oneof: field.name for field in resource.fields if field.oneof and field.name in message}
        self.seen["two members"] += len(last) < sum(bool(resource.field(name).oneof) for name in message)
        return {name: value for name, value in message.items() if last.get(resource.field(name).oneof, name) == name}

    def _items(self, resource, selection, level):
        """(field, the list's or relation's selection, or None); in a level its relation and what tells of it, too."""
        items = dict(selection)
        if level:
            items[level.name] = level.selection
            items.update({field.name: None for field in resource.fields
                          if field.role in OF_LISTS and field.path == level.name})
        for name in items:
            yield name, items.get(resource.field(name).path if resource.field(name).role in OF_LISTS else name)

    def _field(self, resource, row, field, below, level):
        if field.role in OF_LISTS:
            return self._of_list(resource, row, field, below, level)
        if field.role == "embed":
            return self._embedded(self.world.target(field), row, below)
        if field.role != "relation":
            return self._scalar(resource, row, field)
        target = self.world.target(field)
        rows, _ = self._shown(resource, row, field, below, level)
        if below.recurs:
            level = self._below(row, field, below, level)
        messages = [self.message(target, other, below, level if below.recurs else None) for other in rows]
        if field.relation.many:
            return messages or None
        assert len(messages) <= 1, (resource.name, field.name)
        return messages[0] if messages else None

    def _embedded(self, resource, row, selection):
        """Set where any of its columns is, whatever is selected of them."""
        if all(row.values[field.column] is None for field in resource.fields):
            return None
        return self.message(resource, row, selection)

    def _below(self, row, field, below, level):
        if level and level.name == field.name:
            return Level(level.name, below, level.left - 1, [*level.trail, row])
        return Level(field.name, below, below.depth - 1, [row])

    def _shown(self, resource, row, field, below, level):
        """(rows that come, whether there are more): cut by the depth, in circles, by the limit."""
        rows = self.listed(resource, row, field, below.arguments)
        if level and level.name == field.name:
            if self._closes_circle(row, level):
                self.seen["circle"] += 1
                return [], False
            if level.left == 0:
                self.seen["cut by depth"] += bool(rows)
                return [], bool(rows)
        rows = rows[below.arguments.after:] if below.arguments else rows
        limit = self._limit(field.relation, below.arguments) or len(rows)
        return rows[:limit], len(rows) > limit

    def _closes_circle(self, row, level):
        """A row that came before on this way comes once more, without what lies below it."""
        return any(row is above for above in level.trail)

    def listed(self, resource, row, field, arguments):
        """A relation's rows with what the request says of them, without a limit."""
        rows, target = self.related(resource, row, field), self.world.target(field)
        if arguments and arguments.filter is not None:
            rows = [other for other in rows if self.holds(arguments.filter, target, other)]
        return self.sorted(rows, target, arguments.order) if arguments and arguments.order else rows

    def _limit(self, relation, arguments):
        """Rows a parent; 0 for all."""
        if not relation.many or not arguments or not arguments.page_size:
            return relation.limit if relation.many else 0
        return min(arguments.page_size, relation.max_page_size or arguments.page_size)

    def _of_list(self, resource, row, field, below, level):
        listed = resource.field(field.path)
        rows, more = self._shown(resource, row, listed, below, level)
        if field.role == "has_more":
            return more or None
        cut_by_depth = level and level.name == listed.name and level.left == 0
        return SomeToken(resource, row, listed, below, len(rows)) if more and not cut_by_depth else None

    def _scalar(self, resource, row, field):
        kind, value = self.value(resource, row, field)
        if value is None:
            return None
        wire = kind.wire(value, field.proto)
        if field.presence == "wrapper":
            return {} if is_zero(wire) else {"value": wire}
        if field.presence == "" and (is_zero(wire) or isinstance(wire, str) and wire == kind.zero):
            return None
        if field.role == "aggregate" and field.function in ("min", "max") and not kind.bytewise:
            return EqualTo(self._equal_texts(resource, row, field, kind, value))
        return wire

    def _equal_texts(self, resource, row, field, kind, value):
        relation, name = field.path.split(".")
        target = self.world.target(resource.field(relation))
        values = [self.value(target, other, target.field(name))[1]
                  for other in self.reached(resource, row, resource.field(relation))]
        return [kind.wire(other, field.proto) for other in values
                if other is not None and kind.norm(other) == kind.norm(value)]

    # ---- requests ----

    def roots(self, request):
        """The rows of a List or Stream, all pages of them."""
        resource = self.resource(request.resource)
        wanted = All([request.filter, *(bound_condition(bound, request.bounds[bound.name])
                                        for bound in resource.bounds if bound.name in request.bounds)])
        rows = self.undeleted_or_not(resource.name) if request.show_deleted else self.visible(resource.name)
        rows = [row for row in rows if self.holds(wanted, resource, row)]
        return self.sorted(rows, resource, request.order or resource.order)

    def by_key(self, resource, columns, values):
        """The row of a unique key as the client gives it, or None."""
        kinds = [self.kind(resource.table, column) for column in columns]
        wanted = tuple(kind.norm(kind.read(value)) if isinstance(value, str) else value
                       for kind, value in zip(kinds, values))
        return next((row for row in self.undeleted_or_not(resource.name)
                     if self.cells(resource.table, row, columns) == wanted), None)

    def answer(self, request):
        """The messages of a request, all pages of it; None where a key has no row."""
        self.messages = 0
        resource = self.resource(request.resource)
        selection = selection_of(self.world, request)
        if request.method in ("Get", "BatchGet"):
            rows = [self.by_key(resource, request.by or resource.key, values) for values in request.keys]
        else:
            rows = self.roots(request)
        return None if None in rows else [self.message(resource, row, selection) for row in rows]


def bound_condition(bound, values):
    path = tuple(bound.path.split("."))
    if bound.repeated:
        return AnyOf(path, values, bound.kind, bound.proto)
    return Compare(path, bound.op, values[0], bound.kind, bound.proto)


def is_zero(wire):
    """Whether proto3 leaves it out; a negative zero it does not."""
    return not isinstance(wire, dict) and not wire and not (isinstance(wire, float) and math.copysign(1, wire) < 0)


def _null_last(value):
    return (value is None, 0 if value is None else value)


def _meets(condition, kind, value):
    if isinstance(condition, Has):
        return value != [] if isinstance(value, list) else True
    if isinstance(condition, Contains):
        element = KINDS[condition.kind]
        return any(element.same(item, condition.value, condition.proto) for item in value)
    if isinstance(condition, Inside):
        return _inside(condition, value[1])
    if isinstance(condition, InRange):
        return kind.contains(value, condition.value)
    if isinstance(condition, Overlaps) and isinstance(value, list):
        element = KINDS[condition.kind]
        return any(element.same(item, other, condition.proto) for item in value for other in condition.value)
    if isinstance(condition, Overlaps):
        return kind.overlaps(value, condition.value)
    if isinstance(condition, Search):
        return set(condition.words) <= set(re.findall("[^\\W_]+", value.lower()))
    if isinstance(condition, Matches):
        return matches(condition.parts, kind, value)
    if isinstance(condition, AnyOf):
        return any(kind.same(value, item, condition.proto) for item in condition.values)
    if condition.op in ("=", ":", "!="):
        return kind.same(value, condition.value, condition.proto)
    left, right = kind.norm(value), kind.norm(condition.value)
    return {"<": left < right, "<=": left <= right,
            ">": left > right, ">=": left >= right}[condition.op]


def _inside(condition, document):
    if condition.op in (":", "*"):
        found = items_inside(document, condition.keys)
    else:
        found = [inside(document, condition.keys)]
    return any(item is not None and _item_meets(condition, item) for item in found)


def _item_meets(condition, item):
    if condition.op == "*":
        return True
    text = isinstance(item, str)
    if condition.lower:
        item = item.lower() if text else None
    if condition.parts is not None:
        return text and matches(condition.parts, KINDS["text"], item)
    if isinstance(item, (dict, list)) or json_type(item) != json_type(condition.value):
        return False
    if condition.op in ("=", ":", "!="):
        return item == condition.value
    return {"<": item < condition.value, "<=": item <= condition.value, ">": item > condition.value,
            ">=": item >= condition.value}[condition.op]


def json_type(value):
    return bool if isinstance(value, bool) else str if isinstance(value, str) else Decimal if value is not None else None


def matches(parts, kind, text):
    """Whether a text is these parts with anything between them."""
    text = kind.fold(text)
    first, *middle, last = map(kind.fold, parts)
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True
