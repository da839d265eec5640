"""What a case is made of: tables with rows, resources over them, requests.  Plain data, so that it can be copied, shrunk
and printed."""

from dataclasses import dataclass, field

from kinds import KINDS


@dataclass
class Column:
    name: str
    kind: str              # a key of KINDS
    sql: str               # its type, where a kind has several
    not_null: bool = False


@dataclass
class ForeignKey:
    name: str
    columns: list
    table: str             # the other table's key in World.tables
    references: list
    state: str = "valid"   # "not valid": rows may refer to nothing; "undeclared": no constraint at all
    unique: bool = False


@dataclass
class Table:
    schema: str
    name: str
    columns: list
    primary: list          # column names; empty for a junction without a key
    uniques: list = field(default_factory=list)
    indexes: list = field(default_factory=list)
    foreign_keys: list = field(default_factory=list)
    rows: list = field(default_factory=list)  # {column: SQL text or None}
    analyzed: bool = True
    partitioned: bool = False
    functions: list = field(default_factory=list)  # (name, column, "copy" or "is there") of its rows
    view_of: str = ""      # a view of this table's rows, without rows of its own

    def column(self, name):
        return next(column for column in self.columns if column.name == name)


@dataclass
class Link:
    """How rows of a resource lead to rows of another."""
    columns: list
    target: str            # a resource
    references: list
    through: str = ""      # a table
    source_columns: list = field(default_factory=list)
    target_columns: list = field(default_factory=list)


@dataclass
class Relation:
    link: Link
    many: bool
    annotation: str = ""   # how the link is declared, as text; empty where it is inferred
    filter: object = None
    through_filter: object = None
    order: list = field(default_factory=list)  # (path, descending)
    page_size: int = 0
    max_page_size: int = 0
    max_depth: int = 0
    variant: tuple = ()    # (path of a column, value): the rows that have it, by the discriminator of its oneof

    @property
    def limit(self):
        """Rows for each parent; 0 for all."""
        return self.page_size or self.max_page_size


@dataclass
class Field:
    name: str
    role: str              # column, relation, source, aggregate, function, has_more, next_page_token, embed
    proto: str = ""        # the type of a column, source or aggregate
    presence: str = ""     # "", optional, wrapper
    column: str = ""       # embed: what the columns' names begin with; function: what it looks at
    relation: Relation = None
    path: str = ""         # source: its path; has_more, next_page_token: the list; aggregate: the list, or list.field;
                           # embed: a message of World.embeds
    function: str = ""     # aggregate; function: its name
    filter: object = None  # aggregate
    oneof: str = ""        # that it is a member of


@dataclass
class Bound:
    """A field of list requests that filters."""
    name: str
    path: str
    op: str
    kind: str
    proto: str
    repeated: bool


@dataclass
class Resource:
    name: str
    table: str
    fields: list
    key: list              # column names
    declares_key: bool = False
    order: list = field(default_factory=list)
    filter: object = None
    deleted: object = None
    default_mask: list = field(default_factory=list)
    page_size: int = 0
    max_page_size: int = 0
    second_key: list = field(default_factory=list)  # another unique key by which Get finds it
    bounds: list = field(default_factory=list)
    list_mask: list = field(default_factory=list)   # the default mask of List and Stream alone
    list_page_size: int = 0
    discriminators: dict = field(default_factory=dict)  # {oneof: (path of a column, key columns)}
    counts: bool = False   # lists tell their total size

    def field(self, name):
        return next(field for field in self.fields if field.name == name)


@dataclass
class World:
    seed: int
    tables: dict
    resources: dict
    embeds: dict = field(default_factory=dict)  # {message: a Resource of its holder's table}

    def target(self, field):
        """The resource that a relation leads to, or the message that is embedded."""
        if field.role == "embed":
            return self.embeds[field.path]
        return self.resources[field.relation.link.target]

    def at(self, resource, path):
        """(resource, field) at the end of a path of relations and a field."""
        *steps, last = path
        for step in steps:
            resource = self.target(resource.field(step))
        return resource, resource.field(last)

    def kind_of(self, resource, field):
        """The kind of a scalar field's values."""
        if field.role == "column":
            return KINDS[self.tables[resource.table].column(field.column).kind]
        if field.role == "function":
            return KINDS[self.tables[resource.table].column(field.column).kind if field.path == "copy" else "bool"]
        if field.role == "aggregate" and field.function in ("count", "exists"):
            return KINDS["int8" if field.function == "count" else "bool"]
        kind = self.kind_of(*self.at(resource, field.path.split(".")))
        if field.role == "aggregate" and field.function == "sum":
            return KINDS["int8" if kind.name in ("int2", "int4") else "numeric"]
        return kind


@dataclass
class ListArguments:
    """What a request says of a nested list."""
    filter: object = None
    filter_text: str = ""
    order: list = field(default_factory=list)
    order_text: str = ""
    page_size: int = 0
    max_depth: int = 0
    page_token: str = ""
    after: int = 0         # rows that the token leaves behind


@dataclass
class Request:
    method: str            # Get, BatchGet, List, Stream
    resource: str
    mask: list
    keys: list = field(default_factory=list)   # Get: one tuple of values; BatchGet: several
    by: list = field(default_factory=list)     # Get: the second key's columns, where the values are of it
    bounds: dict = field(default_factory=dict) # {name of a Bound: values}
    filter: object = None
    filter_text: str = ""
    order: list = field(default_factory=list)
    order_text: str = ""
    page_size: int = 0
    skip: int = 0
    show_deleted: bool = False
    lists: dict = field(default_factory=dict)  # {path: ListArguments}
    header: str = ""       # the header that the mask goes in: rowan-read-mask or x-goog-fieldmask


# Conditions.  A path is a tuple of field names; what names no field is ("column", name) or ("through", name).

@dataclass
class All:
    children: list


@dataclass
class Any:
    children: list


@dataclass
class Not:
    child: object


@dataclass
class Compare:
    path: tuple
    op: str
    value: object
    kind: str
    proto: str = ""


@dataclass
class Matches:
    """A string with wildcards: parts, between which anything may stand."""
    path: tuple
    parts: list
    kind: str
    op: str = "="          # = : !=


@dataclass
class AnyOf:
    path: tuple
    values: list
    kind: str
    proto: str = ""
    op: str = "="          # = : !=


@dataclass
class Has:
    path: tuple


@dataclass
class Contains:
    path: tuple
    value: object
    kind: str               # of the element
    proto: str = ""


@dataclass
class Exists:
    path: tuple
    body: object = None


@dataclass
class Lowered:
    """What lower(path) is, compared: `inner` is a Compare, a Matches or an AnyOf."""
    inner: object

    @property
    def path(self):
        return self.inner.path


@dataclass
class InRange:
    """A range that contains a value, or another range."""
    path: tuple
    value: object
    kind: str


@dataclass
class Inside:
    """What the keys lead to in json, compared with a text, a number or a boolean; op "*": that it is there."""
    path: tuple
    keys: tuple
    op: str                # = != : < <= > >= *
    value: object = None
    parts: list = None     # instead of a value: a text with wildcards
    lower: bool = False    # what lower() makes of it


@dataclass
class Overlaps:
    """A range that has something in common with another, or a list with a list."""
    path: tuple
    value: object
    kind: str               # of the range, or of the list's elements
    proto: str = ""


@dataclass
class Search:
    """A text that has all the words, by the configuration `simple`."""
    path: tuple
    words: list


CONDITIONS = (Lowered, Inside, Search, InRange, Overlaps, All, Any, Not, Compare, Matches, AnyOf, Has, Contains, Exists)
