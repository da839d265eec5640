"""Conditions as texts of the filter language, orders as texts of order_by.

One condition has many texts: OR binds tighter than AND, what stands side by side is ANDed, - is NOT, parentheses may
surround anything.  Which one is taken is random.
"""

import json

from kinds import KINDS, quote
from model import All, Any, AnyOf, Compare, Contains, Exists, Has, Inside, InRange, Lowered, Matches, Not, Overlaps, Search


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def path_text(rng, path):
    if path[0] in ("column", "through"):
        return f"{path[0]}('{path[1]}')"
    return ".".join(camel(step) if rng.random() < 0.1 else step for step in path)


def filter_text(rng, condition):
    return "" if condition is None else expression(rng, condition)


def expression(rng, condition):
    if isinstance(condition, All) and len(condition.children) > 1:
        return rng.choice([" AND ", " "]).join(factor(rng, child) for child in condition.children)
    return factor(rng, condition)


def factor(rng, condition):
    if isinstance(condition, Any) and len(condition.children) > 1:
        return " OR ".join(term(rng, child) for child in condition.children)
    return term(rng, condition)


def term(rng, condition):
    if isinstance(condition, Not):
        return rng.choice(["NOT ", "-"]) + simple(rng, condition.child)
    return simple(rng, condition)


def simple(rng, condition):
    if isinstance(condition, (All, Any, Not)) or rng.random() < 0.1:
        if isinstance(condition, (All, Any)) and len(condition.children) == 1:
            return simple(rng, condition.children[0])
        return f"({expression(rng, condition)})"
    return restriction(rng, condition)


def restriction(rng, condition):
    if isinstance(condition, Exists):
        body = f", ({expression(rng, condition.body)})" if condition.body is not None else ""
        return f"exists({path_text(rng, condition.path)}{body})"
    path = path_text(rng, condition.path)
    if isinstance(condition, Search):
        return f"search({path}, {quote(rng, rng.choice([' ', ', ']).join(condition.words))}, simple)"
    if isinstance(condition, Inside):
        return restriction_inside(rng, path, condition)
    if isinstance(condition, InRange):
        return f"{path}:{KINDS[condition.kind].literal(rng, condition.value, 'string')}"
    if isinstance(condition, Overlaps) and isinstance(condition.value, list):
        values = " OR ".join(KINDS[condition.kind].literal(rng, value, condition.proto) for value in condition.value)
        return f"overlaps({path}, ({values}))"
    if isinstance(condition, Overlaps):
        return f"overlaps({path}, {KINDS[condition.kind].literal(rng, condition.value, 'string')})"
    if isinstance(condition, Lowered):
        condition, path = condition.inner, f"lower({path})"
    if isinstance(condition, Has):
        return path + ":*"
    if isinstance(condition, Contains):
        return f"{path}:{KINDS[condition.kind].literal(rng, condition.value, condition.proto)}"
    if isinstance(condition, Matches):
        return f"{path} {condition.op} {pattern(rng, condition.parts)}"
    kind = KINDS[condition.kind]
    if isinstance(condition, AnyOf):
        values = " OR ".join(literal(rng, kind, value, condition.proto) for value in condition.values)
        return f"{path} {condition.op} ({values})"
    assert isinstance(condition, Compare)
    space = rng.choice(["", " "]) if condition.op != ":" else ""
    return f"{path}{space}{condition.op}{space}{literal(rng, kind, condition.value, condition.proto)}"


def restriction_inside(rng, path, condition):
    names = [key if key.isalnum() and rng.random() < 0.7 else quote(rng, key).replace("\\*", "*") for key in condition.keys]
    path = ".".join([path, *names])
    path = f"lower({path})" if condition.lower else path
    if condition.op == "*":
        return path + ":*"
    if condition.parts is not None:
        return f"{path} {condition.op} {pattern(rng, condition.parts)}"
    value = quote(rng, condition.value) if isinstance(condition.value, str) else str(condition.value).lower()
    return f"{path} {condition.op} {value}"


def literal(rng, kind, value, proto):
    """A value, or what lower() makes it of."""
    if kind.textual and value.isascii() and value == value.lower() and rng.random() < 0.2:
        return f"lower({kind.literal(rng, value.upper(), proto)})"
    return kind.literal(rng, value, proto)


def pattern(rng, parts):
    mark = rng.choice("\"'")
    return mark + "*".join(quote(rng, part)[1:-1].replace("\\'", "'").replace('\\"', '"').replace(mark, "\\" + mark)
                           for part in parts) + mark


def order_text(rng, order):
    return rng.choice([", ", ","]).join(
        path + (rng.choice([" desc", " DESC", "  desc"]) if descending else rng.choice(["", "", " asc"]))
        for path, descending in order)


def proto_string(text):
    """A string of a .proto file."""
    return json.dumps(text, ensure_ascii=False)
