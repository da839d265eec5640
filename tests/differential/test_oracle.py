"""Some hundreds of cases with fixed seeds, and proof that the oracle can tell right from wrong."""

import decimal
import tempfile

import pytest

import evaluate
import kinds
from generate import WorldMaker
from oracle import Run
from shrink import Shrinker
from trial import Difference, Trial, random_request, seeded

WORLDS, REQUESTS = range(1, 9), range(60)


def test_the_server_agrees_with_the_evaluator_and_everything_was_met(cluster, tmp_path):
    run = Run(cluster, tmp_path, shrink=False)
    for seed in WORLDS:
        run.world(seed, REQUESTS)
    assert run.differences == []
    assert run.coverage.missing() == []
    assert run.cases > len(WORLDS) * len(REQUESTS) * 0.9


# A server that makes one of these mistakes would part from the evaluator just as an evaluator that makes it parts from
# the server.

def leads_to_all(evaluator, link, key, target, other, relation):
    bare = type(relation)(link, relation.many)
    return LEADS_TO(evaluator, link, key, target, other, bare)


def one_level(evaluator, row, field, below, level):
    return evaluate.Level(field.name, below, 0, [row])


def only_undeleted(evaluator, name):
    resource = evaluator.resource(name)
    return [row for row in evaluator.data[resource.table] if evaluator.holds(resource.filter, resource, row)
            and (resource.deleted is None or not evaluator.holds(resource.deleted, resource, row))]


LEADS_TO, LISTED = evaluate.Evaluator._leads_to, evaluate.Evaluator.listed
MISTAKES = {
    "NULLs first": (evaluate, "_null_last", lambda value: (value is not None, 0 if value is None else value)),
    "the case of citext matters": (kinds.Citext, "norm", lambda kind, value: value.encode()),
    "the scale of numeric matters": (kinds.Numeric, "norm", lambda kind, value: (decimal.Decimal(value), value)),
    "limits per parent are forgotten": (evaluate.Evaluator, "_limit", lambda evaluator, relation, arguments: 0),
    "has_more and tokens are forgotten": (evaluate.Evaluator, "_of_list", lambda *_: None),
    "what is asked of nested lists is forgotten": (
        evaluate.Evaluator, "listed", lambda evaluator, resource, row, field, _: LISTED(
            evaluator, resource, row, field, None)),
    "two members of a oneof are seen": (evaluate.Evaluator, "_one_of_each", lambda evaluator, resource, message: message),
    "embedded messages are always set": (
        evaluate.Evaluator, "_embedded", lambda evaluator, resource, row, below: evaluator.message(resource, row, below)),
    "circles go on": (evaluate.Evaluator, "_closes_circle", lambda *_: False),
    "relations that recur have one level": (evaluate.Evaluator, "_below", one_level),
    "filtered relations show all": (evaluate.Evaluator, "_leads_to", leads_to_all),
    "wildcards match everything": (evaluate, "matches", lambda parts, kind, text: True),
    "an array has everything": (evaluate, "_meets", lambda condition, kind, value: isinstance(value, list) or MEETS(
        condition, kind, value)),
    "keys find nothing that is deleted": (evaluate.Evaluator, "undeleted_or_not", only_undeleted),
    "what is deleted is forgotten": (evaluate.Evaluator, "_visible", lambda evaluator, name: evaluator.undeleted_or_not(name)),
    "resources show all rows": (evaluate.Evaluator, "_visible", lambda evaluator, name: evaluator.data[
        evaluator.resource(name).table]),
}
MEETS = evaluate._meets


@pytest.fixture(scope="module")
def trials(cluster):
    made = []
    for seed in WORLDS[:6]:
        made.append(Trial(cluster, tempfile.mkdtemp(), WorldMaker(seed).make(), pins=[("auto", "auto")]))
    yield made
    for trial in made:
        trial.stop()


def find_difference(trials, most=200):
    """(trial, request, difference), or None."""
    from features import Coverage
    for number in range(most):
        for trial in trials:
            rng = seeded(trial.world.seed, number)
            request = random_request(trial.world, trial.data, rng)
            try:
                trial.check(request, Coverage(), rng)
            except Difference as difference:
                return trial, request, difference
    return None


@pytest.fixture
def mistaken(monkeypatch, trials):
    """mistaken(name): evaluators that make a mistake; sound ones again after the test."""
    def make(name):
        monkeypatch.setattr(*MISTAKES[name])
        for trial in trials:
            trial.evaluator = evaluate.Evaluator(trial.world, trial.data)
    yield make
    monkeypatch.undo()
    for trial in trials:
        trial.evaluator = evaluate.Evaluator(trial.world, trial.data)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_noticed(trials, mistaken, name):
    mistaken(name)
    assert find_difference(trials) is not None


def test_a_difference_shrinks(cluster, tmp_path, trials, mistaken):
    mistaken("limits per parent are forgotten")
    trial, request, difference = find_difference(trials)
    world, smaller, still = Shrinker(cluster, tmp_path, [("auto", "auto")], tries=30).shrink(trial, request, difference)
    assert still.kind == difference.kind
    assert (smaller.filter, smaller.order) == (None, []) and len(smaller.mask) <= 1

    def size(world):
        rows = sum(len(table.rows) for table in world.tables.values())
        return rows + sum(len(resource.fields) for resource in world.resources.values())
    assert size(world) < size(trial.world)
