"""The command line: check, explain, serve with bad flags, help."""

import pathlib
import re

import pytest

from support import server
from support.client import Client, Failure
from support.descriptors import Descriptors, compile_protos
from support.service import Service

MISTAKES = pathlib.Path(__file__).parent / "mistakes"


def test_check_of_a_schema_that_fits(events_set, events_database, cases_set, cases_database):
    for descriptor_set, database in ((events_set, events_database), (cases_set, cases_database)):
        done = server.run("check", "--descriptor-set", descriptor_set, "--database", database.conninfo())
        assert done.returncode == 0, done.stdout + done.stderr


def test_check_names_every_mistake_at_once(descriptor_sets, events_database):
    path = "mistakes/v1/mistakes.proto"
    wrong = [number for number, line in enumerate((MISTAKES / path).read_text().splitlines(), 1) if "// wrong:" in line]
    assert len(wrong) >= 10
    descriptor_set = descriptor_sets(MISTAKES, path)
    done = server.run("check", "--descriptor-set", descriptor_set, "--database", events_database.conninfo())
    assert done.returncode == 1
    named = [int(line) for line in re.findall(rf"^{path}:(\d+): ", done.stdout, flags=re.MULTILINE)]
    assert sorted(set(named)) == wrong, done.stdout


def test_check_says_how_to_mend_it(descriptor_sets, events_database):
    descriptor_set = descriptor_sets(MISTAKES, "mistakes/v1/mistakes.proto")
    output = server.run("check", "--descriptor-set", descriptor_set, "--database", events_database.conninfo()).stdout
    assert "username" in output, "the nearest column"


def test_a_broken_resource_disables_its_own_methods(descriptor_sets, events_database):
    descriptor_set = descriptor_sets(MISTAKES, "mistakes/v1/mistakes.proto")
    with Service("mistakes.v1", descriptor_set, events_database) as service:
        with pytest.raises(Failure) as failed:
            service.call("EventService/ListEvents")
        assert (failed.value.code.name, failed.value.reason) == ("UNAVAILABLE", "SCHEMA_DRIFT")


def test_strict_refuses_to_start(descriptor_sets, events_database):
    descriptor_set = descriptor_sets(MISTAKES, "mistakes/v1/mistakes.proto")
    done = server.run("serve", "--strict", "--descriptor-set", descriptor_set, "--database", events_database.conninfo(),
                      "--listen", "127.0.0.1:0", timeout=30)
    assert done.returncode != 0


def test_check_without_line_numbers_names_the_field(tmp_path, descriptor_sets, events_database):
    whole = descriptor_sets(MISTAKES, "mistakes/v1/mistakes.proto")
    files = Descriptors(whole).files
    for file in files.file:
        file.ClearField("source_code_info")
    bare = tmp_path / "bare.binpb"
    bare.write_bytes(files.SerializeToString())
    done = server.run("check", "--descriptor-set", bare, "--database", events_database.conninfo())
    assert done.returncode == 1
    assert "mistakes/v1/mistakes.proto: User.usernam" in done.stdout


def test_explain_prints_the_plan_with_its_statements(events_set, events_database):
    done = server.run("explain", "--descriptor-set", events_set, "--database", events_database.conninfo(),
                      "events.v1.EventService/ListEvents", "--read-mask", "name,creator.username,attendees.organization.name")
    assert done.returncode == 0, done.stderr
    for word in ("attendees", "events", "SELECT"):
        assert word in done.stdout


@pytest.mark.parametrize("arguments", [
    ("serve", "--page-size", "many"),
    ("serve", "--page-size", "0"),
    ("serve", "--no-such-flag"),
    ("serve", "--descriptor-set", "/nonexistent"),
    ("no-such-command",),
    ("check",),
    ("explain", "--descriptor-set", "/nonexistent"),
])
def test_bad_command_lines_say_what_is_wrong(arguments):
    done = server.run(*arguments, timeout=20)
    assert done.returncode != 0
    assert done.stderr.strip() or done.stdout.strip()
    assert "Sanitizer" not in done.stderr


def test_a_setting_by_environment(events_set, events_database):
    with server.Server(events_set, events_database.conninfo(), environment={"ROWAN_PAGE_SIZE": "3"}) as process:
        client = Client(process.address, Descriptors(events_set))
        assert len(client.call("events.v1.EventService/ListEvents", ["id"])["events"]) == 3
        client.close()
    done = server.run("serve", timeout=20, environment={"ROWAN_PAGE_SIZE": "many"})
    assert done.returncode != 0 and "ROWAN_PAGE_SIZE" in done.stderr + done.stdout


@pytest.mark.parametrize("arguments", [("serve", "--help"), ("check", "--help")])
def test_help_lists_every_setting(arguments):
    done = server.run(*arguments)
    assert done.returncode == 0
    for word in ("--descriptor-set", "--page-size", "--stream-stall", "ms"):
        assert word in done.stdout


AGED = """
syntax = "proto3";
package aged.v1;
import "rowan/v1/annotations.proto";
message User {
  option (rowan.v1.resource) = {table: "users"};
  int64 id = 1;
  string username = %(number)d;
}
message GetUserRequest { int64 id = 1; }
service UserService { rpc GetUser(GetUserRequest) returns (User); }
"""


def test_check_against_lists_what_would_break_clients(tmp_path, events_database):
    sets = {}
    for number in (2, 3):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "aged.proto").write_text(AGED % {"number": number})
        sets[number] = compile_protos(folder / "set.binpb", folder, ["aged.proto"])

    def check(against):
        return server.run("check", "--descriptor-set", sets[3], "--database", events_database.conninfo(), "--against", against)

    done = check(sets[2])
    assert done.returncode == 1
    assert "aged.proto:8: breaks clients: aged.v1.User.username: its number was 2 and is 3" in done.stdout
    assert "1 change since" in done.stdout
    assert check(sets[3]).returncode == 0
    missing = check(tmp_path / "nowhere.binpb")
    assert missing.returncode == 1 and "nowhere.binpb" in missing.stderr


def test_check_names_columns_that_the_role_may_not_read(tmp_path, cluster):
    (tmp_path / "schema.sql").write_text("""
        CREATE TABLE users (id int PRIMARY KEY, username text NOT NULL, secret text NOT NULL);
        DROP ROLE IF EXISTS rowan_narrow; CREATE ROLE rowan_narrow LOGIN; GRANT SELECT (id, username) ON users TO rowan_narrow;""")
    database = cluster.create(tmp_path / "schema.sql")
    (tmp_path / "aged.proto").write_text((AGED % {"number": 2}).replace("string username = 2;", "string username = 2;\n  string secret = 3;"))
    descriptor_set = compile_protos(tmp_path / "set.binpb", tmp_path, ["aged.proto"])
    for role, code in (("rowan_narrow", 1), ("rowan", 0)):
        done = server.run("check", "--descriptor-set", descriptor_set, "--database", database.conninfo(user=role))
        assert done.returncode == code, done.stdout
        assert ("aged.v1.User.secret" in done.stdout) == (code == 1), done.stdout
        assert "aged.v1.User.username" not in done.stdout


@pytest.mark.parametrize("flags, edge", [
    ([], '-->|"creator"|'), (["--format", "mermaid"], '==>|"attendees via event_attendees"|'),
    (["--format", "dot"], '[label="attendees via event_attendees", arrowhead=crow]')])
def test_graph_draws_the_resources(events_set, events_database, flags, edge):
    done = server.run("graph", "--descriptor-set", events_set, "--database", events_database.conninfo(), *flags)
    assert (done.returncode, done.stderr) == (0, "")
    assert "events.v1.Event" in done.stdout and edge in done.stdout


def test_graph_refuses_other_formats(events_set, events_database):
    done = server.run("graph", "--descriptor-set", events_set, "--database", events_database.conninfo(), "--format", "svg")
    assert done.returncode == 1 and "svg" in done.stderr
