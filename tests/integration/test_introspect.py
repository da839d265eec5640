"""rowan serve --introspect: what `rowan init` would write, served without files."""

import pathlib
import subprocess

import pytest
from google.protobuf import descriptor_pb2

from support import reflection, server
from support.client import Client, Failure
from support.descriptors import TOP, Descriptors, compile_protos
from support.pagila import REFERENCES
from support.server import Server, eventually

HERE = pathlib.Path(__file__).parent
EVENTS = TOP / "examples/events"

SCHEMAS = {
    "everything odd": (HERE / "init/schema.sql", ["--schema", "public,sales"]),
    "some tables, one way": (HERE / "init/schema.sql", ["--tables", "people,series", "--no-reverse"]),
    "a relation that is not declared": (HERE / "init/schema.sql", ["--references", "series.children=people.id"]),
    "events": (EVENTS / "schema.sql", []),
    "the cases": (HERE / "cases/schema.sql", ["--package", "tried.v2"]),
    "all shapes": (HERE / "shapes/schema.sql", []),
    "nothing": (None, []),
}


class Explored:
    """A server that introspects, and a client that knows what reflection says."""

    def __init__(self, database, folder, *flags):
        self.server = Server(None, database.conninfo(), *flags)
        self.folder, self.client = folder, None
        self.reflect()

    def reflect(self):
        if self.client is not None:
            self.client.close()
        path = self.folder / "reflected.binpb"
        self.files = reflection.descriptor_set(self.server.address)
        path.write_bytes(self.files.SerializeToString())
        self.client = Client(self.server.address, Descriptors(path))

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        self.client.close()
        self.server.__exit__(kind, *rest)


def written(database, folder, *flags):
    """The descriptor set of what init writes; None when it writes nothing."""
    done = server.run("init", "--database", database.conninfo(), "--out", folder, *flags)
    assert done.returncode == 0, done.stderr
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.proto"))
    return compile_protos(folder / "set.binpb", folder, files) if files else None


def without_places(descriptors):
    """The files by name; where something stood in its source is not compared."""
    files = {}
    for file in descriptors.file:
        file.ClearField("source_code_info")
        files[file.name] = file
    return files


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_is_served_is_what_protoc_makes_of_the_files(cluster, tmp_path, name):
    schema, flags = SCHEMAS[name]
    database = cluster.create(*filter(None, [schema]))
    path = written(database, tmp_path, *flags)
    expected = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes() if path else b"")
    with Explored(database, tmp_path, *flags) as explored:
        expected = without_places(expected)
        reflected = without_places(reflection.descriptor_set(explored.server.address, expected))
        assert sorted(reflected) == sorted(expected)
        for file in expected:
            assert str(reflected[file]) == str(expected[file]), file
            assert reflected[file] == expected[file], file


def test_pagila_is_what_protoc_makes_of_its_files(pagila_database, tmp_path):
    flags = ["--references", REFERENCES, "--package", "pagila.v1"]
    expected = without_places(descriptor_pb2.FileDescriptorSet.FromString(
        written(pagila_database, tmp_path, *flags).read_bytes()))
    with Explored(pagila_database, tmp_path, *flags) as explored:
        reflected = without_places(reflection.descriptor_set(explored.server.address, expected))
        assert reflected == expected
        film = explored.client.call("pagila.v1.FilmService/GetFilm", film_id=1, mask=["title", "inventories.store.staffs"])
        assert film["title"] == "ACADEMY DINOSAUR"


@pytest.fixture(scope="module")
def events_database(cluster):
    return cluster.create(EVENTS / "schema.sql", EVENTS / "seed.sql")


@pytest.fixture(scope="module")
def explored(events_database, tmp_path_factory):
    with Explored(events_database, tmp_path_factory.mktemp("explored"), "--package", "shown.v1") as explored:
        yield explored


def test_nested_masks(explored, events_database):
    events_database.reset_statements()
    event = explored.client.call("shown.v1.EventService/GetEvent", id=2,
                                 mask=["name", "creator.username", "attendees.name", "attendees.organization.name"])
    assert events_database.statement_count() == 2
    assert event["name"] == events_database.value("SELECT name FROM events WHERE id = 2")
    assert event["creator"]["username"] == events_database.value(
        "SELECT username FROM users JOIN events ON creator_id = users.id WHERE events.id = 2")
    assert len(event["attendees"]) == int(events_database.value("SELECT count(*) FROM event_attendees WHERE event_id = 2"))
    page = explored.client.call("shown.v1.UserService/ListUsers", page_size=3, mask=["events.attendees.organization"],
                                filter="events:*")
    assert len(page["users"]) == 3 and all(user["events"] for user in page["users"])


def test_a_wrong_mask_is_told_the_nearest_field(explored):
    with pytest.raises(Failure) as failed:
        explored.client.call("shown.v1.EventService/GetEvent", id=2, mask="attendees.nam")
    assert failed.value.code.name == "INVALID_ARGUMENT"
    assert 'did you mean "name"' in failed.value.message


def test_health_knows_the_services(explored):
    assert explored.client.health("") == explored.client.health("shown.v1.EventService") == "SERVING"
    assert set(reflection.services(explored.client.channel)) == {
        f"shown.v1.{name}Service" for name in ("Event", "User", "Attendee", "Organization")}


def test_a_new_column_appears_after_a_notification(cluster, tmp_path):
    database = cluster.create()
    database.run("CREATE TABLE things (id int PRIMARY KEY, name text); INSERT INTO things VALUES (1, 'one')")
    with Explored(database, tmp_path, "--package", "grown.v1") as explored:
        assert explored.client.call("grown.v1.ThingService/GetThing", id=1) == {"id": 1, "name": "one"}
        database.run("ALTER TABLE things ADD COLUMN size int DEFAULT 5; CREATE TABLE others (id int PRIMARY KEY); "
                     "NOTIFY rowan")
        eventually(lambda: len(reflection.services(explored.client.channel)) == 2)
        explored.reflect()
        assert explored.client.call("grown.v1.ThingService/GetThing", id=1) == {"id": 1, "name": "one", "size": 5}


def test_references_of_several_columns(cluster, tmp_path):
    database = cluster.create()
    database.run("""CREATE TABLE books (tenant int, id int, title text NOT NULL, PRIMARY KEY (tenant, id));
                    CREATE TABLE reviews (id int PRIMARY KEY, shop_id int, book_id int);
                    INSERT INTO books VALUES (1, 1, 'One'), (2, 1, 'Uno');
                    INSERT INTO reviews VALUES (1, 1, 1), (2, 2, 1), (3, 1, 9), (4, NULL, 1)""")
    flags = ["--package", "kept.v1", "--references", "reviews(shop_id,book_id)=books(tenant,id)"]
    with Explored(database, tmp_path, *flags) as explored:
        answer = explored.client.call("kept.v1.ReviewService/ListReviews", ["id", "book.title"])
        assert answer["reviews"] == [{"id": 1, "book": {"title": "One"}}, {"id": 2, "book": {"title": "Uno"}},
                                     {"id": 3}, {"id": 4}]
        answer = explored.client.call("kept.v1.BookService/ListBooks", ["title", "reviews.id"])
        assert answer["books"] == [{"title": "One", "reviews": [{"id": 1}]}, {"title": "Uno", "reviews": [{"id": 2}]}]


def test_what_cannot_be_shown_is_logged(cluster, tmp_path):
    database = cluster.create()
    database.run("CREATE TABLE keyless (a int); CREATE TABLE things (id int PRIMARY KEY)")
    with Explored(database, tmp_path) as explored:
        assert any("keyless: left out" in entry["note"] for entry in explored.server.entries("not introspected"))


def test_commands_explore_too(events_database):
    place = ["--introspect", "--package", "shown.v1", "--database", events_database.conninfo()]
    check = server.run("check", *place)
    assert check.returncode == 0 and "4 resources, 16 methods" in check.stdout, check.stdout + check.stderr
    assert "Event" in server.run("graph", *place).stdout
    explained = server.run("explain", *place, "GetEvent", "--key", "2", "--read-mask", "name,creator.username")
    assert explained.returncode == 0 and "creator" in explained.stdout, explained.stderr


@pytest.mark.parametrize("flags, code, words", [
    (["--introspect", "--descriptor-set", "x.binpb"], 2, "exclude each other"),
    ([], 2, "--introspect"),
    (["--introspect", "--tables", "no_such"], 1, "no_such"),
    (["--introspect", "--package", "1.v1"], 1, "package"),
])
def test_refusals(events_database, flags, code, words):
    done = server.run("check", "--database", events_database.conninfo(), *flags)
    assert done.returncode == code and words in done.stderr


def test_a_start_with_a_table_that_is_not_there_fails(events_database):
    done = subprocess.run([server.binary(), "serve", "--introspect", "--tables", "no_such", "--listen", "127.0.0.1:0",
                           "--database", events_database.conninfo()], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "no_such" in done.stdout


def test_before_the_database_is_there(tmp_path):
    with Server(None, f"host={tmp_path} dbname=nowhere", wait=True) as alone:
        client = Client(alone.address, None)
        with pytest.raises(Failure) as failed:
            client.raw("/any.v1.Service/Method")
        assert (failed.value.code.name, failed.value.reason) == ("UNAVAILABLE", "DATABASE_UNAVAILABLE")
        assert client.health("") == "NOT_SERVING" and reflection.services(client.channel) == []
        client.close()
