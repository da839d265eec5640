"""From a difference to a small one: what can be left out while the same kind of difference stays is left out.

Greedy and bounded.  The request first, on the processes that still run; then the world, each try with a database and
processes of its own; then the request again.
"""

import copy
import dataclasses
import random

import language
from features import Coverage
from generate import norms_of
from model import All, Any, Exists, ListArguments, Not
from trial import Difference, Trial


def difference_of(trial, request, kind=None):
    """The difference that a request makes, of the kind if given; None without."""
    try:
        for turn in range(3):  # some checks are made by chance
            trial.check(request, Coverage(), random.Random(turn))
    except Difference as difference:
        return difference if kind in (None, difference.kind) else None
    except (StopIteration, KeyError, AssertionError, ValueError):  # the request no longer fits the world
        return None
    return None


def smaller_conditions(condition):
    """Conditions with something left out."""
    if isinstance(condition, (All, Any)):
        yield from condition.children
        for i, child in enumerate(condition.children):
            if len(condition.children) > 2:
                yield type(condition)(condition.children[:i] + condition.children[i + 1:])
            for smaller in smaller_conditions(child):
                yield type(condition)(condition.children[:i] + [smaller] + condition.children[i + 1:])
    elif isinstance(condition, Not):
        yield condition.child
        yield from map(Not, smaller_conditions(condition.child))
    elif isinstance(condition, Exists) and condition.body is not None:
        yield Exists(condition.path)
        for smaller in smaller_conditions(condition.body):
            yield Exists(condition.path, smaller)


def smaller_requests(request):
    def changed(**changes):
        smaller = dataclasses.replace(request, **changes)
        rng = random.Random(0)
        smaller.filter_text = language.filter_text(rng, smaller.filter)
        smaller.order_text = language.order_text(rng, smaller.order)
        return smaller

    for path in request.lists:
        yield changed(lists={other: its for other, its in request.lists.items() if other != path})
        for its in smaller_arguments(request.lists[path]):
            yield changed(lists={**request.lists, path: its})
    if request.skip:
        yield changed(skip=0)
    if request.filter is not None:
        yield changed(filter=None)
        for condition in smaller_conditions(request.filter):
            yield changed(filter=condition)
    for i in range(len(request.order)):
        yield changed(order=request.order[:i] + request.order[i + 1:])
    for i, path in enumerate(request.mask):
        if len(request.mask) > 1:
            yield changed(mask=request.mask[:i] + request.mask[i + 1:])
        if "." in path:
            yield changed(mask=request.mask[:i] + [path.rsplit(".", 1)[0]] + request.mask[i + 1:])
    for i in range(len(request.keys)):
        if len(request.keys) > 1:
            yield changed(keys=request.keys[:i] + request.keys[i + 1:])
    if request.page_size:
        yield changed(page_size=0)
    for name in request.bounds:
        yield changed(bounds={other: values for other, values in request.bounds.items() if other != name})
    if request.show_deleted:
        yield changed(show_deleted=False)
    if request.header:
        yield changed(header="")
    if request.method == "Stream":
        yield changed(method="List")


def smaller_arguments(arguments):
    """Arguments of a list with something left out."""
    empty = ListArguments()
    for name in ("page_size", "max_depth"):
        if getattr(arguments, name):
            yield dataclasses.replace(arguments, **{name: getattr(empty, name)})
    if arguments.filter is not None:
        for condition in [None, *smaller_conditions(arguments.filter)]:
            yield dataclasses.replace(arguments, filter=condition,
                                      filter_text=language.filter_text(random.Random(0), condition))
    for i in range(len(arguments.order)):
        order = arguments.order[:i] + arguments.order[i + 1:]
        yield dataclasses.replace(arguments, order=order, order_text=language.order_text(random.Random(0), order))


# ---- worlds ----

OPTIONS = {"default_mask": [], "order": [], "filter": None, "deleted": None, "page_size": 0, "max_page_size": 0, "bounds": [],
           "list_mask": [], "list_page_size": 0, "second_key": [], "counts": False}


def cuts(world):
    """What may be cut out of a world, coarse cuts first: functions that cut it out of a copy."""
    for name in world.resources:
        yield lambda w, name=name: w.resources.pop(name)
    for name in world.tables:
        yield lambda w, name=name: w.tables.pop(name)
    for name, resource in world.resources.items():
        for part in halves([field.name for field in resource.fields]):
            yield lambda w, name=name, part=part: keep(w.resources[name].fields, lambda field: field.name not in part)
    for name, table in world.tables.items():
        for part in halves(range(len(table.rows))):
            kept = [row for i, row in enumerate(table.rows) if i not in part]
            yield lambda w, name=name, kept=kept: keep(w.tables[name].rows, lambda row: row in kept)
        for column in table.columns:
            yield lambda w, name=name, column=column: cut_column(w.tables[name], column.name)
    for name in world.resources:
        for option, empty in OPTIONS.items():
            yield lambda w, name=name, option=option, empty=empty: setattr(w.resources[name], option, empty)


def keep(items, condition):
    items[:] = [item for item in items if condition(item)]


def cut_column(table, name):
    keep(table.columns, lambda column: column.name != name)
    table.rows = [{key: value for key, value in row.items() if key != name} for row in table.rows]


def halves(items):
    """The whole, its halves, their halves, down to single ones."""
    items, size = list(items), len(items)
    while size >= 1:
        for start in range(0, len(items), size):
            yield set(items[start:start + size])
        size //= 2


def tidy(world):
    """Cuts out what lost its ground, until nothing has."""
    before = None
    while before != (before := repr(world)):
        keep_entries(world.resources, lambda resource: resource.table in world.tables)
        for table in world.tables.values():
            keep(table.foreign_keys, lambda key, table=table: stands(world, table, key))
            keep(table.functions, lambda of, table=table: of[1] in {column.name for column in table.columns})
            for key in table.foreign_keys:
                keep(table.rows, lambda row, key=key: key.state != "valid" or refers(world, table, key, row))
        for resource in world.resources.values():
            keep(resource.fields, lambda field, resource=resource: has_ground(world, resource, field))
            for mask in (resource.default_mask, resource.list_mask):
                keep(mask, lambda path, resource=resource: resolves(world, resource, path))
            keep(resource.bounds, lambda bound, resource=resource: resolves(world, resource, bound.path))
            keep(resource.order, lambda term, resource=resource: resolves(world, resource, term[0]))
    return world


def keep_entries(entries, condition):
    for name in [name for name, entry in entries.items() if not condition(entry)]:
        del entries[name]


def stands(world, table, key):
    if key.table not in world.tables:
        return False
    there = {column.name for column in world.tables[key.table].columns}
    return {*key.columns} <= {column.name for column in table.columns} and {*key.references} <= there


def refers(world, table, key, row):
    values = norms_of(table, row, key.columns)
    target = world.tables[key.table]
    return None in values or any(norms_of(target, other, key.references) == values for other in target.rows)


def has_ground(world, resource, field):
    if field.role == "column":
        return field.column in {column.name for column in world.tables[resource.table].columns}
    if field.role == "relation":
        link = field.relation.link
        return (link.target in world.resources and (not link.through or link.through in world.tables)
                and {*link.columns} <= {column.name for column in world.tables[resource.table].columns}
                and all(resolves(world, world.resources[link.target], path) for path, _ in field.relation.order))
    if field.role == "function":
        return field.function in {name for name, _, _ in world.tables[resource.table].functions}
    return field.role == "embed" or resolves(world, resource, field.path)


def resolves(world, resource, path):
    for step in path.split("."):
        found = [field for field in resource.fields if field.name == step] if resource else []
        if step != "*" and not found:
            return False
        if found and found[0].role == "embed":
            resource = world.embeds[found[0].path]
        elif found and found[0].role == "relation":
            resource = world.resources.get(found[0].relation.link.target)
    return True


class Shrinker:
    def __init__(self, cluster, folder, pins, tries=400):
        self.cluster, self.folder, self.pins, self.tries = cluster, folder, pins, tries

    def shrink(self, trial, request, difference):
        """(world, request, difference), as small as the tries allowed."""
        kind, world = difference.kind, trial.world
        request, difference = self.shrink_request(trial, request, difference, kind)
        progress = True
        while progress:
            progress = False
            for cut in cuts(world):
                if self.tries <= 0:
                    return world, request, difference
                smaller = self.cut(world, cut)
                found = smaller and self.try_world(smaller, request, kind)
                if found:
                    (request, difference), world, progress = found, smaller, True
        return world, request, difference

    def cut(self, world, cut):
        """The world without it, or None where there is nothing to cut out any more."""
        smaller = copy.deepcopy(world)
        try:
            cut(smaller)
        except KeyError:
            return None
        tidy(smaller)
        return smaller if smaller != world else None

    def shrink_request(self, trial, request, difference, kind):
        progress = True
        while progress:
            progress = False
            for smaller in smaller_requests(request):
                found = difference_of(trial, smaller, kind)
                if found:
                    request, difference, progress = smaller, found, True
                    break
        return request, difference

    def try_world(self, world, request, kind):
        """(request, difference) where the difference stays; the request may have become smaller."""
        self.tries -= 1
        try:
            trial = Trial(self.cluster, self.folder, world, self.pins)
        except Exception:  # a world that no longer fits together: whatever says so, it is no smaller case
            return None
        try:
            found = difference_of(trial, request, kind)
            return self.shrink_request(trial, request, found, kind) if found else None
        finally:
            trial.stop(clean=False)
