"""500 tables and 800 foreign keys: written, checked, served and introspected, all in little memory.

What that takes on your machine, time included, tells `./dev bench catalog`.
"""

import pytest

from support import large_catalog, server
from support.large_catalog import TABLES
from support.server import Server

# The libraries have 20 MiB of it, and those with a sanitizer in them 35.
MOST_BYTES = (64 if server.is_sanitized() else 40) << 20


@pytest.fixture(scope="module")
def database(cluster):
    return large_catalog.create(cluster)


@pytest.fixture(scope="module")
def written(database, tmp_path_factory):
    """(the descriptor set of what `init` wrote, what that took)."""
    out = tmp_path_factory.mktemp("large")
    taken = large_catalog.init(database, out)
    return large_catalog.compiled(out), taken


def test_init(written):
    assert written[1].peak_bytes < MOST_BYTES


def test_check(database, written):
    assert large_catalog.check(database, written[0]).peak_bytes < MOST_BYTES
    done = server.run("check", "--descriptor-set", written[0], "--database", database.conninfo())
    assert f"{TABLES} resources, {4 * TABLES} methods" in done.stdout


def test_start(database, written):
    assert large_catalog.start(database, written[0]).peak_bytes < MOST_BYTES


def test_introspected(database):
    assert large_catalog.start(database, None).peak_bytes < MOST_BYTES


def test_a_reload_keeps_the_set_that_is_there(database, written):
    """Six times the graph, one after the other, and no more than two at once."""
    with Server(written[0], database.conninfo(), environment=server.SPARING) as serving:
        for n in range(1, 6):
            serving.reload()
            server.eventually(lambda: len(serving.entries("schema loaded")) == n + 1, within=60)
        assert serving.peak_bytes() < MOST_BYTES + (8 << 20)
