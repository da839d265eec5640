"""Every message is a whole graph from one snapshot, whatever is written meanwhile."""

import pathlib
import subprocess
import time

import pytest

from support.client import Client
from support.descriptors import Descriptors, plain
from support.postgres_proxy import PostgresProxy
from support.server import Server, eventually
from support.service import Service

LEDGER = pathlib.Path(__file__).parent / "ledger"
METHOD = "ledger.v1.Ledgers/ListLedgers"
MASK = ["revision", "lines.revision", "lines.notes.revision"]


@pytest.fixture(scope="module")
def ledger_set(descriptor_sets):
    return descriptor_sets(LEDGER, "ledger/v1/ledger.proto")


@pytest.fixture
def ledger_database(cluster):
    return cluster.create(LEDGER / "schema.sql")


def mixed(answer):
    """What in the answer is of another revision than its first ledger, or missing."""
    revision = answer["ledgers"][0].get("revision", 0)
    found = [f"{len(answer['ledgers'])} ledgers"] if len(answer["ledgers"]) != 8 else []
    for ledger in answer["ledgers"]:
        lines = ledger.get("lines", [])
        notes = [note for line in lines for note in line.get("notes", [])]
        if len(lines) != 3 + revision % 3 or len(notes) != 2 * len(lines):
            found.append(f"{len(lines)} lines and {len(notes)} notes at revision {revision}")
        found += [f"{row} at revision {revision}" for row in (ledger, *lines, *notes) if row.get("revision", 0) != revision]
    return found


def test_no_answer_mixes_two_states_under_a_writer(ledger_set, ledger_database):
    writer = subprocess.Popen([*ledger_database.psql_command(), "--command=CALL keep_writing()"])
    try:
        with Service("ledger.v1", ledger_set, ledger_database) as service:
            revisions, requests = set(), 0
            until = time.monotonic() + 60
            while requests < 1000 or len(revisions) <= 20:  # a busy machine may hold the writer back
                assert time.monotonic() < until, f"{len(revisions)} revisions in {requests} requests"
                answer = service.call("Ledgers/ListLedgers", MASK)
                assert mixed(answer) == []
                revisions.add(answer["ledgers"][0].get("revision", 0))
                requests += 1
    finally:
        writer.kill()
        writer.wait()


def answer_around_a_write(ledger_set, database, isolation=None):
    """The answer to a request that is held between its waves while another revision is committed."""
    with PostgresProxy(database.conninfo(), isolation=isolation) as proxy:
        with Server(ledger_set, proxy.conninfo) as server:
            client = Client(server.address, Descriptors(ledger_set))
            eventually(lambda: client.health() == "SERVING")
            client.call(METHOD, MASK)
            held = proxy.hold_after_flush()
            call = client.start(METHOD, MASK)
            assert held.wait(10), "no request was held between two waves"
            database.run("CALL write_revision(1)")
            proxy.release()
            answer = plain(call.result(timeout=10))
            client.close()
            return answer


def test_a_write_between_the_waves_is_not_seen(ledger_set, ledger_database):
    assert mixed(answer_around_a_write(ledger_set, ledger_database)) == []


def test_this_would_notice_sessions_that_are_read_committed(ledger_set, ledger_database):
    """The proof that the test above can fail: the proxy has the sessions run as READ COMMITTED, and says they do not."""
    assert mixed(answer_around_a_write(ledger_set, ledger_database, isolation="read committed")) != []
