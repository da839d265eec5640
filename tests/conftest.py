"""What every Python suite may ask for."""

import os

import pytest

from support.database import Cluster
from support.descriptors import TOP, compile_protos
from support.server import build_folder
from support.service import Service


def pytest_collection_modifyitems(items):
    if os.environ.get("ROWAN_LONG_TESTS"):
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="long: set ROWAN_LONG_TESTS=1"))


@pytest.fixture(scope="session")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def descriptor_sets(tmp_path_factory):
    """descriptor_sets(folder, file…) compiles protos, once for the same files."""
    folder = tmp_path_factory.mktemp("descriptor_sets")
    made = {}

    def make(root, *files):
        if (root, files) not in made:
            made[root, files] = compile_protos(folder / f"{len(made)}.binpb", root, files)
        return made[root, files]

    return make


EVENTS = TOP / "examples/events"


@pytest.fixture(scope="session")
def events_set():
    return build_folder() / "examples/events.binpb"


@pytest.fixture(scope="session")
def events_database(cluster):
    return cluster.create(EVENTS / "schema.sql", EVENTS / "seed.sql")


@pytest.fixture(scope="session")
def events(events_set, events_database):
    """The example, small, served with default settings."""
    with Service("events.v1", events_set, events_database) as service:
        yield service
