"""Random worlds: tables with rows; shaper.py makes the resources over them.

What must not be left to chance turns with the seed: with consecutive seeds every kind of key, column and relation comes
within a few worlds.
"""

import copy
import dataclasses
import random

from kinds import KINDS, REFERRING_SQL
from model import Column, ForeignKey, Table, World
from shaper import ABOUT, EMBEDDED, Shaper

KEYS = [["int8"], ["citext"], ["int4"], ["int4", "text"], ["uuid"], ["numeric"], ["text"], ["int8", "citext", "int2"],
        ["padded"], ["int2"], ["loose"]]
KEY_NAMES = {"int8": "id", "int4": "id", "int2": "nr", "uuid": "id", "numeric": "rate", "text": "code", "citext": "email",
             "loose": "word", "padded": "code"}
PLAIN = list(KINDS)
TABLE_NAMES = ["alphas", "order", "Betas", "select", "gamma rays", "user", "deltas", 'quo"ted', "table", "epsilon_s"]
COLUMN_NAMES = ["name", "group", "User", "rank", 'a "b" c', "limit", "Mixed_Case", "label", "from", "amount", "é"]
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
        about = self.add_topics(kind) if self.seed % 2 else Column("about", kind, kind)
        marks = Table("public", "marks", [Column("id", "int8", "int8", True), about, *keys], ["id"])
        if self.seed % 2:
            marks.foreign_keys.append(ForeignKey("marks_topic_fk", ["topic_id"], "c", ["id"]))
        marks.columns += [Column(f"in_{name}", name, KINDS[name].sql) for name in EMBEDDED]
        for i in range(25):
            values = [None, *ABOUT[kind], *ABOUT[kind][:2]]
            value = rng.choice(values)
            row = {"id": str(i), about.name: value and str(values.index(value)) if self.seed % 2 else value}
            target = skewed(rng, table.rows) if table.rows and rng.random() < 0.9 else None
            for column in keys:
                value = target[column.name[len("on_"):]] if target else KINDS[column.kind].make(rng)
                row[column.name] = None if rng.random() < 0.1 else KINDS[column.kind].other_text(rng, value)
            row.update({f"in_{name}": KINDS[name].make(rng) if rng.random() < 0.4 else None for name in EMBEDDED})
            marks.rows.append(row)
        for i in range(2):
            self.add_either(marks, f"k{i}", entities)
        self.world.tables["m"] = marks

    def add_topics(self, kind):
        """What a mark is about as a row of its own, as a content type is; the column that refers to it."""
        topics = Table("public", "topics", [Column("id", "int8", "int8", True), Column("about", kind, kind)], ["id"])
        topics.rows = [{"id": str(i), "about": value} for i, value in enumerate([None, *ABOUT[kind]])]
        self.world.tables["c"] = topics
        return Column("topic_id", "int8", "int8")

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
