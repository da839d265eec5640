"""examples/pagila/README.md, followed word by word.

Its commands run in one shell, with `grpcurl` played by tests/support/grpcurl.py; then its edits are made.
"""

import json
import os
import re
import socket
import subprocess

import pytest

from support import server
from support.descriptors import TOP
from support.pagila import pagila_files

TUTORIAL = TOP / "examples/pagila/README.md"

# What the shell has besides the tutorial's own commands.  A server goes on in the background.
PRELUDE = """
set -eu
grpcurl() { /usr/bin/python3 "$TOP/tests/support/grpcurl.py" pagila.binpb "$@"; }
rowan() {
  if [ "$1" != serve ]; then command rowan "$@"; return; fi
  command rowan "$@" >serve.log 2>serve.errors &
  echo $! >serve.pid
  for _ in $(seq 200); do ! grep -q '"serving"' serve.log || return 0; sleep 0.1; done
  return 1
}
"""


def blocks(wanted):
    """The fenced blocks of a language; "" for commands."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)
    return [text for language, text in found if language == wanted]


@pytest.fixture(scope="module")
def folder(cluster, tmp_path_factory):
    """Where somebody follows the tutorial."""
    files = pagila_files()
    if files is None:
        pytest.skip("Pagila is not here: ROWAN_TEST_PAGILA names a folder with pagila-schema.sql and pagila-data.sql")
    folder = tmp_path_factory.mktemp("tutorial")
    for name, file in zip(("pagila-schema.sql", "pagila-data.sql"), files):
        (folder / name).symlink_to(file.resolve())
    (folder / "proto").symlink_to(TOP / "proto")
    yield folder
    cluster.admin.run("DROP DATABASE pagila WITH (FORCE)")


@pytest.fixture(scope="module")
def run(cluster, folder):
    """run(commands) → what they wrote."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    me = {f"GIT_{who}_{what}": "nobody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **me, "TOP": str(TOP), "PGHOST": cluster.socket_folder, "PGUSER": "postgres",
                   "PATH": f"{server.build_folder().resolve()}:{os.environ['PATH']}"}

    def run(commands):
        script = PRELUDE + commands.replace("50051", str(port))
        done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    yield run
    pid = folder / "serve.pid"
    if pid.exists():
        subprocess.run(["kill", pid.read_text().strip()], check=True)


@pytest.fixture(scope="module")
def told(run):
    """What each block of commands wrote, in their order; all but the first are typed into the other terminal."""
    first, *others = blocks("")
    cut = "-- the next block --\n"
    return [run(first), *run(f"echo -n '{cut}'\n".join(others)).split(cut)]


def shown(text):
    """The fields that a cut answer of the tutorial shows whole: {name: value} of the first level."""
    return {name: json.loads(value) for name, value in re.findall(r'^  "(\w+)": ([^…\n]*),$', text, re.MULTILINE)}


def messages(text):
    """JSON objects, one after the other."""
    return [json.loads(one) for one in re.findall(r"^{$.*?^}$", text, re.MULTILINE | re.DOTALL)]


def test_what_is_written_fits_the_database(told):
    assert told[0].endswith("no problems\n16 resources, 64 methods\n")


def test_the_film_is_as_shown(told):
    film, = messages(told[1])
    promised = shown(blocks("json")[0])
    assert len(promised) >= 5 and promised.items() <= film.items()
    assert (film["language"]["name"], len(film["actors"]), len(film["categories"])) == ("English", 10, 1)
    amounts = [payment["amount"] for copy in film["inventories"] for rental in copy.get("rentals", [])
               for payment in rental.get("payments", [])]
    assert amounts[:2] == ["0.99", "3.99"] and len(amounts) == 23
    assert {staff["lastName"] for copy in film["inventories"] for staff in copy["store"]["staffs"]} \
        == {"Hillyer", "Stephens"}


def test_the_statements_are_as_many_as_said(told):
    assert told[2].startswith("7 statements in 3 waves")


def test_the_lists_answer(told):
    films, batch, *payments = messages(told[3])
    assert [film["title"] for film in films["films"]] == ["ELEPHANT TROJAN", "EVOLUTION ALTER", "FANTASY TROOPERS"]
    assert [film["title"] for film in batch["films"]] == ["ADAPTATION HOLES", "ACADEMY DINOSAUR"]
    assert sum(len(message["payments"]) for message in payments) == 16049
    assert payments[0]["payments"][0].keys() == {"amount", "customer"}


def test_a_new_column_is_the_line_shown(told):
    changed = [line for line in told[5].splitlines() if re.match(r"[-+](?![-+])", line)]
    assert changed == blocks("diff")[0].splitlines()


def edit(folder, old, new):
    path = folder / "api/pagila/v1/pagila.proto"
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def test_the_edits_stay_and_what_is_asked_for_comes(told, run, folder):
    """The prose below the new column, done as it says."""
    actor_info, computed = blocks("proto")
    edit(folder, "  optional string password = 9;\n", '  reserved 9;\n  reserved "password";\n')
    edit(folder, "// A row of actor.\n", actor_info + "\n// A row of actor.\n")
    edit(folder, '  option (rowan.v1.resource) = {table: "film"};\n',
         '  option (rowan.v1.resource) = {table: "film"};\n\n' + computed)
    run("git -C api commit -qam 'By hand'; ROWAN_DATABASE=postgres:///pagila rowan init --out api --update")
    changed = [line for line in run("git -C api diff -U0").splitlines() if re.match(r"[-+](?![-+])", line)]
    assert changed == ["+  int32 actor_id = 1 [(google.api.field_behavior) = IDENTIFIER];",
                       "+  optional string first_name = 2;", "+  optional string last_name = 3;",
                       "+  optional string film_info = 4;"]
    again = [line for line in blocks("")[0].splitlines() if line.startswith(("export", "protoc", "rowan check"))]
    assert run("\n".join(again)).endswith("17 resources, 68 methods\n")
