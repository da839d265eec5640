"""A resource that does not fit the database: nothing that reaches it is answered without it, all else is answered."""

import pytest

from support.client import Failure
from support.descriptors import compile_protos
from support.server import eventually
from support.service import Service

SCHEMA = """
CREATE TABLE pets (id int PRIMARY KEY, name text NOT NULL, owner_id int, chip text, hidden bool NOT NULL DEFAULT false);
CREATE TABLE owners (id int PRIMARY KEY, name text NOT NULL, favourite_id int REFERENCES pets, street text);
ALTER TABLE pets ADD FOREIGN KEY (owner_id) REFERENCES owners;
CREATE TABLE vets (id int PRIMARY KEY, name text NOT NULL, pet_id int REFERENCES pets, shop_id int);
CREATE TABLE shops (id int PRIMARY KEY, name text NOT NULL);
ALTER TABLE vets ADD FOREIGN KEY (shop_id) REFERENCES shops;
INSERT INTO owners VALUES (1, 'Ann', NULL, 'High Street');
INSERT INTO pets VALUES (1, 'Rex', 1, 'c1', false), (2, 'Tom', 1, 'c2', true);
UPDATE owners SET favourite_id = 1;
INSERT INTO shops VALUES (1, 'Main');
INSERT INTO vets VALUES (1, 'Vera', 1, 1);
"""

PROTO = """
syntax = "proto3";
package drift.v1;
import "google/protobuf/field_mask.proto";
import "rowan/v1/annotations.proto";

message Pet {
  option (rowan.v1.resource) = {filter: "NOT column('hidden') = true"};
  int32 id = 1;
  string name = 2;
  string chip = 3;
}
message Owner {
  option (rowan.v1.resource) = {};
  int32 id = 1;
  string name = 2;
  Pet favourite = 3;
  repeated Pet pets = 4;
}
message Keeper {
  option (rowan.v1.resource) = {table: "owners" default_mask: "*,pets.chip"};
  int32 id = 1;
  string name = 2;
  repeated Pet pets = 3;
}
message Counted {
  option (rowan.v1.resource) = {table: "owners"};
  int32 id = 1;
  repeated Pet pets = 2;
  int64 pet_count = 3 [(rowan.v1.field).aggregate = {count: "pets"}];
  Pet favourite = 4;
  string favourite_name = 5 [(rowan.v1.field).source = "favourite.name"];
}
message Address { string street = 1; }
message Placed {
  option (rowan.v1.resource) = {table: "owners"};
  int32 id = 1;
  string name = 2;
  Address address = 3 [(rowan.v1.field).embed = {}];
}
message Shop {
  option (rowan.v1.resource) = {};
  int32 id = 1;
  string name = 2;
}
message Vet {
  option (rowan.v1.resource) = {};
  int32 id = 1;
  string name = 2;
  Owner owner = 3 [(rowan.v1.field).relation = {columns: ["id"] references: ["id"]}];
  Shop shop = 4;
}
message ListCountedResponse { repeated Counted counted = 1; string next_page_token = 2; }
message GetRequest { int32 id = 1; google.protobuf.FieldMask read_mask = 2; }
message ListRequest { int32 page_size = 1; string filter = 2; string order_by = 3; google.protobuf.FieldMask read_mask = 4; }
message ListOwnersResponse { repeated Owner owners = 1; string next_page_token = 2; }
service Pets { rpc GetPet(GetRequest) returns (Pet); }
service Owners {
  rpc GetOwner(GetRequest) returns (Owner);
  rpc ListOwners(ListRequest) returns (ListOwnersResponse);
  rpc StreamOwners(ListRequest) returns (stream Owner);
  rpc GetKeeper(GetRequest) returns (Keeper);
  rpc GetCounted(GetRequest) returns (Counted);
  rpc ListCounted(ListRequest) returns (ListCountedResponse);
}
service Places { rpc GetPlaced(GetRequest) returns (Placed); }
service Vets { rpc GetVet(GetRequest) returns (Vet); }
service Shops { rpc GetShop(GetRequest) returns (Shop); }
"""


def made(cluster, folder, *changes):
    """A service whose database was changed before the server came, and one whose database still fits."""
    (folder / "drift.proto").write_text(PROTO)
    descriptor_set = compile_protos(folder / "drift.binpb", folder, ["drift.proto"])
    database = cluster.create()
    database.run(SCHEMA + ";".join(changes))
    return Service("drift.v1", descriptor_set, database)


@pytest.fixture(scope="module")
def fitting(cluster, tmp_path_factory):
    with made(cluster, tmp_path_factory.mktemp("fitting")) as service:
        yield service


@pytest.fixture(scope="module")
def drifted(cluster, tmp_path_factory):
    with made(cluster, tmp_path_factory.mktemp("drifted"), "ALTER TABLE pets DROP COLUMN chip",
              "ALTER TABLE owners DROP COLUMN street", "DROP TABLE shops CASCADE") as service:
        yield service


# What a client may ask, and what is broken in it: the field that leads there, the resource.
REACHING = [
    ("Owners/GetOwner", {"mask": "pets.name"}, "Owner.pets", "Pet"),
    ("Owners/GetOwner", {"mask": ["name", "favourite"]}, "Owner.favourite", "Pet"),
    ("Owners/GetOwner", {"mask": "pets.chip"}, "chip", "Pet"),
    ("Owners/ListOwners", {"filter": 'favourite.name = "Rex"'}, "Owner.favourite", "Pet"),
    ("Owners/ListOwners", {"filter": 'exists(pets, (name = "Rex"))'}, "Owner.pets", "Pet"),
    ("Owners/ListOwners", {"order_by": "favourite.name"}, "Owner.favourite", "Pet"),
    ("Owners/StreamOwners", {"mask": "pets"}, "Owner.pets", "Pet"),
    ("Owners/GetKeeper", {}, "chip", "Pet"),
    ("Owners/GetKeeper", {"mask": "pets"}, "Keeper.pets", "Pet"),
    ("Owners/GetCounted", {}, "Counted.", "Pet"),
    ("Owners/GetCounted", {"mask": "pet_count"}, "Counted.pets", "Pet"),
    ("Owners/GetCounted", {"mask": "favourite_name"}, "Counted.favourite", "Pet"),
    ("Owners/ListCounted", {"mask": "id", "order_by": "pet_count"}, "Counted.pets", "Pet"),
    ("Owners/ListCounted", {"mask": "id", "filter": "pet_count > 0"}, "Counted.pets", "Pet"),
    ("Vets/GetVet", {"mask": "owner.pets"}, "Owner.pets", "Pet"),
    ("Vets/GetVet", {"mask": "shop.name"}, "shop", "Vet"),
]


def ask(service, method, question):
    key = {} if "List" in method or "Stream" in method else {"id": 1}
    return service.call(method, **question, **key)


@pytest.mark.parametrize("method, question, field, resource", REACHING)
def test_what_reaches_it_is_refused(drifted, method, question, field, resource):
    with pytest.raises(Failure) as failed:
        ask(drifted, method, question)
    assert (failed.value.code.name, failed.value.reason) == ("UNAVAILABLE", "SCHEMA_DRIFT")
    assert field in failed.value.message and resource in failed.value.message, failed.value.message
    assert failed.value.retry_delay is not None


@pytest.mark.parametrize("method, question, field, resource", REACHING)
def test_the_same_is_answered_where_it_fits(fitting, method, question, field, resource):
    assert ask(fitting, method, question)


@pytest.mark.parametrize("method, question, answer", [
    ("Owners/GetOwner", {}, {"id": 1, "name": "Ann"}),
    ("Owners/ListOwners", {"filter": 'name = "Ann"', "order_by": "name"}, {"owners": [{"id": 1, "name": "Ann"}]}),
    ("Owners/GetKeeper", {"mask": "*"}, {"id": 1, "name": "Ann"}),
    ("Owners/GetCounted", {"mask": "id"}, {"id": 1}),
    ("Vets/GetVet", {"mask": ["name", "owner.name"]}, {"name": "Vera", "owner": {"name": "Ann"}}),
])
def test_all_else_is_answered(drifted, method, question, answer):
    assert ask(drifted, method, question) == answer


def test_an_embedded_message_is_its_resources_own(drifted, fitting):
    assert fitting.call("Places/GetPlaced", "address", id=1) == {"address": {"street": "High Street"}}
    with pytest.raises(Failure) as failed:
        drifted.call("Places/GetPlaced", "id", id=1)
    assert failed.value.reason == "SCHEMA_DRIFT"


def test_a_reload_brings_it_back(drifted):
    with pytest.raises(Failure):
        drifted.call("Owners/GetOwner", "pets.chip", id=1)
    drifted.database.run("ALTER TABLE pets ADD COLUMN chip text DEFAULT 'new'")
    try:
        drifted.server.reload()
        eventually(lambda: len(drifted.server.entries("schema loaded")) > 1)
        assert drifted.call("Owners/GetOwner", "pets.chip", id=1) == {"pets": [{"chip": "new"}]}
    finally:
        drifted.database.run("ALTER TABLE pets DROP COLUMN chip")
        drifted.server.reload()
        eventually(lambda: len(drifted.server.entries("schema loaded")) > 2)


def test_health_where_nothing_works(cluster, tmp_path):
    with made(cluster, tmp_path, "ALTER TABLE pets DROP COLUMN chip") as service:
        health = service.client.health
        assert (health(""), health("drift.v1.Owners"), health("drift.v1.Pets")) == ("SERVING", "SERVING", "NOT_SERVING")
        service.database.run("DROP TABLE pets, owners, vets, shops CASCADE; NOTIFY rowan")
        eventually(lambda: health("") == "NOT_SERVING")
        assert {health(f"drift.v1.{name}") for name in ("Pets", "Owners", "Vets", "Shops", "Places")} == {"NOT_SERVING"}
        service.database.run(SCHEMA + "; NOTIFY rowan")
        eventually(lambda: health("") == "SERVING")
