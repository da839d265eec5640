"""Random worlds: tables with rows, and resources over them.

What must not be left to chance turns with the seed: with consecutive seeds every kind of key, column and relation comes
within a few worlds.
"""

import copy
import dataclasses
import random

from conditions import Conditions
from kinds import KINDS, REFERRING_SQL
from masks import OF_LISTS
from model import Any, Bound, Column, Compare, Field, ForeignKey, Link, Not, Relation, Resource, Table, World

KEYS = [["int8"], ["citext"], ["int4"], ["int4", "text"], ["uuid"], ["numeric"], ["text"], ["int8", "citext", "int2"],
        ["padded"], ["int2"], ["loose"]]
KEY_NAMES = {"int8": "id", "int4": "id", "int2": "nr", "uuid": "id", "numeric": "rate", "text": "code", "citext": "email",
             "loose": "word", "padded": "code"}
PLAIN = list(KINDS)
TABLE_NAMES = ["alphas", "order", "Betas", "select", "gamma rays", "user", "deltas", 'quo"ted', "table", "epsilon_s"]
COLUMN_NAMES = ["name", "group", "User", "rank", 'a "b" c', "limit", "Mixed_Case", "label", "from", "amount", "é"]
ABOUT = {"text": ["first", "second", "First", "neither"], "mood": ["happy", "calm", "so-so"], "int4": ["1", "2", "12"]}
STATES = ["valid", "valid", "not valid", "valid", "undeclared"]


def fresh(names, taken, rng):
    """A name that is not taken yet."""
    free = [name for name in names if name not in taken]
    name = rng.choice(free) if free else f"{rng.choice(names)}_{len(taken)}"
    taken.add(name)
    return name


def skewed(rng, items):
    """One of the items, the first ones far more often."""
    return items[int(len(items) * rng.random() ** 2.5)]


class WorldMaker:
    def __init__(self, seed):
        self.seed, self.rng = seed, random.Random(seed)
        self.world = World(seed, {}, {})
        self.table_names = set()

    def make(self):
        n = self.rng.randint(4, 5)
        for i in range(n):
            self.add_entity(i)
        entities = list(self.world.tables)
        for i, name in enumerate(entities):
            for j in range(self.rng.choice([1, 1, 2])):
                self.add_foreign_key(name, name if i == 1 and j == 0 else self.rng.choice(entities), i * 2 + j)
        junctions = [self.add_junction(entities, i) for i in range(2)]
        for table in self.world.tables.values():
            table.partitioned &= not table.uniques and all(key.state != "not valid" for key in table.foreign_keys)
        self.fill(junctions)
        self.add_marks(self.add_view(entities), entities)
        Shaper(self.world, self.rng, junctions).shape()
        return self.world

    # ---- tables ----

    def add_entity(self, i):
        rng, kinds = self.rng, KEYS[(self.seed * 4 + i) % len(KEYS)]
        schema = "Odd Schema" if rng.random() < 0.2 else "public"
        columns, taken = [], set()
        for kind in kinds:
            name = fresh([KEY_NAMES[kind]], taken, rng)
            columns.append(Column(name, kind, KINDS[kind].sql, not_null=True))
        table = Table(schema, fresh(TABLE_NAMES, self.table_names, rng), columns, [c.name for c in columns])
        if i % 2 == self.seed % 2:
            kind = KEYS[(self.seed + i) % len(KEYS)][0]
            columns.append(Column("slug", kind, KINDS[kind].sql, not_null=rng.random() < 0.5))
            table.uniques.append(["slug"])
        for j in range(rng.randint(3, 6)):
            kind = PLAIN[(self.seed * 5 + i * 4 + j) % len(PLAIN)]
            columns.append(Column(fresh(COLUMN_NAMES, taken, rng), kind, KINDS[kind].sql, rng.random() < 0.3))
        if rng.random() < 0.5:
            columns.append(Column("hidden", "bool", "bool", rng.random() < 0.5))
        rng.shuffle(columns)
        table.analyzed = rng.random() < 0.6
        table.partitioned = i == self.seed % 5
        self.world.tables[f"t{i}"] = table

    def add_foreign_key(self, name, target_name, i):
        rng, table, target = self.rng, self.world.tables[name], self.world.tables[target_name]
        references = table_keys(target)[-1] if (self.seed + i) % 3 == 0 else target.primary
        unique, state = (self.seed + i) % 5 == 0, STATES[(self.seed + i) % len(STATES)]
        prefix, columns = f"r{i}", []
        for reference in references:
            kind = target.column(reference).kind
            column = f"{prefix}_{rng.choice(['id', 'id', 'ref'])}" if len(references) == 1 else f"{prefix}_{reference}"
            sql = rng.choice(REFERRING_SQL.get(kind, [KINDS[kind].sql]))
            if sql in KINDS:
                kind = sql
            columns.append(Column(column, kind, sql, not unique and rng.random() < 0.3))
        table.columns += columns
        names = [column.name for column in columns]
        if unique:
            table.uniques.append(names)
        elif rng.random() < 0.5:
            table.indexes.append(names)
        table.foreign_keys.append(ForeignKey(f"{name}_{prefix}_fk", names, target_name, list(references), state, unique))

    def add_junction(self, entities, i):
        rng = self.rng
        sides = [rng.choice(entities), rng.choice(entities)]
        key = f"j{i}"
        table = Table("public", fresh(["pairs", "links", "left to right"], self.table_names, rng),
                      [Column("rank", "int4", "int4")], [])
        for side, target_name in zip(("source", "target"), sides):
            target, names = self.world.tables[target_name], []
            for reference in target.primary:
                names.append(f"{side}_{reference}")
                table.columns.append(Column(names[-1], target.column(reference).kind, target.column(reference).sql, False))
            table.foreign_keys.append(ForeignKey(f"{key}_{side}_fk", names, target_name, list(target.primary)))
        if (self.seed + i) % 2 == 0:
            table.primary = table.foreign_keys[0].columns + table.foreign_keys[1].columns
            for column in table.columns[1:]:
                column.not_null = True
        table.analyzed = rng.random() < 0.5
        self.world.tables[key] = table
        return key

    def add_view(self, entities):
        """A view of a table; what leads on from it must be said, for a view has no foreign keys."""
        of = self.rng.choice([name for name in entities if ["slug"] not in self.world.tables[name].uniques])
        table = self.world.tables[of]
        name = fresh(["a view", "seen"], self.table_names, self.rng)
        view = Table("public", name, copy.deepcopy(table.columns), table.primary, view_of=of)
        view.foreign_keys = [dataclasses.replace(key, state="undeclared", unique=False) for key in table.foreign_keys[:1]]
        self.world.tables["v"] = view
        return of

    def add_marks(self, of, entities):
        """Rows that are about a row of a table or of its view, and rows of either of two tables."""
        rng, table = self.rng, self.world.tables[of]
        kind = ["text", "mood", "int4"][self.seed % 3]
        keys = [dataclasses.replace(table.column(name), name=f"on_{name}", not_null=False) for name in table.primary]
        marks = Table("public", "marks", [Column("id", "int8", "int8", True), Column("about", kind, kind), *keys], ["id"])
        for i in range(25):
            row = {"id": str(i), "about": rng.choice([None, *ABOUT[kind], *ABOUT[kind][:2]])}
            target = skewed(rng, table.rows) if table.rows and rng.random() < 0.9 else None
            for column in keys:
                value = target[column.name[len("on_"):]] if target else KINDS[column.kind].make(rng)
                row[column.name] = None if rng.random() < 0.1 else KINDS[column.kind].other_text(rng, value)
            marks.rows.append(row)
        for i in range(2):
            self.add_either(marks, f"k{i}", entities)
        self.world.tables["m"] = marks

    def add_either(self, marks, prefix, entities):
        name = self.rng.choice(entities)
        target = self.world.tables[name]
        columns = [dataclasses.replace(target.column(key), name=f"{prefix}_{'id' if len(target.primary) == 1 else key}",
                                       not_null=False) for key in target.primary]
        marks.columns += columns
        key = ForeignKey(f"marks_{prefix}_fk", [column.name for column in columns], name, list(target.primary))
        marks.foreign_keys.append(key)
        for row in marks.rows:
            other = self.rng.choice(target.rows) if target.rows and self.rng.random() < 0.6 else None
            row.update({column: other and other[reference] for column, reference in zip(key.columns, key.references)})

    # ---- rows ----

    def fill(self, junctions):
        n = len(self.world.tables) - len(junctions)
        sizes = [[0, 1, 3][self.seed % 3], *self.rng.sample([9, 16, 40, 130], n - 1)]
        self.rng.shuffle(sizes)
        for name, table in self.world.tables.items():
            if name not in junctions:
                self.fill_entity(table, sizes.pop())
        for name, table in self.world.tables.items():
            if name in junctions:
                self.fill_junction(table, self.rng.choice([10, 30, 60]))
            else:
                for foreign_key in table.foreign_keys:
                    self.fill_foreign_key(table, foreign_key)

    def fill_entity(self, table, n):
        seen = [set() for _ in table_keys(table)]
        own = [c for c in table.columns if not any(c.name in f.columns for f in table.foreign_keys)]
        holes = {column.name: self.rng.choice([0.05, 0.3, 0.6]) for column in own}
        for _ in range(n * 3):
            if len(table.rows) == n:
                break
            row = {c.name: None if not c.not_null and self.rng.random() < holes[c.name] else self.cell(table, c)
                   for c in own}
            norms = [norms_of(table, row, key) for key in table_keys(table)]
            if any(norm in among for norm, among in zip(norms, seen)):
                continue
            for norm, among in zip(norms, seen):
                among.add(norm) if None not in norm else None
            table.rows.append(row)

    def cell(self, table, column):
        kind = KINDS[column.kind]
        return kind.make_key(self.rng) if any(column.name in key for key in table_keys(table)) else kind.make(self.rng)

    def fill_foreign_key(self, table, foreign_key):
        targets = self.referable(table, foreign_key)
        columns = [table.column(name) for name in foreign_key.columns]
        if not targets:
            for column in columns:
                column.not_null = False
        free = list(targets)
        self.rng.shuffle(free)
        for row in table.rows:
            row.update(self.reference(columns, foreign_key, targets, free))

    def reference(self, columns, foreign_key, targets, free):
        """The values of one row's foreign key."""
        rng = self.rng
        if foreign_key.unique:
            target = free.pop() if free and rng.random() < 0.7 else None
        else:
            target = skewed(rng, targets) if targets else None
        values = {}
        for column, reference in zip(columns, foreign_key.references):
            kind = KINDS[column.kind]
            if target is None or (not column.not_null and rng.random() < 0.15):
                values[column.name] = None
            else:
                values[column.name] = kind.other_text(rng, target[reference])
            if not foreign_key.unique and foreign_key.state != "valid" and len(columns) == 1 and rng.random() < 0.3:
                values[column.name] = str(rng.randint(61, 90)) if kind.name.startswith("int") else kind.make(rng)
        return values

    def referable(self, table, foreign_key):
        """The rows that a foreign key can hold the key of."""
        target = self.world.tables[foreign_key.table]
        widths = {"int2": 32767, "int4": 2147483647}

        def fits(row):
            return all(row[reference] is not None and
                       (table.column(name).kind not in widths or abs(int(row[reference])) <= widths[table.column(name).kind])
                       for name, reference in zip(foreign_key.columns, foreign_key.references))
        return [row for row in target.rows if fits(row)]

    def fill_junction(self, table, n):
        sides = [self.referable(table, foreign_key) for foreign_key in table.foreign_keys]
        seen = set()
        for _ in range(n if all(sides) else 0):
            row = {"rank": self.rng.choice([None, "1", "2", "3", "4"])}
            for foreign_key, targets in zip(table.foreign_keys, sides):
                target = skewed(self.rng, targets)
                for name, reference in zip(foreign_key.columns, foreign_key.references):
                    row[name] = KINDS[table.column(name).kind].other_text(self.rng, target[reference])
            if not table.primary and self.rng.random() < 0.1:
                row[self.rng.choice(table.columns[1:]).name] = None
            pair = norms_of(table, row, table.primary)
            if not table.primary or pair not in seen:
                table.rows.append(row)
                seen.add(pair)


def table_keys(table):
    return [key for key in [table.primary, *table.uniques] if key and not any(key == f.columns for f in table.foreign_keys)]


def norms_of(table, row, names):
    kinds = [KINDS[table.column(name).kind] for name in names]
    return tuple(None if row[name] is None else kind.norm(kind.read(row[name])) for name, kind in zip(names, kinds))


class Shaper:
    """Resources over the tables: fields, relations, what is derived from them."""

    def __init__(self, world, rng, junctions):
        self.world, self.rng, self.junctions = world, rng, junctions
        self.conditions = Conditions(world, rng)
        self.of_table = {}

    def shape(self):
        for i, (name, table) in enumerate(self.world.tables.items()):
            if name not in self.junctions:
                resource = Resource(f"R{i}", name, [], list(table.primary), declares_key=bool(table.view_of))
                self.add_columns(resource, table)
                self.world.resources[resource.name] = self.of_table[name] = resource
        for name, resource in self.of_table.items():
            for foreign_key in self.world.tables[name].foreign_keys:
                self.add_to_one(resource, foreign_key)
        self.add_members(self.of_table["m"])
        for resource in self.of_table.values():
            self.add_sources(resource)
        for name, resource in self.of_table.items():
            for foreign_key in self.world.tables[name].foreign_keys:
                self.add_reverse(resource, foreign_key)
        for junction in self.junctions:
            self.add_many_to_many(junction)
        for resource in self.of_table.values():
            self.add_aggregates(resource)
            self.set_options(resource)
        for resource in self.of_table.values():
            if self.rng.random() < 0.5:
                resource.default_mask = self.mask(resource)
            if self.chance(0.3):
                resource.list_mask = self.mask(resource)
            if self.chance(0.3):
                resource.list_page_size = self.rng.randint(1, resource.max_page_size or 9)

    def add(self, resource, field):
        resource.fields.append(field)
        return field

    def chance(self, probability):
        return self.rng.random() < probability

    def add_columns(self, resource, table):
        for i, column in enumerate(table.columns):
            name = column.name if column.name.isidentifier() and column.name.isascii() and column.name.islower() else f"c{i}"
            is_key = column.name in table.primary or column.name == "slug"
            proto = KINDS[column.kind].proto[0] if is_key else self.rng.choice(KINDS[column.kind].proto)
            scalar = "." not in proto and not proto.startswith("repeated") and not is_key
            wraps = scalar and proto in ("int32", "int64", "string", "bool", "double")
            presence = self.rng.choice(["", "", "optional"] + ["wrapper"] * wraps) if scalar else ""
            if self.chance(0.92) or is_key:
                self.add(resource, Field(name, "column", proto, presence, column.name))

    def link(self, resource_from, columns, resource_to, references):
        return Link(list(columns), resource_to.name, list(references))

    def add_to_one(self, resource, foreign_key):
        target = self.of_table[foreign_key.table]
        columns = foreign_key.columns
        name = columns[0].split("_")[0]
        inferred = columns == [name + "_id"] and foreign_key.state != "undeclared"
        annotation = "" if inferred and self.chance(0.6) else columns_annotation(columns, foreign_key.references)
        if annotation and foreign_key.state != "undeclared" and foreign_key.table != resource.table and self.chance(0.5):
            annotation = f'foreign_key: "{foreign_key.name}"'
        relation = Relation(self.link(resource, columns, target, foreign_key.references), False, annotation)
        if self.chance(0.2):
            relation.filter = self.conditions.plain(target)
        self.set_depth(resource, relation)
        self.add(resource, Field(name, "relation", relation=relation))

    def add_members(self, resource):
        """The row that a mark is about, by its discriminator; the rows of two keys as members of another oneof."""
        for field in resource.fields:
            if field.role == "relation":
                field.oneof = "either"
        of = self.world.tables["v"].view_of
        keys = [column.name for column in self.world.tables["m"].columns if column.name.startswith("on_")]
        values = ABOUT[self.world.tables["m"].column("about").kind]
        resource.discriminators["subject"] = ("about", keys)
        for i, target in enumerate((self.of_table[of], self.of_table["v"])):
            relation = Relation(self.link(resource, keys, target, target.key), False, variant=("about", values[i]))
            self.add(resource, Field(f"subject_{i}", "relation", relation=relation, oneof="subject"))

    def add_sources(self, resource):
        for relation in [field for field in resource.fields if field.role == "relation"]:
            if self.chance(0.7):
                path, last = self.conditions.to_one_path(resource, relation)
                if last is None or last.proto.startswith("repeated") or last.role != "column":
                    continue
                proto = last.proto
                presence = self.rng.choice(["", "optional"]) if "." not in proto else ""
                self.add(resource, Field(f"{relation.name}_source", "source", proto, presence, path=".".join(path)))

    def add_reverse(self, child, foreign_key):
        parent = self.of_table[foreign_key.table]
        name = f"{child.name.lower()}_by_{foreign_key.columns[0].split('_')[0]}"
        annotation = columns_annotation(foreign_key.references, foreign_key.columns)
        if self.is_only_foreign_key(child, foreign_key) and self.chance(0.5):
            annotation = ""
        elif foreign_key.state != "undeclared" and child is not parent and self.chance(0.5):
            annotation = f'foreign_key: "{foreign_key.name}"'
        link = self.link(parent, foreign_key.references, child, foreign_key.columns)
        full = Relation(link, not foreign_key.unique, annotation)
        self.set_depth(parent, full)
        self.add(parent, Field(name, "relation", relation=full))
        if full.many:
            self.add_of_list(parent, name)
        if not foreign_key.unique:
            self.add_variants(parent, name, full, child, None)

    def add_of_list(self, resource, name):
        """What tells of a list."""
        for role, proto in (("has_more", "bool"), ("next_page_token", "string")):
            if self.chance(0.8):
                self.add(resource, Field(f"{name}_{role}", role, proto, path=name))

    def set_depth(self, resource, relation):
        """Levels of a relation to its own kind."""
        columns = [self.world.tables[resource.table].column(name) for name in relation.link.columns]
        bytewise = len(columns) == 1 and columns[0].kind in ("int2", "int4", "int8", "text", "uuid")
        if relation.link.target == resource.name and bytewise and self.chance(0.7):
            relation.max_depth = self.rng.choice([1, 2, 3, 4])

    def is_only_foreign_key(self, child, foreign_key):
        """Whether nothing else leads between the two tables."""
        pairs = [{name, key.table} for name, table in self.world.tables.items() for key in table.foreign_keys
                 if key.state != "undeclared"]
        return (foreign_key.state != "undeclared" and child.table != foreign_key.table
                and pairs.count({child.table, foreign_key.table}) == 1)

    def add_variants(self, resource, name, full, target, junction):
        """The relation again, filtered; and again, limited."""
        if self.chance(0.5):
            relation = Relation(full.link, True, full.annotation, self.conditions.plain(target, junction),
                                full.through_filter, full.order)
            self.add(resource, Field(name + "_some", "relation", relation=relation))
        if self.chance(0.6):
            condition = self.conditions.plain(target) if self.chance(0.3) else None
            relation = Relation(full.link, True, full.annotation, condition, order=self.conditions.order(target))
            relation.page_size, relation.max_page_size = self.rng.choice([(1, 0), (2, 0), (3, 0), (0, 2), (2, 4)])
            self.add(resource, Field(name + "_top", "relation", relation=relation))
            self.set_depth(resource, relation)
            self.add_of_list(resource, name + "_top")

    def add_many_to_many(self, junction):
        table = self.world.tables[junction]
        sides = [table.foreign_keys, table.foreign_keys[::-1]]
        for direction, (here, there) in zip(("out", "in"), sides):
            resource, target = self.of_table[here.table], self.of_table[there.table]
            link = Link(list(here.references), target.name, list(there.references), junction, list(here.columns),
                        list(there.columns))
            inner = f'table: {quoted(qualified(table))}'
            if here.table == there.table or self.chance(0.3):
                inner += f" source_columns: {listed(here.columns)} target_columns: {listed(there.columns)}"
            relation = Relation(link, True, "through: {" + inner + "}")
            name = f"{junction}_{direction}"
            self.set_depth(resource, relation)
            self.add(resource, Field(name, "relation", relation=relation))
            self.add_of_list(resource, name)
            if self.chance(0.5):
                some = Relation(link, True, "through: {" + inner + " filter: %FILTER%}")
                some.through_filter = Compare(("column", "rank"), self.rng.choice([">", "<=", "!="]), 2, "int4")
                self.add(resource, Field(name + "_ranked", "relation", relation=some))
            self.add_variants(resource, name, relation, target, junction)

    def add_aggregates(self, resource):
        lists = [f for f in resource.fields if f.role == "relation" and f.relation.many]
        for relation in lists:
            target = self.world.target(relation)
            condition = self.conditions.plain(target) if self.chance(0.4) else None
            if self.chance(0.5):
                self.add(resource, Field(relation.name + "_n", "aggregate", "int64", self.rng.choice(["", "optional"]),
                                         path=relation.name, function="count", filter=condition))
            if self.chance(0.25):
                self.add(resource, Field(relation.name + "_any", "aggregate", "bool", path=relation.name, function="exists",
                                         filter=condition))
            if self.chance(0.6):
                self.add_number(resource, relation, target, condition)

    def add_number(self, resource, relation, target, condition):
        candidates = [(field, function) for field in target.fields if field.role == "column"
                      for function in KINDS[self.world.tables[target.table].column(field.column).kind].aggregates]
        if not candidates:
            return
        function = self.rng.choice(sorted({function for _, function in candidates}))
        field = self.rng.choice([field for field, its in candidates if its == function])
        kind = self.world.tables[target.table].column(field.column).kind
        proto = field.proto
        if function == "sum":
            proto = "int64" if kind in ("int2", "int4") else "string"
        presence = self.rng.choice(["", "optional"]) if "." not in proto else ""
        self.add(resource, Field(f"{relation.name}_{function}", "aggregate", proto, presence,
                                 path=f"{relation.name}.{field.name}", function=function, filter=condition))

    def set_options(self, resource):
        table = self.world.tables[resource.table]
        if any(column.name == "hidden" for column in table.columns):
            hidden = Compare(("column", "hidden"), "=", True, "bool")
            resource.filter = self.rng.choice([Not(hidden), Any([Not(hidden), hidden])])
        if self.chance(0.5):
            resource.order = self.conditions.order(resource)
        if ["slug"] in table.uniques:
            if table.column("slug").not_null and self.chance(0.4):
                resource.key, resource.declares_key = ["slug"], True
            elif len(resource.key) == 1:
                resource.second_key = ["slug"]
        self.add_bounds(resource)
        resource.counts = self.chance(0.5)
        if self.chance(0.4):
            resource.page_size = self.rng.randint(1, 6)
        if self.chance(0.3):
            resource.max_page_size = resource.page_size + self.rng.randint(0, 5) or 7

    def add_bounds(self, resource):
        """Fields of list requests that filter."""
        for i in range(self.rng.randint(0, 3)):
            path, field = self.conditions.to_one_path(resource)
            kind = self.conditions.kind_at(resource, path)
            if hasattr(kind, "element") or kind.name in ("float8", "date"):
                continue
            repeated = self.chance(0.4) and field.proto != "google.protobuf.Timestamp"
            op = self.rng.choice(["<", ">=", "!=", "="]) if kind.orders and not repeated else "="
            resource.bounds.append(Bound(f"bound_{i}", ".".join(path), op, kind.name, field.proto, repeated))

    def mask(self, resource):
        """A default mask: declared, so it must not explode."""
        paths = ["*"] if self.chance(0.6) else [self.rng.choice([f.name for f in resource.fields if f.role == "column"])]
        relations = [f for f in resource.fields if f.role == "relation"]
        for field in self.rng.sample(relations, min(len(relations), self.rng.randint(0, 2))):
            target = self.world.target(field)
            paths.append(field.name + self.rng.choice(["", ".*", "." + self.rng.choice(
                [f.name for f in target.fields if f.role not in OF_LISTS])]))
        return paths


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def listed(names):
    return "[" + ", ".join(map(quoted, names)) + "]"


def qualified(table):
    return table.name if table.schema == "public" else f"{table.schema}.{table.name}"


def columns_annotation(columns, references):
    return f"columns: {listed(columns)} references: {listed(references)}"
