"""The database or the server goes away: what a client sees, and that all is well afterwards."""

import os
import pathlib
import signal
import threading
import time

import grpc
import pytest

from support.client import Client, Failure, watch_health
from support.database import ROLE, Cluster, Database
from support.descriptors import Descriptors
from support.server import Server, eventually
from support.service import Service

CASES = pathlib.Path(__file__).parent / "cases"


@pytest.fixture
def service(cases_set, cases_database):
    """A server of one's own, so that what is done to it is done to nobody else."""
    with Service("cases.v1", cases_set, cases_database) as service:
        yield service


def recovered(service):
    def works():
        try:
            return service.call("Library/GetBook", ["id", "authors.id"], id=1)["id"] == 1
        except Failure as failure:
            assert (failure.code.name, failure.retry_delay is not None) == ("UNAVAILABLE", True)
            return False
    return eventually(works, within=10)


def test_backends_killed_during_calls(service):
    calls = [service.client.start("cases.v1.Pages/GetNap", ["slept"], id=2) for _ in range(4)]
    eventually(lambda: service.database.active())
    assert service.database.terminate_backends() > 0

    def all_ended():
        service.database.terminate_backends()  # those that took the hidden retries
        return all(call.done() for call in calls)
    eventually(all_ended, every=0.1)
    for call in calls:
        failure = Failure(call.exception())
        assert failure.code.name == "UNAVAILABLE"
        assert failure.retry_delay is not None
    recovered(service)


def test_backends_killed_between_calls_go_unnoticed(service):
    for _ in range(5):
        service.call("Library/GetBook", ["id"], id=1)
        service.database.terminate_backends()
        recovered(service)


def test_backends_killed_under_load(service):
    """Every call ends, with an answer or UNAVAILABLE, and the last ones with answers."""
    stop, outcomes = threading.Event(), []

    def load():
        while not stop.is_set():
            try:
                answer = service.call("Library/GetBook", ["id", "authors.name", "readers.books.title"], id=1)
                outcomes.append("right" if len(answer["authors"]) == 3 and len(answer["readers"]) == 2 else answer)
            except Failure as failure:
                outcomes.append(failure.code.name)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        time.sleep(0.3)
        service.database.terminate_backends()
    time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    assert set(outcomes) <= {"right", "UNAVAILABLE"}
    assert outcomes.count("right") > outcomes.count("UNAVAILABLE")
    recovered(service)


def test_a_backend_killed_under_a_stream(service, cases_database):
    client, method = service.client, "cases.v1.Pages/StreamEntries"
    stream = client.send(method, client.request(method, ["id"], page_size=1))
    next(stream)
    cases_database.terminate_backends()
    try:
        rest = list(stream)
        assert len(rest) == 47
    except Failure as failure:
        assert failure.code.name == "UNAVAILABLE"
    recovered(service)


def backends(database):
    """The processes behind the server's connections; None while Postgres takes no connections."""
    try:
        return {int(pid) for (pid,) in database.rows(f"SELECT pid FROM pg_stat_activity WHERE usename = '{ROLE}'")}
    except AssertionError:
        return None


def ended(database, pids):
    present = backends(database)
    return present is not None and not present & pids


def test_a_backend_killed_the_hard_way(cases_set):
    """kill -9 of one backend makes Postgres end all of them and recover: it needs a cluster that nobody else uses."""
    cluster = Cluster(own=True)
    try:
        database = cluster.create(CASES / "schema.sql")
        with Service("cases.v1", cases_set, database) as service:
            assert recovered(service)
            before = backends(database)
            os.kill(min(before), signal.SIGKILL)
            eventually(lambda: ended(database, before))
            assert recovered(service)
            for _ in range(100):
                service.call("Library/GetBook", ["id"], id=1)
    finally:
        cluster.stop()


def test_a_dropped_table_disables_its_methods_only(cluster, cases_set):
    database = cluster.create(CASES / "schema.sql")
    with Service("cases.v1", cases_set, database) as service:
        assert service.call("Pages/ListNaps", ["id"], page_size=1)["naps"] == [{"id": 1}]
        database.run("ALTER TABLE reader_books RENAME TO elsewhere")
        with pytest.raises(Failure) as failed:
            service.call("Library/ListReaders", ["books.id"])
        assert (failed.value.code.name, failed.value.reason) == ("UNAVAILABLE", "SCHEMA_DRIFT")
        assert "elsewhere" not in failed.value.message and "reader_books" not in failed.value.message
        assert service.call("Library/GetBook", ["authors.id"], id=2) == {"authors": [{"id": 1}]}


def test_a_column_that_changes_its_type_is_prepared_again(cluster, cases_set):
    database = cluster.create(CASES / "schema.sql")
    with Service("cases.v1", cases_set, database) as service:
        before = service.call("Library/ListReaders", ["id", "books.title"])
        database.run("ALTER TABLE readers ADD COLUMN extra text; ALTER TABLE reader_books ADD COLUMN extra text")
        assert service.call("Library/ListReaders", ["id", "books.title"]) == before


def test_a_database_that_is_down_at_start(cases_set, cluster):
    with Server(cases_set, Database(cluster, "not_there_yet").conninfo()) as server:
        client = Client(server.address, Descriptors(cases_set))
        with pytest.raises(Failure) as failed:
            client.call("cases.v1.Library/GetBook", id=1)
        assert failed.value.code.name == "UNAVAILABLE"
        assert failed.value.retry_delay is not None
        assert client.health() == "NOT_SERVING"
        # Made under another name, so that it is whole when it is there.
        cluster.admin.run("CREATE DATABASE being_made")
        Database(cluster, "being_made").psql(f"--file={CASES / 'schema.sql'}")
        cluster.admin.run("ALTER DATABASE being_made RENAME TO not_there_yet")
        eventually(lambda: client.health() == "SERVING", within=40)
        assert client.call("cases.v1.Library/GetBook", ["id"], id=1) == {"id": 1}
        client.close()


def test_sigterm_lets_calls_end_and_exits_clean(cases_set, cases_database):
    server = Server(cases_set, cases_database.conninfo(), "--drain-delay", "1000")
    client = Client(server.address, Descriptors(cases_set))
    watch = watch_health(client.channel, "", timeout=30)
    assert next(watch).status == 1
    call = client.start("cases.v1.Pages/GetNap", ["id", "slept"], id=3)
    time.sleep(0.1)
    server.terminate()
    assert next(watch).status == 2
    assert client.health() == "NOT_SERVING"
    assert client.call("cases.v1.Library/GetBook", ["id"], id=1) == {"id": 1}
    assert call.result(timeout=10).id == 3
    server.stop()
    client.close()


def test_sigterm_during_a_stream_lets_it_complete(events_set, events_database):
    server = Server(events_set, events_database.conninfo())
    client = Client(server.address, Descriptors(events_set))
    method = "events.v1.EventService/StreamEvents"
    stream = client.send(method, client.request(method, ["name", "attendees.name"], page_size=1))
    first = next(stream)
    server.terminate()
    rest = list(stream)
    assert len(first.events) + sum(len(message.events) for message in rest) == 200
    server.stop()
    client.close()


def test_calls_that_outlive_the_grace_are_ended(cases_set, cases_database):
    server = Server(cases_set, cases_database.conninfo(), "--drain-grace", "500")
    client = Client(server.address, Descriptors(cases_set))
    call = client.start("cases.v1.Pages/GetNap", ["slept"], id=2)
    time.sleep(0.3)
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 10
    assert isinstance(call.exception(timeout=5), grpc.RpcError)
    client.close()
    cases_database.wait_until_idle(within=2.0)


def test_sigint_ends_it_as_well(cases_set, cases_database):
    server = Server(cases_set, cases_database.conninfo())
    server.process.send_signal(signal.SIGINT)
    server.stop()


def test_the_log_holds_no_secrets(cases_set, cases_database):
    conninfo = cases_database.conninfo() + " password=canary-7391"
    with Server(cases_set, conninfo) as server:
        client = Client(server.address, Descriptors(cases_set))
        client.call("cases.v1.Keys/GetAccount", email="ann@example.com")
        with pytest.raises(Failure):
            client.call("cases.v1.Keys/GetAccount", email="canary-8842")
        with pytest.raises(Failure):
            client.call("cases.v1.Types/GetUnfit", id=2)
        client.close()
    for entry in server.log:
        assert "canary" not in str(entry)
        assert {"time", "level", "message"} <= set(entry)
