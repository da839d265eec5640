"""The schema changes under a server that serves: what it takes to be noticed, and what the calls see of it."""

import itertools
import os
import threading
import time

import pytest

from support.client import Client, Failure, contracts
from support.descriptors import Descriptors, compile_protos
from support.server import Server, eventually

SCHEMA = """
CREATE TABLE things (id int PRIMARY KEY, name text NOT NULL, size int NOT NULL);
CREATE TABLE parts (id int PRIMARY KEY, thing_id int NOT NULL REFERENCES things, name text NOT NULL);
CREATE TABLE islands (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO things SELECT i, 'thing ' || i, i * 10 FROM generate_series(1, 30) i;
INSERT INTO parts SELECT i * 10 + j, i, 'part ' || j FROM generate_series(1, 30) i, generate_series(1, 3) j;
INSERT INTO islands VALUES (1, 'Utopia');
GRANT CREATE ON SCHEMA public TO rowan;
"""

PROTO = """
syntax = "proto3";
package reload.v1;
import "google/protobuf/field_mask.proto";
import "rowan/v1/annotations.proto";

message Thing {
  option (rowan.v1.resource) = {table: "things"};
  int64 id = 1;
  string name = 2;
  int32 size = 3;
  repeated Part parts = 4;
  %(fields)s
}
message Part {
  option (rowan.v1.resource) = {table: "parts"};
  int64 id = 1;
  string name = 2;
}
message Island {
  option (rowan.v1.resource) = {table: "islands"};
  int64 id = 1;
  string name = 2;
}
message GetThingRequest { int64 id = 1; google.protobuf.FieldMask read_mask = 2; }
message GetIslandRequest { int64 id = 1; google.protobuf.FieldMask read_mask = 2; }
message ListThingsRequest { int32 page_size = 1; string page_token = 2; google.protobuf.FieldMask read_mask = 3; }
message ListThingsResponse { repeated Thing things = 1; string next_page_token = 2; }
message StreamThingsRequest { google.protobuf.FieldMask read_mask = 1; }
message StreamThingsResponse { repeated Thing things = 1; string next_page_token = 2; }

service ThingService {
  rpc GetThing(GetThingRequest) returns (Thing);
  rpc ListThings(ListThingsRequest) returns (ListThingsResponse);
  rpc StreamThings(StreamThingsRequest) returns (stream StreamThingsResponse);
}
service IslandService { rpc GetIsland(GetIslandRequest) returns (Island); }
%(services)s
"""


class World:
    """A database and a descriptor set of one's own, both to be changed, and a server."""

    def __init__(self, database, folder):
        self.database, self.folder = database, folder
        self.set = folder / "served.binpb"
        self.server, self.clients = None, []
        self._numbers = itertools.count()
        self.declare()

    def declare(self, fields="", services=""):
        """Replaces the descriptor set, in one step as an operator should."""
        source = self.folder / str(next(self._numbers))
        source.mkdir()
        (source / "reload.proto").write_text(PROTO % {"fields": fields, "services": services})
        os.replace(compile_protos(source / "set.binpb", source, ["reload.proto"]), self.set)

    def serve(self, *flags):
        self.server = Server(self.set, self.database.conninfo(), *flags)
        return self.server

    def client(self):
        """A client that knows the present descriptor set."""
        client = Client(self.server.address, Descriptors(self.set))
        self.clients.append(client)
        return client

    def call(self, method, mask=None, **fields):
        return self.client().call(f"reload.v1.{method}", mask, **fields)

    def loads(self, reason=None):
        return [entry for entry in self.server.entries("schema loaded") if reason in (None, entry["reason"])]

    def reload(self):
        """SIGHUP, and waits for what comes of it."""
        outcomes = ("schema loaded", "reload failed; what was loaded before stays")
        before = sum(len(self.server.entries(outcome)) for outcome in outcomes)
        self.server.reload()
        eventually(lambda: sum(len(self.server.entries(outcome)) for outcome in outcomes) > before)

    def close(self):
        for client in self.clients:
            client.close()
        if self.server:
            self.server.stop()


@pytest.fixture
def world(cluster, tmp_path):
    schema = tmp_path / "schema.sql"
    schema.write_text(SCHEMA)
    world = World(cluster.create(schema), tmp_path)
    yield world
    world.close()


def add_colour(world):
    world.declare("string colour = 5;")
    world.database.run("ALTER TABLE things ADD COLUMN colour text NOT NULL DEFAULT 'red'")


def has_colour(world):
    try:
        return world.call("ThingService/GetThing", ["id", "colour"], id=2) == {"id": 2, "colour": "red"}
    except Failure as failure:
        assert failure.code.name == "INVALID_ARGUMENT"
        return False


def test_sighup_serves_a_column_that_was_added(world):
    world.serve()
    assert world.call("ThingService/GetThing", ["*"], id=1) == {"id": 1, "name": "thing 1", "size": 10}
    add_colour(world)
    assert not has_colour(world)
    world.reload()
    assert has_colour(world)
    assert len(world.loads("SIGHUP")) == 1


def test_notify_serves_a_column_that_was_added(world):
    world.serve()
    add_colour(world)
    world.database.run("NOTIFY rowan")
    eventually(lambda: has_colour(world))
    assert world.loads("NOTIFY")


def test_a_change_that_nobody_tells_of_is_found(world):
    world.serve("--catalog-poll", "50")
    time.sleep(0.3)
    assert len(world.loads()) == 1, "nothing has changed"
    add_colour(world)
    eventually(lambda: has_colour(world))
    assert len(world.loads("catalog changed")) == 1, "also where the watch looked again before the load was done"


def test_looking_for_changes_does_not_count_as_a_caller_s_statement(world):
    world.serve("--catalog-poll", "50")
    world.database.reset_statements()
    looks = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query LIKE '%FROM pg_catalog.pg_class%'"
    eventually(lambda: int(world.database.value(looks)) > 1)
    assert world.database.statements() == []
    world.call("ThingService/GetThing", ["id"], id=1)
    assert world.database.statement_count() == 1


def test_a_change_while_nobody_listened_is_found(world):
    world.serve()
    world.database.run("ALTER ROLE rowan NOLOGIN")
    try:
        world.database.terminate_backends()
        eventually(lambda: world.server.entries("cannot listen for changes of the schema"))
        add_colour(world)
        world.database.run("NOTIFY rowan")
    finally:
        world.database.run("ALTER ROLE rowan LOGIN")
    eventually(lambda: world.loads("catalog changed"), within=30)
    eventually(lambda: world.client().health() == "SERVING", within=30)
    eventually(lambda: has_colour(world))


def reflected_file(world):
    request = contracts().message("grpc.reflection.v1.ServerReflectionRequest")
    response = contracts().message("grpc.reflection.v1.ServerReflectionResponse")
    ask = world.client().channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=lambda message: message.SerializeToString(), response_deserializer=response.FromString)
    answer = next(ask(iter([request(file_containing_symbol="reload.v1.Thing")]), timeout=10))
    return b"".join(answer.file_descriptor_response.file_descriptor_proto)


def test_reflection_shows_the_new_set(world):
    world.serve()
    assert b"colour" not in reflected_file(world)
    add_colour(world)
    world.reload()
    assert b"colour" in reflected_file(world)


def test_services_come_and_go(world):
    world.serve()
    world.declare(services="service NewService { rpc GetThing(GetThingRequest) returns (Thing); }")
    world.reload()
    assert world.call("NewService/GetThing", ["id"], id=3) == {"id": 3}
    assert world.client().health("reload.v1.NewService") == "SERVING"
    world.declare()
    world.reload()
    client = world.client()
    with pytest.raises(Failure) as failed:
        client.raw("/reload.v1.NewService/GetThing")
    assert failed.value.code.name == "UNIMPLEMENTED"
    with pytest.raises(Failure) as failed:
        client.health("reload.v1.NewService")
    assert failed.value.code.name == "NOT_FOUND"
    assert client.health("reload.v1.ThingService") == "SERVING"


def test_a_broken_set_leaves_all_as_it_was(world):
    world.serve()
    client = world.client()
    world.set.write_bytes(world.set.read_bytes()[:-20])
    for n in range(1, 3):
        world.reload()
        failed = world.server.entries("reload failed; what was loaded before stays")
        assert [entry["failures"] for entry in failed] == list(range(1, n + 1))
        answer = client.call("reload.v1.ThingService/GetThing", ["id", "parts.id"], id=1)
        assert answer == {"id": 1, "parts": [{"id": i} for i in (11, 12, 13)]}
    world.declare()
    add_colour(world)
    world.reload()
    assert has_colour(world)


def test_strict_keeps_what_fits(world):
    world.serve("--strict")
    world.declare("string nowhere = 9;")
    world.reload()
    assert world.server.entries("reload failed; what was loaded before stays")
    assert world.call("ThingService/GetThing", ["id"], id=1) == {"id": 1}
    assert world.server.process.poll() is None


def test_a_dropped_table_disables_its_own_methods(world):
    world.serve()
    client = world.client()
    world.database.run("ALTER TABLE islands RENAME TO gone")
    world.reload()
    with pytest.raises(Failure) as failed:
        world.call("IslandService/GetIsland", id=1)
    assert (failed.value.code.name, failed.value.reason) == ("UNAVAILABLE", "SCHEMA_DRIFT")
    assert client.health("reload.v1.IslandService") == "NOT_SERVING"
    assert client.health("reload.v1.ThingService") == client.health() == "SERVING"
    assert world.call("ThingService/GetThing", ["id"], id=1) == {"id": 1}
    world.database.run("ALTER TABLE gone RENAME TO islands; NOTIFY rowan")
    eventually(lambda: client.health("reload.v1.IslandService") == "SERVING")
    assert world.call("IslandService/GetIsland", id=1) == {"id": 1, "name": "Utopia"}


@pytest.mark.parametrize("change", [
    "ALTER TABLE islands DROP COLUMN name",
    "DROP TABLE islands",
    "ALTER TABLE islands ALTER COLUMN name TYPE int USING 1",
    "REVOKE pg_read_all_data FROM rowan; GRANT SELECT ON things, parts TO rowan",
])
def test_a_statement_that_fails_on_the_schema_has_it_read_again(world, change):
    world.serve()
    assert world.call("IslandService/GetIsland", id=1)["name"] == "Utopia"
    try:
        world.database.run(change)
        for _ in range(3):
            with pytest.raises(Failure) as failed:
                world.call("IslandService/GetIsland", id=1)
            assert (failed.value.code.name, failed.value.reason) == ("UNAVAILABLE", "SCHEMA_DRIFT")
        eventually(lambda: world.loads("drift"), within=15)
        assert world.client().health("reload.v1.IslandService") == "NOT_SERVING"
        assert world.call("ThingService/GetThing", ["id"], id=1) == {"id": 1}
        assert len(world.loads("drift")) == 1, "however many calls fail"
    finally:
        world.database.run("GRANT pg_read_all_data TO rowan")


def test_page_tokens_outlive_a_reload(world):
    world.serve()
    first = world.call("ThingService/ListThings", ["id"], page_size=2)
    add_colour(world)
    world.reload()
    second = world.call("ThingService/ListThings", ["id"], page_size=2, page_token=first["next_page_token"])
    assert [thing["id"] for thing in second["things"]] == [3, 4]


def test_fifty_reloads_go_unnoticed(world):
    """Calls keep the graph they began with: every one of them ends well."""
    world.serve("--stream-message", "2")
    stop, failures, n_calls = threading.Event(), [], itertools.count()

    def get(client):
        for i in itertools.cycle(range(1, 31)):
            if stop.is_set():
                return
            try:
                answer = client.call("reload.v1.ThingService/GetThing", ["id", "name", "parts.name"], id=i)
                assert (answer["name"], len(answer["parts"])) == (f"thing {i}", 3)
                next(n_calls)
            except (Failure, AssertionError) as failure:
                failures.append(failure)

    def stream(client):
        while not stop.is_set():
            try:
                answers = client.call("reload.v1.ThingService/StreamThings", ["id", "parts.id"])
                assert sum(len(answer["things"]) for answer in answers) == 30
                next(n_calls)
            except (Failure, AssertionError) as failure:
                failures.append(failure)

    threads = [threading.Thread(target=work, args=(world.client(),)) for work in (get, get, get, stream)]
    for thread in threads:
        thread.start()
    try:
        for i in range(50):
            if i % 10 == 5:
                world.declare("string colour = 5;")
                world.database.run("ALTER TABLE things ADD COLUMN colour text")
            if i % 10 == 9:
                world.declare()
                world.database.run("ALTER TABLE things DROP COLUMN colour")
            world.reload()
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)
    assert not failures, failures[:3]
    assert len(world.loads("SIGHUP")) == 50
    assert next(n_calls) > 50
