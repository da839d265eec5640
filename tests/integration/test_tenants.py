"""Keys that share a column: every table has its tenant's number in its key, and a junction has it once for both sides."""

import pytest

from support.descriptors import compile_protos
from support.service import Service

SCHEMA = """
CREATE TABLE books (tenant_id int, id int, title text NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE authors (tenant_id int, id int, name text NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE book_authors (tenant_id int, book_id int, author_id int, rank int, PRIMARY KEY (tenant_id, book_id, author_id),
  FOREIGN KEY (tenant_id, book_id) REFERENCES books, FOREIGN KEY (tenant_id, author_id) REFERENCES authors);
INSERT INTO books VALUES (1, 1, 'One'), (1, 2, 'Two'), (2, 1, 'Uno');
INSERT INTO authors VALUES (1, 1, 'Ann'), (1, 2, 'Bob'), (2, 1, 'Eva');
INSERT INTO book_authors VALUES (1, 1, 1, 2), (1, 1, 2, 1), (1, 2, 2, 1), (2, 1, 1, 1);
"""

PROTO = """
syntax = "proto3";
package tenants.v1;
import "google/protobuf/field_mask.proto";
import "rowan/v1/annotations.proto";

message Book {
  option (rowan.v1.resource) = {};
  int32 tenant_id = 1;
  int32 id = 2;
  string title = 3;
  repeated Author authors = 4%(authors)s;
  repeated Author ranked = 5 [(rowan.v1.field).relation = {
    through: {table: "book_authors" filter: "column('rank') = 1"}
  }];
  int64 author_count = 6 [(rowan.v1.field).aggregate = {count: "authors"}];
}
message Author {
  option (rowan.v1.resource) = {};
  int32 tenant_id = 1;
  int32 id = 2;
  string name = 3;
  repeated Book books = 4%(books)s;
}
message ListRequest { string filter = 1; google.protobuf.FieldMask read_mask = 2; }
message ListBooksResponse { repeated Book books = 1; }
message ListAuthorsResponse { repeated Author authors = 1; }
service Books {
  rpc ListBooks(ListRequest) returns (ListBooksResponse);
  rpc ListAuthors(ListRequest) returns (ListAuthorsResponse);
}
"""

ANNOTATED = {
    "authors": ' [(rowan.v1.field).relation.through = {table: "book_authors" '
               'source_columns: ["tenant_id", "book_id"] target_columns: ["tenant_id", "author_id"]}]',
    "books": ' [(rowan.v1.field).relation.through = {table: "book_authors"}]',
}


@pytest.fixture(scope="module")
def database(cluster):
    database = cluster.create()
    database.run(SCHEMA)
    return database


@pytest.mark.parametrize("annotations", [{"authors": "", "books": ""}, ANNOTATED], ids=["inferred", "annotated"])
@pytest.mark.parametrize("pin", ["auto", "embed", "keys", "ordinal"])
def test_a_junction_whose_sides_share_a_column(database, tmp_path, annotations, pin):
    (tmp_path / "tenants.proto").write_text(PROTO % annotations)
    descriptor_set = compile_protos(tmp_path / "set.binpb", tmp_path, ["tenants.proto"])
    with Service("tenants.v1", descriptor_set, database, "--strict", "--pin-to-many", pin) as service:
        answer, statements = service.counted("Books/ListBooks", ["title", "authors.name", "ranked.name", "author_count"])
        assert answer["books"] == [
            {"title": "One", "authors": [{"name": "Ann"}, {"name": "Bob"}], "ranked": [{"name": "Bob"}], "author_count": 2},
            {"title": "Two", "authors": [{"name": "Bob"}], "ranked": [{"name": "Bob"}], "author_count": 1},
            {"title": "Uno", "authors": [{"name": "Eva"}], "ranked": [{"name": "Eva"}], "author_count": 1}]
        assert statements <= 3
        answer = service.call("Books/ListAuthors", ["name", "books.title", "books.authors.name"], filter='books.title:"Two"')
        assert answer["authors"] == [{"name": "Bob", "books": [
            {"title": "One", "authors": [{"name": "Ann"}, {"name": "Bob"}]}, {"title": "Two", "authors": [{"name": "Bob"}]}]}]
