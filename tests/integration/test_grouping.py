"""Gets that wait for a busy connection run together; nobody can tell by the answers."""

import time

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


def start(service, method, timeout=20, **fields):
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


def keep_busy(service):
    """Two naps of 0.3 seconds, the first under way when this returns."""
    naps = [service.client.start("cases.v1.Pages/GetNap", ["slept"], id=3) for _ in range(2)]
    eventually(lambda: service.database.active())
    time.sleep(0.1)  # for the second to arrive, which nobody sees
    return naps


def test_the_answers_are_those_of_each_alone(grouping):
    ids = [1, 2, 3, 4, 3, 1]
    alone = [start(grouping, GET, id=key).result() for key in ids]
    naps = keep_busy(grouping)
    calls = [start(grouping, GET, id=key) for key in ids]
    assert [call.result() for call in calls] == alone
    assert shared(calls)
    assert {statistics(call)["statements"] for call in calls} == {2}
    for nap in naps:
        nap.result()


def test_the_statements_are_fewer_than_the_calls(grouping):
    grouping.call("Library/GetBook", MASK, id=1)
    naps = keep_busy(grouping)
    grouping.database.reset_statements()
    for call in [start(grouping, GET, id=1 + i % 4) for i in range(20)]:
        call.result()
    for nap in naps:
        nap.result()
    assert grouping.database.statement_count() < 20


def test_an_absent_member_is_its_own_loss(grouping):
    naps = keep_busy(grouping)
    here, absent, there = [start(grouping, GET, id=key) for key in (1, 99, 2)]
    assert absent.exception().code().name == "NOT_FOUND"
    assert here.exception() is None and there.exception() is None
    assert shared([here, absent, there])
    for nap in naps:
        nap.result()


def test_a_member_may_leave(grouping):
    alone = start(grouping, GET, id=1).result()
    naps = keep_busy(grouping)
    stays, hurries, leaves = start(grouping, GET, id=1), start(grouping, GET, timeout=0.1, id=2), start(grouping, GET, id=3)
    leaves.cancel()
    assert hurries.exception().code().name == "DEADLINE_EXCEEDED"
    assert stays.result() == alone
    for nap in naps:
        nap.result()


def test_batches_run_together_too(grouping):
    batches = [[1, 2], [4, 2, 2], [3]]
    alone = [start(grouping, BATCH, ids=ids).result() for ids in batches]
    naps = keep_busy(grouping)
    calls = [start(grouping, BATCH, ids=ids) for ids in batches]
    assert [call.result() for call in calls] == alone
    assert shared(calls)
    for nap in naps:
        nap.result()


def test_it_can_be_switched_off(cases_set, cases_database):
    with service(cases_set, cases_database, "--grouping", "0") as alone:
        naps = keep_busy(alone)
        calls = [start(alone, GET, id=1 + i % 4) for i in range(6)]
        assert all(call.exception() is None for call in [*calls, *naps])
        assert {statistics(call)["group"] for call in calls} == {1}
