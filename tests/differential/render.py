"""A world as what a user would have written: SQL, and annotated .proto files."""

import random

from evaluate import identifier, table_identifier
from kinds import GRADES, LABELS, STATE_LABELS, STATE_NAMES, wire_name
from language import filter_text, order_text, proto_string
from shaper import listed, qualified, quoted

WRAPPERS = {"int32": "Int32Value", "int64": "Int64Value", "string": "StringValue", "bool": "BoolValue",
            "double": "DoubleValue"}

PROLOGUE = """CREATE EXTENSION citext;
CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TYPE mood AS ENUM ({labels});
CREATE SCHEMA "Odd Schema";
"""


def sql(world):
    statements = [PROLOGUE.format(labels=", ".join(f"'{label}'" for label in LABELS))]
    for table in world.tables.values():
        statements.append(create_table(table) if not table.view_of else create_view(table, world.tables[table.view_of]))
    for table in world.tables.values():
        statements += [create_function(table, *function) for function in table.functions]
        statements += [insert(table, row) for row in table.rows]
    for table in world.tables.values():
        statements += [foreign_key(world, table, key) for key in table.foreign_keys if key.state != "undeclared"]
        statements += [f"CREATE INDEX ON {table_identifier(table)} ({columns(names)});" for names in table.indexes]
        if table.analyzed and not table.view_of:
            statements.append(f"ANALYZE {table_identifier(table)};")
    return "\n".join(statements)


def columns(names):
    return ", ".join(map(identifier, names))


def create_table(table):
    parts = [f"{identifier(c.name)} {c.sql}{' NOT NULL' if c.not_null else ''}" for c in table.columns]
    if table.primary:
        parts.append(f"PRIMARY KEY ({columns(table.primary)})")
    parts += [f"UNIQUE ({columns(names)})" for names in table.uniques]
    text = f"CREATE TABLE {table_identifier(table)} (\n  " + ",\n  ".join(parts) + "\n)"
    if not table.partitioned:
        return text + " WITH (autovacuum_enabled = false);"
    text += f" PARTITION BY HASH ({identifier(table.primary[0])});"
    for i in range(2):
        text += (f"\nCREATE TABLE public.{identifier(f'{table.name} {i}')} PARTITION OF {table_identifier(table)} "
                 f"FOR VALUES WITH (MODULUS 2, REMAINDER {i});")
    return text


def create_view(view, table):
    return f"CREATE VIEW {table_identifier(view)} AS SELECT * FROM {table_identifier(table)};"


def create_function(table, name, column, what):
    """`is there` says something even of a row that is not."""
    sql_type = table.column(column).sql if what == "copy" else "bool"
    value = f"($1).{identifier(column)}" + (" IS NOT NULL" if what != "copy" else "")
    return (f"CREATE FUNCTION public.{identifier(name)}({table_identifier(table)}) RETURNS {sql_type} LANGUAGE sql STABLE "
            f"AS $$ SELECT {value} $$;")


def insert(table, row):
    values = ", ".join("NULL" if value is None else "'" + value.replace("'", "''") + "'" for value in row.values())
    return f"INSERT INTO {table_identifier(table)} ({columns(row)}) VALUES ({values});"


def foreign_key(world, table, key):
    target = table_identifier(world.tables[key.table])
    return (f"ALTER TABLE {table_identifier(table)} ADD CONSTRAINT {identifier(key.name)} "
            f"FOREIGN KEY ({columns(key.columns)}) REFERENCES {target} ({columns(key.references)})"
            f"{' NOT VALID' if key.state == 'not valid' else ''};")


# ---- protos ----

HEAD = """syntax = "proto3";

package oracle.v1;

import "google/protobuf/field_mask.proto";
import "rowan/v1/annotations.proto";
import "rowan/v1/request.proto";
"""
IMPORTS = {"google.protobuf.Timestamp ": "google/protobuf/timestamp.proto", "Value ": "google/protobuf/wrappers.proto",
           "google.type.Decimal": "google/type/decimal.proto", "google.protobuf.Duration ": "google/protobuf/duration.proto"}


def proto(world):
    rng = random.Random(world.seed)  # texts of conditions, the same each time
    values = "\n".join(f"  {wire_name(label)} = {i + 1}{label_option(label)};" for i, label in enumerate(LABELS))
    parts = [HEAD, f"enum Mood {{\n  MOOD_UNSPECIFIED = 0;\n{values}\n}}", *enums()]
    parts += [message(world, resource, rng) for resource in world.resources.values()]
    parts += [embed(resource) for resource in world.embeds.values()]
    parts += [requests(resource) for resource in world.resources.values()]
    methods = "\n".join(service_methods(resource) for resource in world.resources.values())
    text = "\n".join(parts)
    parts[0] += "".join(f'import "{file}";\n' for name, file in IMPORTS.items() if name in text)
    return "\n\n".join([*parts, f"service Oracle {{\n{methods}\n}}\n"])


def enums():
    """Those over texts and numbers."""
    states = "\n".join(f"  {name} = {i}" + (f" [(rowan.v1.enum_value).label = {quoted(label)}]" * (label in STATE_LABELS)) + ";"
                       for i, (label, name) in enumerate(STATE_NAMES.items()))
    grades = "\n".join(f"  {name} = {number};" for number, name in GRADES.items())
    return [f"enum State {{\n{states}\n}}", f"enum Grade {{\n{grades}\n}}"]


def label_option(label):
    return f" [(rowan.v1.enum_value).label = {quoted(label)}]" if label == "VERY sad" else ""


def message(world, resource, rng):
    options = [f"table: {proto_string(qualified(world.tables[resource.table]))}"]
    if resource.declares_key:
        options.append(f"key: {listed(resource.key)}")
    if resource.order:
        options.append(f"order_by: {proto_string(order_text(rng, resource.order))}")
    if resource.filter is not None:
        options.append(f"filter: {proto_string(filter_text(rng, resource.filter))}")
    if resource.deleted is not None:
        options.append(f"deleted: {proto_string(filter_text(rng, resource.deleted))}")
    if resource.default_mask:
        options.append(f"default_mask: {proto_string(', '.join(resource.default_mask))}")
    options += [f"{name}: {getattr(resource, name)}" for name in ("page_size", "max_page_size") if getattr(resource, name)]
    lines = {field.name: f"  {declaration(field)} = {i + 1}{field_options(field, rng)};"
             for i, field in enumerate(resource.fields)}
    oneofs = dict.fromkeys(field.oneof for field in resource.fields if field.oneof)
    fields = "\n".join([lines[field.name] for field in resource.fields if not field.oneof] +
                       [oneof(resource, name, lines) for name in oneofs])
    return f"message {resource.name} {{\n  option (rowan.v1.resource) = {{{' '.join(options)}}};\n{fields}\n}}"


def oneof(resource, name, lines):
    members = "\n".join(lines[field.name] for field in resource.fields if field.oneof == name)
    if name not in resource.discriminators:
        return f"  oneof {name} {{\n{members}\n  }}"
    column, keys = resource.discriminators[name]
    option = f"discriminator: {proto_string(column)} columns: {listed(keys)}"
    return f"  oneof {name} {{\n  option (rowan.v1.oneof) = {{{option}}};\n{members}\n  }}"


def embed(resource):
    fields = "\n".join(f"  {declaration(field)} = {i + 1};" for i, field in enumerate(resource.fields))
    return f"message {resource.name} {{\n{fields}\n}}"


def declaration(field):
    if field.role == "embed":
        return f"{field.path} {field.name}"
    if field.role == "relation":
        return f"{'repeated ' if field.relation.many else ''}{field.relation.link.target} {field.name}"
    if field.presence == "wrapper":
        return f"google.protobuf.{WRAPPERS[field.proto]} {field.name}"
    return f"{'optional ' if field.presence == 'optional' else ''}{field.proto} {field.name}"


def field_options(field, rng):
    if field.role == "column":
        return "" if field.column == field.name else f" [(rowan.v1.field).column = {proto_string(field.column)}]"
    if field.role == "relation" and field.relation.variant:
        return f" [(rowan.v1.field).variant_value = {proto_string(field.relation.variant[1])}]"
    if field.role == "relation":
        text = relation_options(field.relation, rng)
        return f" [(rowan.v1.field).relation = {{{text}}}]" if text else ""
    if field.role == "embed":
        return f" [(rowan.v1.field).embed = {{prefix: {proto_string(field.column)}}}]"
    if field.role == "function":
        return f" [(rowan.v1.field).function = {proto_string(field.function)}]"
    if field.role == "aggregate":
        condition = f" filter: {proto_string(filter_text(rng, field.filter))}" if field.filter is not None else ""
        return f" [(rowan.v1.field).aggregate = {{{field.function}: {proto_string(field.path)}{condition}}}]"
    return f" [(rowan.v1.field).{field.role} = {proto_string(field.path)}]"


def relation_options(relation, rng):
    options = []
    if relation.annotation:
        options.append(relation.annotation.replace("%FILTER%", proto_string(filter_text(rng, relation.through_filter))))
    if relation.filter is not None:
        options.append(f"filter: {proto_string(filter_text(rng, relation.filter))}")
    if relation.order:
        options.append(f"order_by: {proto_string(order_text(rng, relation.order))}")
    options += [f"{name}: {getattr(relation, name)}" for name in ("page_size", "max_page_size", "max_depth")
                if getattr(relation, name)]
    return " ".join(options)


def key_fields(resource, names):
    """(name, type) of the request fields that name a key."""
    columns_ = {field.column: field for field in resource.fields if field.role == "column"}
    return [(columns_[name].name, columns_[name].proto) for name in names]


def bound_field(number, bound):
    options = [f"(rowan.v1.field).source = {proto_string(bound.path)}"]
    if bound.op != "=":
        options.append(f'(rowan.v1.field).operator = "{bound.op}"')
    label = "repeated " if bound.repeated else "" if "." in bound.proto else "optional "
    return f"  {label}{bound.proto} {bound.name} = {number} [{', '.join(options)}];\n"


def requests(resource):
    name, keys = resource.name, key_fields(resource, resource.key)
    lookups = keys + key_fields(resource, resource.second_key)
    optional = "optional " if resource.second_key else ""
    fields = "\n".join(f"  {optional}{proto_} {field} = {i + 2};" for i, (field, proto_) in enumerate(lookups))
    bounds = "".join(bound_field(i + 6, bound) for i, bound in enumerate(resource.bounds))
    batch = f"repeated Get{name}Request requests" if len(keys) > 1 else f"repeated {keys[0][1]} {keys[0][0]}s"
    mask = "  google.protobuf.FieldMask read_mask = 1;\n  map<string, rowan.v1.RelationArguments> relation_arguments = 15;"
    total = "  int32 total_size = 3 [(rowan.v1.field).total_size = TOTAL_SIZE_EXACT];\n" if resource.counts else ""
    listing = f"""{mask}
  int32 page_size = 2;
  string page_token = 3;
  string filter = 4;
  string order_by = 5;
{bounds}{"  bool show_deleted = 14;" if resource.deleted is not None else ""}
"""
    return f"""message Get{name}Request {{
{mask}
{fields}
}}
message BatchGet{name}Request {{
{mask}
  {batch} = 2;
}}
message BatchGet{name}Response {{
  repeated {name} items = 1;
}}
message List{name}Request {{
{listing}  int32 skip = 9;
}}
message List{name}Response {{
  repeated {name} items = 1;
  string next_page_token = 2;
{total}}}
message Stream{name}Request {{
{listing}}}
message Stream{name}Response {{
  repeated {name} items = 1;
  string next_page_token = 2;
}}"""


def service_methods(resource):
    name = resource.name
    options = f"default_mask: {proto_string(','.join(resource.list_mask))} " if resource.list_mask else ""
    options += f"page_size: {resource.list_page_size}" if resource.list_page_size else ""
    ending = f" {{\n    option (rowan.v1.method) = {{{options}}};\n  }}" if options else ";"
    return f"""  rpc Get{name}(Get{name}Request) returns ({name});
  rpc BatchGet{name}(BatchGet{name}Request) returns (BatchGet{name}Response);
  rpc List{name}(List{name}Request) returns (List{name}Response){ending}
  rpc Stream{name}(Stream{name}Request) returns (stream Stream{name}Response){ending}"""
