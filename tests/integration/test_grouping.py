"""Gets that wait for a busy connection run together; nobody can tell by the answers."""

import contextlib

import pytest

from support.server import eventually
from support.service import Service

GET = "cases.v1.Library/GetBook"
BATCH = "cases.v1.Library/BatchGetBooks"
MASK = ["id", "title", "authors.name"]


def service(cases_set, cases_database, *flags):
    """One connection, busy with one run: whoever comes second waits."""
    return Service("cases.v1", cases_set, cases_database, "--connections", "1", "--round-trip", "0", *flags)


@pytest.fixture
def grouping(cases_set, cases_database):
    with service(cases_set, cases_database) as one:
        yield one


def start(service, method, timeout=60, **fields):
    """A call under way whose answer is bytes and whose trailers tell the statistics."""
    client = service.client
    request_class, _, _ = client.descriptors.method(method)
    stub = client.channel.unary_unary("/" + method, request_serializer=request_class.SerializeToString)
    return stub.future(client.request(method, MASK, **fields), timeout=timeout, metadata=[("rowan-stats", "true")])


def statistics(call):
    trailers = dict(call.trailing_metadata())
    return {name: int(value) for name, value in (part.split("=") for part in trailers["rowan-stats"].split())}


def shared(calls):
    """Most of them, on a machine that has time for them."""
    return max(statistics(call)["group"] for call in calls) > 1


@contextlib.contextmanager
def busy(service):
    """Meanwhile a Get has the one connection, and cannot read its book: who comes has to wait."""
    with service.database.locked("books"):
        first = start(service, GET, id=1)
        eventually(service.database.active)
        yield
    first.result()


def together(service, make_calls, are=shared):
    """Calls that ran together, done.  Nobody sees when a call arrives, so it is tried until enough of them came in time."""
    for _ in range(50):
        with busy(service):
            calls = make_calls()
        for call in calls:
            call.exception()
        if are(calls):
            return calls
    pytest.fail("none of them ever ran together")


def test_the_answers_are_those_of_each_alone(grouping):
    ids = [1, 2, 3, 4, 3, 1]
    alone = [start(grouping, GET, id=key).result() for key in ids]
    calls = together(grouping, lambda: [start(grouping, GET, id=key) for key in ids])
    assert [call.result() for call in calls] == alone
    assert {statistics(call)["statements"] for call in calls} == {2}


def test_the_statements_are_fewer_than_the_calls(grouping):
    def make_calls():
        grouping.database.reset_statements()
        return [start(grouping, GET, id=1 + i % 4) for i in range(20)]

    calls = together(grouping, make_calls, are=lambda calls: grouping.database.statement_count() < len(calls))
    assert all(call.exception() is None for call in calls)


def test_an_absent_member_is_its_own_loss(grouping):
    here, absent, there = together(grouping, lambda: [start(grouping, GET, id=key) for key in (1, 99, 2)])
    assert absent.exception().code().name == "NOT_FOUND"
    assert here.exception() is None and there.exception() is None


def test_a_member_may_leave(grouping):
    alone = start(grouping, GET, id=1).result()
    with busy(grouping):
        stays, hurries, leaves = start(grouping, GET, id=1), start(grouping, GET, timeout=0.1, id=2), start(grouping, GET, id=3)
        leaves.cancel()
        assert hurries.exception().code().name == "DEADLINE_EXCEEDED"
    assert stays.result() == alone


def test_batches_run_together_too(grouping):
    batches = [[1, 2], [4, 2, 2], [3]]
    alone = [start(grouping, BATCH, ids=ids).result() for ids in batches]
    calls = together(grouping, lambda: [start(grouping, BATCH, ids=ids) for ids in batches])
    assert [call.result() for call in calls] == alone


def test_it_can_be_switched_off(cases_set, cases_database):
    with service(cases_set, cases_database, "--grouping", "0") as alone:
        with busy(alone):
            calls = [start(alone, GET, id=1 + i % 4) for i in range(6)]
        assert all(call.exception() is None for call in calls)
        assert {statistics(call)["group"] for call in calls} == {1}
