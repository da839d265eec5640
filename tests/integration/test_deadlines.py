"""Deadlines and cancels reach Postgres: the backend is idle again long before its query would end, and its connection still
good."""

import time

import pytest

from support.client import Failure
from support.server import eventually

NAP_SECONDS = 30  # of id 2, the slow one


def test_a_deadline_ends_the_query(cases):
    started = time.monotonic()
    with pytest.raises(Failure) as failed:
        cases.client.call("cases.v1.Pages/GetNap", ["slept"], id=2, timeout=0.5)
    assert failed.value.code.name == "DEADLINE_EXCEEDED"
    assert time.monotonic() - started < NAP_SECONDS / 2
    cases.database.wait_until_idle(within=NAP_SECONDS / 2)
    assert cases.call("Pages/GetNap", ["id"], id=2) == {"id": 2}


def test_a_query_within_its_deadline_is_left_alone(cases):
    assert cases.client.call("cases.v1.Pages/GetNap", ["id", "slept"], id=3, timeout=5) == {"id": 3}


def test_a_cancel_ends_the_query(cases):
    call = cases.client.start("cases.v1.Pages/GetNap", ["slept"], id=2)
    eventually(lambda: cases.database.active() == 1)
    call.cancel()
    cases.database.wait_until_idle(within=NAP_SECONDS / 2)
    assert cases.call("Pages/GetNap", ["id"], id=2) == {"id": 2}


def test_requests_behind_a_cancelled_one_are_not_hurt(cases):
    for _ in range(5):
        slow = [cases.client.start("cases.v1.Pages/GetNap", ["slept"], id=2) for _ in range(4)]
        quick = [cases.client.start("cases.v1.Library/GetBook", ["id", "authors.id"], id=1) for _ in range(20)]
        eventually(cases.database.active)
        for call in slow:
            call.cancel()
        for call in quick:
            assert call.result(timeout=20).id == 1
    cases.database.wait_until_idle(within=NAP_SECONDS / 2)


def test_a_cancelled_stream_lets_its_connection_go(cases):
    client = cases.client
    method = "cases.v1.Pages/StreamEntries"
    for _ in range(20):  # more than there are connections for streams
        stream = client.send(method, client.request(method, ["id"], page_size=1))
        next(stream)
        stream.cancel()
    assert len(cases.call("Pages/StreamEntries", ["id"])) > 0
