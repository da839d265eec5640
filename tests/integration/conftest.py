"""The cases: one database and one API with every kind of relation, key, name and type."""

import pathlib

import pytest

from support.callers import HEADER, KEY
from support.pagila import pagila_files
from support.service import Service

CASES = pathlib.Path(__file__).parent / "cases"
FILES = tuple(f"cases/v1/{name}.proto" for name in ("library", "houses", "keys", "names", "types", "pages", "lists"))


@pytest.fixture(scope="session")
def cases_set(descriptor_sets):
    return descriptor_sets(CASES, *FILES)


@pytest.fixture(scope="session")
def cases_database(cluster):
    return cluster.create(CASES / "schema.sql")


@pytest.fixture(scope="session")
def cases(cases_set, cases_database):
    with Service("cases.v1", cases_set, cases_database) as service:
        yield service


SHAPES = pathlib.Path(__file__).parent / "shapes"


@pytest.fixture(scope="session")
def shapes(descriptor_sets, cluster):
    """Tables of every shape: trees, members of oneofs, messages in a row, views, partitions."""
    files = tuple(f"shapes/v1/{name}.proto" for name in ("trees", "polymorphic", "tables", "edges"))
    with Service("shapes.v1", descriptor_sets(SHAPES, *files), cluster.create(SHAPES / "schema.sql")) as service:
        yield service


@pytest.fixture(scope="session")
def pagila_database(cluster):
    files = pagila_files()
    if files is None:
        pytest.skip("Pagila is not here: ROWAN_TEST_PAGILA names a folder with pagila-schema.sql and pagila-data.sql")
    database = cluster.create(*files)
    database.run("UPDATE film SET original_language_id = 5 WHERE film_id = 1; ANALYZE")
    return database


TICKETS = pathlib.Path(__file__).parent / "tickets"


@pytest.fixture(scope="session")
def tickets(descriptor_sets, cluster):
    """Enums over texts and numbers, fields that are computed, rows that are deleted."""
    database = cluster.create(TICKETS / "schema.sql")
    with Service("tickets.v1", descriptor_sets(TICKETS, "tickets/v1/tickets.proto", "tickets/v1/rooms.proto"), database) as service:
        yield service


TENANTS = pathlib.Path(__file__).parent / "tenants"


@pytest.fixture(scope="module")
def tenants_set(descriptor_sets):
    return descriptor_sets(TENANTS, "tenants/v1/tenants.proto")


@pytest.fixture(scope="module")
def tenants_database(cluster):
    return cluster.create(TENANTS / "schema.sql")


@pytest.fixture(scope="module")
def tenants(tenants_set, tenants_database):
    """Rows told apart by the caller's claims."""
    with Service("tenants.v1", tenants_set, tenants_database, "--claims-header", HEADER, "--token-keys", KEY) as service:
        yield service
