"""Nested lists of answers: their tokens lead through their pages, and what is asked of them changes nothing else."""

import dataclasses

from differences import differ
from evaluate import SomeToken, TooLarge
from masks import OF_LISTS, paths_of, relations, selection_of
from model import ListArguments, Request
from support.descriptors import plain

TOKEN = "next_page_token"


def clear_tokens(message):
    """Tokens differ each time."""
    for field, value in message.ListFields():
        if field.name.endswith(TOKEN):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for item in value if field.label == field.LABEL_REPEATED else [value]:
                clear_tokens(item)


def without_tokens(tree):
    if isinstance(tree, list):
        return [without_tokens(item) for item in tree]
    if isinstance(tree, dict):
        return {name: "token" if name.endswith(TOKEN) else without_tokens(value) for name, value in tree.items()}
    return tree


def tokens(expected, got):
    """(what is expected of it, the token) of every list of an answer that goes on."""
    if isinstance(expected, SomeToken):
        yield expected, got
    elif isinstance(expected, dict):
        for name, value in expected.items():
            yield from tokens(value, got[name])
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
        for left, right in zip(expected, got):
            yield from tokens(left, right)


def check_pages(trial, request, expected, got, coverage, rng):
    """One of the lists that go on is walked to its end, by Gets of its parent."""
    found = list(tokens(expected, got))
    if not found:
        return
    coverage["a nested list goes on"] += 1
    some, token = rng.choice(found)
    whole = trial.evaluator.listed(some.resource, some.row, some.field, some.selection.arguments)
    step, seen = get_of_parent(trial.world, some, rng), some.shown
    while token:
        arguments = step.lists[some.field.name]
        arguments.page_token, arguments.after = token, seen
        page = plain(trial.read(step, trial.only(trial.ask(step, "", [rng.randrange(len(trial.pins))]))))
        try:
            rest, = trial.evaluator.answer(step)
        except TooLarge:
            return
        trial.same(rest, page, step, f"nested list after {seen}")
        shown = len(page.get(some.field.name, []))
        differ(shown == 0, "end of nested pages", f"a token led to nothing after {seen} of {len(whole)} of {step}")
        seen, token = seen + shown, page.get(f"{some.field.name}_{TOKEN}")
        arguments.page_size = rng.choice([arguments.page_size, 5, 1000])
    differ(seen != len(whole), "end of nested pages", f"{seen} of {len(whole)} rows of {step}")
    coverage["nested pages are the list"] += 1


def get_of_parent(world, some, rng):
    """A Get of the row whose list goes on, with the same arguments for the list and for those in it."""
    name, below = some.field.name, some.selection
    target, level = world.target(some.field), name if below.recurs else ""
    resource, by = some.resource, []
    if resource.second_key and some.row.values[resource.second_key[0]] is not None and rng.random() < 0.3:
        by = resource.second_key
    key = tuple(some.row.values[column] for column in by or resource.key)
    lists = {name: dataclasses.replace(below.arguments or ListArguments(), max_depth=some.field.relation.max_depth > 1)}
    lists.update({".".join((name, *path)): its.arguments for path, _, its in relations(world, target, below, level)
                  if its.arguments})
    mask = [f"{name}.{path}" for path in paths_of(world, target, below, level)]
    return Request("Get", resource.name, [*mask, f"{name}_{TOKEN}"], keys=[key], by=by, lists=lists)


def check_parents(trial, request, coverage, rng):
    """What is asked of nested lists changes neither which resources come nor what else they hold."""
    if not request.lists or rng.random() < 0.6:
        return
    selection, trees = selection_of(trial.world, request), []
    resource = trial.world.resources[request.resource]
    for asked in (request, dataclasses.replace(request, lists={})):
        answer = plain(trial.read(asked, trial.only(trial.ask(asked, "", [rng.randrange(len(trial.pins))]))))
        trees.append([without_lists(trial.world, resource, item, selection) for item in answer.get("items", [])])
    differ(repr(trees[0]) != repr(trees[1]), "arguments", f"with arguments\n{trees[0]}\nwithout\n{trees[1]}\nfor {request}")
    coverage["arguments leave the rest"] += 1


def without_lists(world, resource, tree, selection):
    """A message without the lists that were asked for with arguments, nor what tells of any list."""
    out = {}
    for name, below in selection.items():
        if name not in tree or resource.field(name).role in OF_LISTS or below is not None and below.arguments:
            continue
        if below is None:
            out[name] = tree[name]
        elif below.recurs:  # what it shows depends on its depth, and lists in all its levels have arguments
            continue
        else:
            target, value = world.target(resource.field(name)), tree[name]
            out[name] = ([without_lists(world, target, item, below) for item in value] if isinstance(value, list)
                         else without_lists(world, target, value, below))
    return out
