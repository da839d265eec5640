"""Random conditions, orders, masks and requests over a world's resources."""

from decimal import Decimal

import masks
from kinds import KINDS
from masks import OF_LISTS
from model import (All, Any, AnyOf, Compare, Contains, Exists, Has, Inside, InRange, ListArguments, Lowered, Matches, Not,
                   Overlaps, Request, Search)


# Words that texts of some kinds have.
SEARCHED = ["a", "b", "abc", "ann", "long", "x", "null"]


class Conditions:
    def __init__(self, world, rng, data=None):
        self.world, self.rng, self.data = world, rng, data

    # ---- what a declaration may say ----

    def plain(self, resource, junction=None):
        """A condition on the row's own columns, or on the junction's: it leads nowhere else, so declarations cannot go
        round in circles."""
        leaves = [self.leaf(resource, (field.name,), field) for field in resource.fields
                  if field.role == "column" and self.rng.random() < 0.5]
        table = self.world.tables[resource.table]
        scalars = [c for c in table.columns if c.kind in ("int4", "bool", "int8", "text")]
        if scalars and self.rng.random() < 0.3:
            column = self.rng.choice(scalars)
            leaves.append(self.rng.choice([Has(("column", column.name)), Compare(
                ("column", column.name), "=", KINDS[column.kind].sample(self.rng), column.kind)]))
        if junction and self.rng.random() < 0.6:
            leaves = [Compare(("through", "rank"), self.rng.choice(["<", ">=", "="]), 2, "int4")] + leaves[:1]
        leaves = self.rng.sample(leaves, min(len(leaves), self.rng.randint(1, 2)))
        leaves = [Not(leaf) if self.rng.random() < 0.3 else leaf for leaf in leaves]
        if not leaves:
            return Has((resource.fields[0].name,))
        return leaves[0] if len(leaves) == 1 else self.rng.choice([All, Any])(leaves)

    # ---- what a request may say ----

    def condition(self, resource, depth=3):
        choice = self.rng.random()
        if depth > 0 and choice < 0.45:
            children = [self.condition(resource, depth - 1) for _ in range(self.rng.randint(2, 3))]
            return self.rng.choice([All, Any])(children)
        if depth > 0 and choice < 0.55:
            return Not(self.condition(resource, depth - 1))
        return self.restriction(resource, depth)

    def restriction(self, resource, depth):
        path, many, here = (), False, resource
        while True:
            field = self.rng.choice([f for f in here.fields if f.role not in OF_LISTS])
            if field.role == "embed":
                path, here = (*path, field.name), self.world.target(field)
                continue
            if field.role != "relation":
                return self.leaf(here, (*path, field.name), field, many)
            choice = self.rng.random()
            if choice < 0.2:
                return Has((*path, field.name))
            if choice < 0.4 and depth > 0:
                body = self.condition(self.world.target(field), depth - 2) if self.rng.random() < 0.8 else None
                return Exists((*path, field.name), body)
            if len(path) < 3:
                path, many, here = (*path, field.name), many or field.relation.many, self.world.target(field)

    def leaf(self, resource, path, field, many=False):
        """A restriction on a scalar field or a list of scalars; behind a list of messages only `:` goes."""
        rng, kind, proto = self.rng, self.world.kind_of(resource, field), field.proto
        if rng.random() < 0.15:
            return Has(path)
        if kind.name == "jsonb":
            return self.inside(path, many)
        if hasattr(kind, "element") and not proto.endswith("State") and rng.random() < 0.3:
            values = [kind.element.sample(rng) for _ in range(rng.randint(1, 3))]
            return Overlaps(path, values, kind.element.name, proto.removeprefix("repeated "))
        if hasattr(kind, "contains") and rng.random() < 0.8:
            value = self.value(resource, field, kind)
            if rng.random() < 0.3:
                return Overlaps(path, value, kind.name)
            return InRange(path, rng.randint(-4, 12) if rng.random() < 0.6 else value, kind.name)
        if hasattr(kind, "element"):
            return Contains(path, kind.element.sample(rng), kind.element.name, proto.removeprefix("repeated "))
        equals = ":" if many else rng.choice(["=", ":", "!="])
        if hasattr(kind, "contains"):
            equals = rng.choice(["=", "!="])
            return Compare(path, equals, self.value(resource, field, kind), kind.name) if not many else Has(path)
        choice = rng.random()
        if kind.textual and choice < 0.08:
            return Search(path, rng.sample(SEARCHED, rng.choice([1, 1, 2])))
        if kind.textual and choice < 0.2:
            return Lowered(self.lowered(resource, path, field, kind, equals))
        if kind.wildcards and choice < 0.3:
            return Matches(path, self.parts(resource, field, kind), kind.name, equals)
        if choice < 0.45:
            values = [self.value(resource, field, kind) for _ in range(rng.randint(2, 4))]
            return AnyOf(path, values, kind.name, proto, equals)
        if not many and kind.orders and choice < 0.75:
            equals = rng.choice(["<", "<=", ">", ">="])
        return Compare(path, equals, self.value(resource, field, kind), kind.name, proto)

    def inside(self, path, many):
        """A restriction on what is inside json."""
        rng = self.rng
        keys = rng.choice([("a",), ("n",), ("on",), ("tags",), ("x y",), ("it's \"\\",),
                           ("a", "a"), ("a", "n"), ("tags", "a")])
        op = ":" if many else rng.choice(["=", "!=", ":"])
        choice = rng.random()
        if choice < 0.15:
            return Inside(path, keys, "*")
        if choice < 0.3:
            return Inside(path, keys, op, parts=rng.choice([["x", ""], ["", "c"], ["", "y", ""]]), lower=rng.random() < 0.3)
        if choice < 0.4:
            return Inside(path, keys, op, rng.choice(["x", "a*c"]), lower=True)
        value = rng.choice(["x", "y", "1", "", "a*c", 1, Decimal("2.5"), -3, 0, True, False])
        if not many and not isinstance(value, bool) and choice < 0.6:
            op = rng.choice(["<", "<=", ">", ">="])
        return Inside(path, keys, op, value)

    def lowered(self, resource, path, field, kind, equals):
        """A comparison with a value, small or not, or with a part of one."""
        value, lowered = self.value(resource, field, kind), kind.lowered()
        value = value.lower() if self.rng.random() < 0.8 else value
        choice = self.rng.random()
        if lowered.wildcards and choice < 0.3:
            return Matches(path, [value[:len(value) // 2], ""], lowered.name, equals)
        if choice < 0.5:
            return AnyOf(path, [value, "b"], lowered.name, "string", equals)
        return Compare(path, equals, value, lowered.name, "string")

    def value(self, resource, field, kind):
        """A value to compare with: one that some row has, or any."""
        if self.data and field and field.role == "column" and self.rng.random() < 0.6:
            values = [row.values[field.column] for row in self.data[resource.table]]
            values = [value for value in values if value is not None and kind.has_literal(value)]
            if values:
                return self.rng.choice(values)
        while not kind.has_literal(value := kind.sample(self.rng)):
            pass
        return value

    def parts(self, resource, field, kind):
        text = self.value(resource, field, kind)
        cut = self.rng.randint(0, len(text))
        return self.rng.choice([[text[:cut], ""], ["", text[cut:]], ["", text[cut:cut + 1], ""], [text[:cut], text[cut:]]])

    def kind_at(self, resource, path):
        """The kind of the scalar at a path's end."""
        return self.world.kind_of(*self.world.at(resource, path))

    def to_one_path(self, resource, first=None, derived=False):
        """(path, its last field) of a scalar through one or two to-one relations; the field None where it ends nowhere."""
        path, here, field = [], resource, first
        while True:
            if field is None:
                singles = [f for f in here.fields if f.role == "embed" or f.role == "relation" and not f.relation.many]
                roles = ("aggregate", "function") if derived and self.rng.random() < 0.35 else ("column", "source")
                scalars = [f for f in here.fields if f.role in roles] or [f for f in here.fields if f.role == "column"]
                field = self.rng.choice(singles if singles and len(path) < 2 and self.rng.random() < 0.4 else scalars)
            path.append(field.name)
            if field.role not in ("relation", "embed"):
                return path, field
            here, field = self.world.target(field), None

    def order(self, resource):
        """(path, descending) terms, none twice."""
        terms, seen = [], set()
        for _ in range(self.rng.randint(1, 3)):
            path, field = self.to_one_path(resource, derived=True)
            place = self.place(resource, path)
            if self.kind_at(resource, path).sorts and place not in seen:
                seen.add(place)
                terms.append((".".join(path), self.rng.random() < 0.5))
        return terms

    def place(self, resource, path):
        """What column a path leads to, and by which relations: a source and the path that it stands for are one."""
        steps = []
        for step in path:
            field = resource.field(step)
            if field.role == "source":
                return tuple(steps) + self.place(resource, field.path.split("."))
            if field.role == "embed":
                resource = self.world.target(field)
            elif field.role == "relation":
                steps.append((resource.name, step))
                resource = self.world.target(field)
            else:
                steps.append(field.column if field.role == "column" else (resource.name, step))
        return tuple(steps)

    # ---- masks and requests ----

    def mask(self, resource, depth=4):
        if self.rng.random() < 0.1:
            return []
        paths = [self.path(resource, depth) for _ in range(self.rng.choice([1, 2, 2, 3, 4, 6]))]
        return paths + ([self.rng.choice(paths)] if self.rng.random() < 0.1 else [])

    def path(self, resource, depth):
        choice = self.rng.random()
        relations = [f for f in resource.fields if f.role == "relation"]
        if choice < 0.1:
            return "*"
        if not relations or choice < 0.45 or depth == 0:
            return self.rng.choice([f.name for f in resource.fields])
        field = self.rng.choice(relations)
        if choice < 0.55:
            return field.name
        star = ".*" if self.rng.random() < 0.05 else ""
        return field.name + star + "." + self.path(self.world.target(field), depth - 1)

    def request(self):
        rng = self.rng
        resource = rng.choice(list(self.world.resources.values()))
        method = rng.choice(["List"] * 5 + ["Get", "BatchGet", "Stream", "Stream"])
        header = rng.choice([""] * 8 + ["rowan-read-mask", "x-goog-fieldmask"])
        request = Request(method, resource.name, self.mask(resource), header=header)
        if rng.random() < 0.5:
            request.lists = self.lists(request, resource)
        if method in ("Get", "BatchGet"):
            if method == "Get" and resource.second_key and rng.random() < 0.5:
                request.by = resource.second_key
            request.keys = self.keys(resource, request.by or resource.key, 1 if method == "Get" else rng.randint(1, 8))
            return request
        for bound in resource.bounds:
            if rng.random() < 0.3:
                field = resource.field(bound.path) if "." not in bound.path else None
                kind = KINDS[bound.kind]
                request.bounds[bound.name] = [self.value(resource, field, kind)
                                              for _ in range(rng.randint(1, 3) if bound.repeated else 1)]
        if rng.random() < 0.6:
            request.filter = self.condition(resource)
        if rng.random() < 0.6:
            request.order = self.order(resource)
        request.page_size = rng.choice([0, 1, 2, 3, 5, 7, 20, 1000])
        request.show_deleted = resource.deleted is not None and rng.random() < 0.5
        if method == "List" and rng.random() < 0.15:
            request.skip = rng.choice([1, 2, 7, 1000])
        return request

    def lists(self, request, resource):
        """Arguments for some of the lists that the mask selects."""
        found = list(masks.relations(self.world, resource, masks.selection_of(self.world, request)))
        return {".".join(path): self.arguments(self.world.target(field), below) for path, field, below in found
                if field.relation.many and self.rng.random() < 0.5}

    def arguments(self, target, below):
        rng, arguments = self.rng, ListArguments()
        if rng.random() < 0.4:
            arguments.filter = self.condition(target, 2)
        if rng.random() < 0.5:
            arguments.order = self.order(target)
        arguments.page_size = rng.choice([0, 1, 1, 2, 3, 7, 1000])
        if below.recurs:
            arguments.max_depth = rng.choice([0, 0, 1, 2, 50])
        return arguments

    def keys(self, resource, columns, n):
        table, rows = self.world.tables[resource.table], self.data[resource.table]
        keys = []
        for _ in range(n):
            row = self.rng.choice(rows) if rows and self.rng.random() < 0.97 else None
            kinds = [KINDS[table.column(name).kind] for name in columns]
            values = [kind.sample(self.rng) if row is None or row.values[name] is None else row.values[name]
                      for name, kind in zip(columns, kinds)]
            keys.append(tuple(kind.other_text(self.rng, value) if isinstance(value, str) else value
                              for kind, value in zip(kinds, values)))
        return keys
