"""Filters by hand: AIP-160's text and the corners of the grammar, over real gRPC.

What is accepted must find what the evaluator finds for its meaning, on rows full of NULLs, quotes, stars and percents, and
its negation must find the rest.  What is refused must say why.
"""

import pytest

from grammar import ACCEPTED
from grammar_refused import REFUSED
from grammar_world import WORLD, no
from model import Request
from support.client import Failure
from support.descriptors import plain
from trial import Trial


@pytest.fixture(scope="module")
def trial(cluster, tmp_path_factory):
    with Trial(cluster, tmp_path_factory.mktemp("grammar"), WORLD, pins=[("auto", "auto")]) as made:
        yield made


def ask(trial, text):
    """The ids that a filter finds."""
    request = Request("List", "Person", ["id"], filter_text=text, page_size=1000)
    answer = plain(trial.clients[0].send(trial.path(request), trial.message(request)))
    return [person["id"] for person in answer.get("items", [])]


def meant(trial, condition):
    request = Request("List", "Person", ["id"], filter=condition)
    return [person["id"] for person in trial.evaluator.answer(request)]


def test_the_tables_are_large_enough():
    texts = [text for text, _ in [*ACCEPTED, *REFUSED]]
    assert len(texts) == len(set(texts)) >= 300


@pytest.mark.parametrize("text, condition", ACCEPTED)
def test_what_is_accepted_finds_what_it_means(trial, text, condition):
    assert ask(trial, text) == meant(trial, condition)


@pytest.mark.parametrize("text, condition", [pair for pair in ACCEPTED if pair[1] is not None])
def test_a_negation_finds_the_rest(trial, text, condition):
    assert ask(trial, f"NOT ({text})") == meant(trial, no(condition))
    assert sorted([*ask(trial, text), *ask(trial, f"-({text})")]) == ask(trial, "")


@pytest.mark.parametrize("text, words", REFUSED)
def test_what_is_refused_says_why(trial, text, words):
    with pytest.raises(Failure) as failed:
        ask(trial, text)
    failure = failed.value
    assert (failure.code.name, failure.reason) == ("INVALID_ARGUMENT", "INVALID_FILTER")
    assert [field for field, _ in failure.violations] == ["filter"]
    assert failure.message.startswith("character ") and words in failure.message
    assert ask(trial, "id = 1") == [1]


def test_most_filters_find_some_and_not_all(trial):
    """A table whose filters found nothing would prove nothing."""
    found = [len(meant(trial, condition)) for _, condition in ACCEPTED]
    assert sum(0 < n < 17 for n in found) > 0.8 * len(found)
