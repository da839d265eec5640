"""rowan init: from a database to protos that compile, lint, check and serve."""

import difflib
import os
import pathlib
import shutil
import subprocess

import pytest

from support import server
from support.pagila import REFERENCES
from support.descriptors import TOP, compile_protos
from support.service import Service

SCHEMA = pathlib.Path(__file__).parent / "init/schema.sql"


def init(database, out, *flags, user="rowan"):
    return server.run("init", "--database", database.conninfo(user=user), "--package", "made.v1", "--out", out, *flags)


def protos(out):
    return sorted(str(path.relative_to(out)) for path in out.rglob("*.proto"))


def texts(out):
    return {name: (out / name).read_text() for name in protos(out)}


def compiled(out):
    """The descriptor set of everything in the folder; what protoc warns of, unused imports say, is a failure."""
    files = protos(out)
    done = subprocess.run(["protoc", "-I", TOP / "proto", "-I", out, "-I", "/usr/include", "-o", os.devnull, *files],
                          capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return compile_protos(out / "set.binpb", out, files)


def check(database, descriptor_set):
    done = server.run("check", "--descriptor-set", descriptor_set, "--database", database.conninfo())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def changed_lines(before, after):
    """The lines of a unified difference over all files, without its heads."""
    return [line for name in sorted({*before, *after})
            for line in difflib.unified_diff(before.get(name, "").splitlines(), after.get(name, "").splitlines(), n=0)
            if line[:3] not in ("---", "+++") and not line.startswith("@@")]


@pytest.fixture(scope="module")
def odd_database(cluster):
    return cluster.create(SCHEMA)


@pytest.fixture(scope="module")
def odd(odd_database, tmp_path_factory):
    """The folder with the protos of a database that has everything odd in it."""
    out = tmp_path_factory.mktemp("odd")
    done = init(odd_database, out, "--schema", "public,sales")
    assert done.returncode == 0, done.stderr
    return out


def test_what_is_written_fits_without_a_warning(odd, odd_database):
    assert "no problems" in check(odd_database, compiled(odd))


def test_what_is_written_is_clean_for_buf(odd, tmp_path):
    buf = os.environ.get("ROWAN_TEST_BUF") or shutil.which("buf")
    if buf is None:
        pytest.skip("buf is neither on PATH nor named by ROWAN_TEST_BUF")
    shutil.copytree(odd, tmp_path / "api", ignore=shutil.ignore_patterns("*.binpb"))
    shutil.copytree(TOP / "proto", tmp_path / "proto", ignore=shutil.ignore_patterns("*.[ch]"))
    (tmp_path / "buf.yaml").write_text(
        "version: v2\nmodules:\n  - path: api\n  - path: proto\n    lint: {ignore: [proto]}\nlint: {use: [STANDARD]}\n")
    for command in (["lint"], ["format", "--diff", "--exit-code", "api"]):
        done = subprocess.run([buf, *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_written_is_served(odd, odd_database):
    with Service("made.v1", compiled(odd), odd_database) as service:
        row = service.call("WeirdTableService/GetWeirdTable", id=1)
        assert (row["first_name"], row["b_g_nt"], row["n"]) == ("Ann", 7, "")
        assert (row["m"], row["ms"]) == ("MOOD_TYPE_UN_HAPPY_2", ["MOOD_TYPE_HAPPY", "MOOD_TYPE_2ND"])
        assert (row["h"], row["t"], row["jb"]) == ({"a": "b"}, ["x", "y"], [{"number_value": 1.0}])
        assert service.call("WeirdTableService/BatchGetWeirdTables", mask="zip_code_2", keys=[1]) \
            == {"weird_tables": [{"zip_code_2": "12345"}]}
        assert service.call("CompositeService/ListComposites") == {}
        assert service.call("UserService/StreamUsers", mask=["*", "followers", "manager"]) == []


def test_comments_and_notes(odd_database, tmp_path):
    done = init(odd_database, tmp_path)
    written = texts(tmp_path)
    assert any('// Everything odd.\n//\n// In one "place".\nmessage WeirdTable {' in text for text in written.values())
    assert any("  // Where the letters go.\n  optional string zip_code_2 = 2" in text for text in written.values())
    for left_out in ("no_key", "nullable_key", "no_columns", "films_seen", "dotted.name"):
        assert f" {left_out}: left out" in done.stderr
    assert "sales" not in str(written)


def test_the_same_database_gives_the_same_files(odd_database, tmp_path):
    init(odd_database, tmp_path / "one")
    init(odd_database, tmp_path / "two")
    assert texts(tmp_path / "one") == texts(tmp_path / "two")


def test_files_that_are_there_are_kept(odd_database, tmp_path):
    init(odd_database, tmp_path, "--tables", "people")
    path = tmp_path / "made/v1/person_service.proto"
    path.write_text("// mine\n")
    (tmp_path / "made/v1/person.proto").unlink()
    done = init(odd_database, tmp_path, "--tables", "people")
    assert done.returncode == 1 and "--update" in done.stderr
    assert texts(tmp_path) == {"made/v1/person_service.proto": "// mine\n"}


def test_an_update_without_news_writes_nothing(odd_database, tmp_path):
    init(odd_database, tmp_path)
    before = texts(tmp_path)
    done = init(odd_database, tmp_path, "--update")
    assert (done.returncode, done.stdout, texts(tmp_path)) == (0, "", before)


def test_a_new_column_is_one_line(cluster, tmp_path):
    database = cluster.create(TOP / "examples/events/schema.sql")
    init(database, tmp_path)
    before = texts(tmp_path)
    database.run("ALTER TABLE events ADD COLUMN place text")
    assert init(database, tmp_path, "--update").returncode == 0
    lines = changed_lines(before, texts(tmp_path))
    assert len(lines) == 1 and lines[0].startswith("+  optional string place = "), lines
    assert "no problems" in check(database, compiled(tmp_path))


def test_a_dropped_column_is_reserved(cluster, tmp_path):
    database = cluster.create(TOP / "examples/events/schema.sql")
    init(database, tmp_path)
    database.run("ALTER TABLE users DROP COLUMN email")
    assert init(database, tmp_path, "--update").returncode == 0
    assert any('reserved "email";' in text for text in texts(tmp_path).values())
    assert "no problems" in check(database, compiled(tmp_path))


def test_columns_that_the_role_may_not_read_are_skipped(cluster, tmp_path):
    database = cluster.create()
    database.run("""CREATE TABLE people (id int PRIMARY KEY, name text, password text);
                    CREATE TABLE hidden (id int PRIMARY KEY);
                    CREATE ROLE init_reader LOGIN; GRANT SELECT (id, name) ON people TO init_reader""")
    try:
        done = init(database, tmp_path, user="init_reader")
        assert done.returncode == 0, done.stderr
        everything = "".join(texts(tmp_path).values())
        assert "string name" in everything
        assert "password" not in everything and "Hidden" not in everything
        assert "hidden: left out, the role may not read it" in done.stderr
    finally:
        database.run("DROP OWNED BY init_reader; DROP ROLE init_reader")


@pytest.mark.parametrize("flags, message", [
    (["--tables", "no_such"], "no_such"),
    (["--package", "1.v1"], "package"),
    (["--references", "people.id"], "people.id"),
    (["--references", "series.children=moods.name"], "unique"),
])
def test_refusals(odd_database, tmp_path, flags, message):
    done = init(odd_database, tmp_path, *flags)
    assert done.returncode == 1 and message in done.stderr
    assert protos(tmp_path) == []


def test_a_broken_file_is_refused_by_line(odd_database, tmp_path):
    init(odd_database, tmp_path, "--tables", "people")
    path = tmp_path / "made/v1/person.proto"
    path.write_text(path.read_text() + "message {\n")
    done = init(odd_database, tmp_path, "--update")
    assert done.returncode == 1 and "made/v1/person.proto:" in done.stderr


# ---- Pagila ----


def test_pagila_from_nothing(pagila_database, tmp_path):
    done = init(pagila_database, tmp_path, "--references", REFERENCES)
    assert done.returncode == 0, done.stderr
    with Service("made.v1", compiled(tmp_path), pagila_database) as service:
        mask = ["*", "language", "original_language", "actors", "categories", "inventories.store.staffs",
                "inventories.store.address.city.country", "inventories.rentals.payments"]
        film, statements = service.counted("FilmService/GetFilm", mask=mask, film_id=1)
        assert (film["title"], film["rating"]) == ("ACADEMY DINOSAUR", "MPAA_RATING_PG")
        assert film["release_year"] == 2006, "a domain"
        assert film["special_features"] == ["Deleted Scenes", "Behind the Scenes"], "text[]"
        assert "'dinosaur':2" in film["fulltext"], "tsvector"
        assert (film["language"]["name"], film["original_language"]["name"]) == ("English", "French")
        assert len(film["actors"]) == 10 and len(film["categories"]) == 1
        assert len(film["inventories"]) == 8
        assert all(copy["store"]["staffs"] for copy in film["inventories"])
        paid = sum(len(rental.get("payments", [])) for copy in film["inventories"] for rental in copy.get("rentals", []))
        assert paid == int(pagila_database.value("""
            SELECT count(*) FROM payment JOIN rental USING (rental_id) JOIN inventory USING (inventory_id)
            WHERE film_id = 1"""))
        assert statements == 7, "film with languages, actors, categories, copies with stores, staff, rentals, payments"


def test_pagila_gets_a_column(pagila_database, tmp_path):
    init(pagila_database, tmp_path, "--references", REFERENCES)
    before = texts(tmp_path)
    pagila_database.run("ALTER TABLE film ADD COLUMN subtitle text")
    try:
        init(pagila_database, tmp_path, "--update")
        assert changed_lines(before, texts(tmp_path)) == ["+  optional string subtitle = 22;"]
        assert "no problems" in check(pagila_database, compiled(tmp_path))
    finally:
        pagila_database.run("ALTER TABLE film DROP COLUMN subtitle")
