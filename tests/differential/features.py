"""What a run must have met at least once.  A generator that quietly stops making something would make the oracle blind."""

import collections

from kinds import KINDS
from model import All, Any, AnyOf, Compare, Contains, Exists, Has, Inside, InRange, Lowered, Matches, Not, Overlaps, Search

KEY_FEATURES = ["key " + kind for kind in ("int2", "int4", "int8", "text", "citext", "loose", "padded", "numeric", "uuid")]

COMPARED_BY_ROWAN = ("int2", "int4", "int8", "bool", "uuid")  # lists in such orders need no ORDER BY

WORLD = KEY_FEATURES + [
    "composite key", "nullable foreign key", "self-reference", "cycle of foreign keys", "foreign key to a unique column",
    "foreign key of another width", "one-to-one", "foreign key not valid", "relation without a foreign key",
    "junction with unique pairs", "junction with duplicates", "enum", "array", "timestamp", "boolean", "skew",
    "table never analyzed", "odd name", "NULL", "empty table", "declared key", "partly NULL composite key", "dangling key",
    "citext written otherwise", "numeric of another scale", "padding of another width",
    "relation inferred", "relation by constraint", "relation by columns", "filtered relation", "filtered to-one",
    "through filter", "through() in a filter", "limited relation", "relation with a most", "source", "resource filter",
    "declared order",
    "declared as deleted",
    "declared page size", "default mask", "aggregate count", "aggregate exists", "aggregate sum", "aggregate min",
    "aggregate max", "aggregate filter", "optional field", "wrapper field", "view", "partitioned table", "NaN", "infinity",
    "request field that filters", "request field that filters: any of", "second unique key", "method's default mask",
    "method's page size", "relation that recurs", "relation that recurs, limited", "to-one that recurs", "has_more",
    "next_page_token", "total_size", "oneof by a discriminator", "oneof by keys", "embed",
    "discriminator behind a to-one",
    "function", "enum over text", "enum over integers", "bytes", "interval",
]

REQUEST = ["Get", "BatchGet", "List", "Stream"] + [
    "several pages", "page cut in a tie", "cursor at NULL", "one large page", "asked again at once",
    "resumed stream", "found by the second key", "filtered by a request field", "key asked for twice",
    "key without a row", "no mask", "mask *", "mask in rowan-read-mask", "mask in x-goog-fieldmask", "four levels",
    "relation in full and filtered",
    "has_more true", "has_more false", "order through a to-one", "order descending", "order of several", "default page size",
    "p and NOT p", "projection", "AND", "OR", "NOT", "any-of", "wildcard", ":* of a scalar", ":* of a relation", "array has",
    "deleted rows shown", "deleted rows left out", "nested filter", "nested order", "nested page size", "nested depth", "arguments of a list in a list",
    "a nested list goes on", "nested pages are the list", "arguments leave the rest", "circle", "cut by depth", "skip",
    "levels spelled out", "member by a discriminator", "member by a key", "two members", "embedded message",
    "filter in an embedded message", "order in an embedded message",
    "exists()", "lower()", "search()", "range has", "overlaps()", "inside json",
    "filter through a to-one", "filter through a list",
    "filter on a source", "filter on an aggregate", "filter on a function", "order by an aggregate", "order by a function",
    "order by what is derived behind a to-one", "filter by an enum over text", "filter by an enum over integers",
    "order by an enum over text",
] + ["nested order by " + kind for kind in COMPARED_BY_ROWAN] + ["filter " + op for op in ("=", "!=", "<", "<=", ">", ">=", ":")]

STRATEGIES = {
    "to-one joined": "LEFT JOIN",
    "children by keys": r"= ANY \(",
    "children by the key asked for": r" = \$1::\S+(\n  AND .*)*\nORDER BY",
    "children by ordinals": "WITH ORDINALITY",
    "children below the embedded root": r"\) r\n",
    "limit by lateral": "CROSS JOIN LATERAL",
    "limit by row number": r"row_number\(\) OVER",
    "pairs of a junction grouped": "GROUP BY",
    "lists put in order by Postgres": r"\nORDER BY r\.k0",
    "lists put in order by Rowan": r"\) r\n(?:(?!ORDER BY)[\s\S])*\Z",
}

REQUIRED = WORLD + REQUEST + list(STRATEGIES)


class Coverage(collections.Counter):
    def missing(self):
        return [name for name in REQUIRED if not self[name]]

    def report(self):
        return "\n".join(f"{self[name]:8} {name}" for name in REQUIRED)

    # ---- of a world ----

    def see_world(self, world, data):
        self.update(set(self._of_tables(world, data)))
        self.update(set(self._of_resources(world)))

    def _of_tables(self, world, data):
        edges = {name: {f.table for f in table.foreign_keys} for name, table in world.tables.items()}
        for name, table in world.tables.items():
            yield from self._of_table(name, table, data[name])
            for key in table.foreign_keys:
                yield from self._of_key(world, name, table, key, data)
                if any(name in edges[other] for other in edges[name] - {name}):
                    yield "cycle of foreign keys"

    def _of_table(self, name, table, rows):
        if len(table.primary) == 1:
            yield "key " + table.column(table.primary[0]).kind
        elif name.startswith("t"):
            yield "composite key"
        elif table.primary:
            yield "junction with unique pairs"
        elif len({tuple(list(row.values.values())[1:]) for row in rows}) < len(rows):
            yield "junction with duplicates"
        if not table.analyzed:
            yield "table never analyzed"
        if not all(part.replace("_", "").isalpha() and part.islower() for part in (table.schema, table.name)):
            yield "odd name"
        if not rows:
            yield "empty table"
        yield "view" if table.view_of else ""
        yield "partitioned table" if table.partitioned else ""
        for column in table.columns:
            yield {"mood": "enum", "stamp": "timestamp", "bool": "boolean", "state": "enum over text",
                   "grade": "enum over integers", "bytes": "bytes", "span": "interval"}.get(column.kind, "")
            if "[]" in column.kind:
                yield "array"
            values = [row.values[column.name] for row in rows]
            yield "NULL" if None in values else ""
            texts = [str(value).lower() for value in values] if column.kind in ("float8", "odd numeric") else []
            yield "NaN" if "nan" in texts else ""
            yield "infinity" if {"inf", "infinity"} & set(texts) else ""

    def _of_key(self, world, name, table, key, data):
        target = world.tables[key.table]
        values = [tuple(row.values[column] for column in key.columns) for row in data[name]]
        yield {"not valid": "foreign key not valid", "undeclared": "relation without a foreign key"}.get(key.state, "")
        if key.table == name:
            yield "self-reference"
        if key.references != target.primary:
            yield "foreign key to a unique column"
        if key.unique:
            yield "one-to-one"
        if any(None in value for value in values):
            yield "nullable foreign key"
        if any(None in value and set(value) != {None} for value in values):
            yield "partly NULL composite key"
        if values and collections.Counter(values).most_common(1)[0][1] >= 4:
            yield "skew"
        yield from self._of_key_values(table, target, key, values, data)

    def _of_key_values(self, table, target, key, values, data):
        references = [tuple(row.values[column] for column in key.references) for row in data[key.table]]
        kinds = [KINDS[target.column(name).kind] for name in key.references]
        norms = {tuple(kind.norm(v) for kind, v in zip(kinds, reference))
                 for reference in references if None not in reference}
        for value in values:
            if None not in value and tuple(kind.norm(v) for kind, v in zip(kinds, value)) not in norms:
                yield "dangling key"
            elif None not in value and value not in references:
                yield {"citext": "citext written otherwise", "numeric": "numeric of another scale"}.get(kinds[0].name, "")
        for name, reference in zip(key.columns, key.references):
            if table.column(name).sql != target.column(reference).sql:
                yield "padding of another width" if kinds[0].name == "padded" else "foreign key of another width"

    def _of_resources(self, world):
        for resource in world.resources.values():
            yield from (name for name, there in {
                "declared key": resource.declares_key, "resource filter": resource.filter, "declared order": resource.order,
                "declared as deleted": resource.deleted,
                "declared page size": resource.page_size, "default mask": resource.default_mask,
                "request field that filters": resource.bounds, "second unique key": resource.second_key,
                "request field that filters: any of": any(bound.repeated for bound in resource.bounds),
                "method's default mask": resource.list_mask, "method's page size": resource.list_page_size,
                "total_size": resource.counts}.items() if there)
            yield "discriminator behind a to-one" * any("." in path for path, _ in resource.discriminators.values())
            for field in resource.fields:
                yield ("oneof by a discriminator" if field.oneof in resource.discriminators else "oneof by keys") * bool(
                    field.oneof)
                yield {"optional": "optional field", "wrapper": "wrapper field"}.get(field.presence, "")
                yield from {"relation": self._of_relation, "aggregate": self._of_aggregate}.get(
                    field.role, lambda field: [field.role])(field)

    def _of_relation(self, field):
        relation = field.relation
        if not relation.annotation:
            yield "relation inferred"
        elif "through" not in relation.annotation:
            yield "relation by constraint" if "foreign_key" in relation.annotation else "relation by columns"
        if relation.filter is not None:
            yield "filtered relation" if relation.many else "filtered to-one"
        if relation.through_filter is not None:
            yield "through filter"
        if any(getattr(c, "path", ("",))[0] == "through" for c in parts(relation.filter)):
            yield "through() in a filter"
        if relation.max_depth > 1:
            yield "relation that recurs" if relation.many else "to-one that recurs"
            yield "relation that recurs, limited" if relation.limit else ""
        yield "limited relation" if relation.page_size else ""
        yield "relation with a most" if relation.max_page_size and not relation.page_size else ""

    def _of_aggregate(self, field):
        yield "aggregate " + field.function
        if field.filter is not None:
            yield "aggregate filter"

    # ---- of a request ----

    def see_request(self, world, request, selection):
        self.update(set(self._of_request(world, request, selection)))

    def _of_request(self, world, request, selection):
        resource = world.resources[request.resource]
        yield request.method
        if not request.mask:
            yield "no mask"
        if "*" in request.mask:
            yield "mask *"
        yield "found by the second key" if request.by else ""
        yield "filtered by a request field" if request.bounds else ""
        if request.header and request.mask:
            yield "mask in " + request.header
        if len(set(request.keys)) < len(request.keys):
            yield "key asked for twice"
        if request.method == "List" and not request.page_size:
            yield "default page size"
        if len(request.order) > 1:
            yield "order of several"
        for path, descending in request.order:
            yield ("order in an embedded message" if "inner" in path else "order through a to-one") * ("." in path)
            yield "order descending" if descending else ""
            field = world.at(resource, path.split("."))[1]
            yield {"aggregate": "order by an aggregate", "function": "order by a function"}.get(field.role, "")
            yield "order by what is derived behind a to-one" * (field.role in ("aggregate", "function") and "." in path)
            yield "order by an enum over text" * (field.proto == "State")
        yield from self._of_nested_orders(world, resource, request)
        yield "skip" if request.skip else ""
        if resource.deleted is not None and request.method in ("List", "Stream"):
            yield "deleted rows shown" if request.show_deleted else "deleted rows left out"
        for path, arguments in request.lists.items():
            yield from (name for name, there in {
                "nested filter": arguments.filter, "nested order": arguments.order, "nested page size": arguments.page_size,
                "nested depth": arguments.max_depth, "arguments of a list in a list": "." in path}.items() if there)
        yield from self._of_selection(selection)
        members = [resource.field(name) for name, below in selection.items() if below and resource.field(name).oneof]
        yield "embedded message" * ("inner" in selection)
        yield from ("member by a discriminator" if field.relation.variant else "member by a key" for field in members)
        for condition in parts(request.filter):
            yield from self._of_condition(world, resource, condition)

    def _of_nested_orders(self, world, resource, request):
        for path, arguments in request.lists.items():
            target = resource
            for step in path.split("."):
                target = world.target(target.field(step))
            for term, _ in arguments.order[:1]:
                here, field = world.at(target, term.split("."))
                derived = field.role in ("aggregate", "function")
                yield "" if derived or arguments.page_size else f"nested order by {world.kind_of(here, field).name}"

    def _of_selection(self, selection, depth=1):
        for name, below in selection.items():
            if below is not None and name.removesuffix("_some") != name and name.removesuffix("_some") in selection:
                yield "relation in full and filtered"
            if below is not None:
                yield "levels spelled out" if below.spelled and not below.recurs and name in below else ""
                yield "four levels" if depth == 4 else ""
                yield from self._of_selection(below, depth + 1)

    def _of_condition(self, world, resource, condition):
        yield {All: "AND", Any: "OR", Not: "NOT", AnyOf: "any-of", Matches: "wildcard", Contains: "array has",
               Exists: "exists()", Lowered: "lower()", Search: "search()", InRange: "range has", Inside: "inside json",
               Overlaps: "overlaps()"}.get(type(condition), "")
        if isinstance(condition, Compare):
            yield "filter " + condition.op
        if not hasattr(condition, "path"):
            return
        try:
            steps = [resource]
            for step in condition.path[:-1]:
                field = steps[-1].field(step)
                yield ("filter in an embedded message" if field.role == "embed" else
                       "filter through a list" if field.relation.many else "filter through a to-one")
                steps.append(world.target(field))
            role = steps[-1].field(condition.path[-1]).role
        except StopIteration:  # within exists() the names are another resource's
            return
        yield {"source": "filter on a source", "aggregate": "filter on an aggregate",
               "function": "filter on a function"}.get(role, "")
        yield {"State": "filter by an enum over text", "Grade": "filter by an enum over integers"}.get(
            getattr(condition, "proto", ""), "")
        if isinstance(condition, Has):
            yield ":* of a relation" if role == "relation" else ":* of a scalar"


def parts(condition):
    """A condition and all that it is made of."""
    if condition is None:
        return
    yield condition
    for child in getattr(condition, "children", []) + [getattr(condition, "child", None), getattr(condition, "body", None)]:
        yield from parts(child)
