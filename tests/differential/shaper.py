"""Random resources over a world's tables: fields, relations, what is derived from them, options."""

from conditions import Conditions
from kinds import KINDS
from masks import OF_LISTS
from model import Any, Bound, Compare, Field, Has, Link, Not, Relation, Resource

ABOUT = {"text": ["first", "second", "First", "neither"], "mood": ["happy", "calm", "so-so"], "int4": ["1", "2", "12"]}
EMBEDDED = ["text", "int4", "stamp", "citext", "grade", "state"]


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
        for name, resource in self.of_table.items():
            self.add_functions(resource, self.world.tables[name], name)
        self.add_members(self.of_table["m"])
        self.add_embedded(self.of_table["m"])
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

    def add_functions(self, resource, table, name):
        """Functions of the row: a column again, and one that gives something even where there is no row."""
        for i, what in enumerate(("copy", "is there")):
            columns = [column for column in table.columns if column.kind != "loose" and "[]" not in column.kind]
            if not columns or self.chance(0.3):
                continue
            column = self.rng.choice(columns)
            table.functions.append((f"of {name} {i}", column.name, what))
            proto = self.rng.choice(KINDS[column.kind].proto) if what == "copy" else "bool"
            presence = self.rng.choice(["", "optional"]) if "." not in proto else ""
            self.add(resource, Field(f"fn_{i}", "function", proto, presence, column.name, path=what,
                                     function=table.functions[-1][0]))

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
            if field.role == "relation" and field.name != "topic":
                field.oneof = "either"
        of = self.world.tables["v"].view_of
        keys = [column.name for column in self.world.tables["m"].columns if column.name.startswith("on_")]
        path = "topic.about" if "c" in self.world.tables else "about"
        values = ABOUT[self.world.tables["c" if "c" in self.world.tables else "m"].column("about").kind]
        resource.discriminators["subject"] = (path, keys)
        for i, target in enumerate((self.of_table[of], self.of_table["v"])):
            relation = Relation(self.link(resource, keys, target, target.key), False, variant=(path, values[i]))
            self.add(resource, Field(f"subject_{i}", "relation", relation=relation, oneof="subject"))

    def add_embedded(self, resource):
        fields = []
        for name in EMBEDDED:
            proto = KINDS[name].proto[0]
            presence = self.rng.choice(["", "optional"]) if "." not in proto else ""
            fields.append(Field(name, "column", proto, presence, f"in_{name}"))
        self.world.embeds["Inner"] = Resource("Inner", resource.table, fields, [])
        self.add(resource, Field("inner", "embed", path="Inner", column="in_"))

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
        loose = [column.name for column in table.columns if not column.not_null]
        if loose and self.chance(0.4):
            resource.deleted = Has(("column", self.rng.choice(loose)))
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
            path, field = self.conditions.to_one_path(resource, derived=True)
            kind = self.conditions.kind_at(resource, path)
            if not kind.bounded or kind.name in ("float8", "date"):
                continue
            repeated = self.chance(0.4) and field.proto not in ("google.protobuf.Timestamp", "google.protobuf.Duration")
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
