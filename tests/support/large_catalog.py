"""A database of 500 tables and 800 foreign keys, and what a process takes to make something of it."""

import dataclasses
import os
import pathlib
import subprocess
import time

from support import server
from support.client import Client
from support.descriptors import compile_protos

TABLES, FOREIGN_KEYS = 500, 800


def create(cluster):
    database = cluster.create()
    database.run("".join(f"CREATE TABLE t{i}_things (id bigint PRIMARY KEY, name text NOT NULL, a int, b int, c int);"
                         for i in range(TABLES)))
    database.run("".join(f"ALTER TABLE t{i * 7 % TABLES}_things "
                         f"ADD COLUMN r{i}_id bigint REFERENCES t{i * 13 % TABLES}_things;" for i in range(FOREIGN_KEYS)))
    return database


@dataclasses.dataclass
class Taken:
    seconds: float  # as a clock saw it
    cpu_seconds: float
    peak_bytes: int  # resident


def init(database, out):
    """Writes protos for the database below `out`."""
    return _command("init", "--database", database.conninfo(), "--package", "made.v1", "--out", out)


def compiled(out):
    files = sorted(str(path.relative_to(out)) for path in pathlib.Path(out).rglob("*.proto"))
    return compile_protos(pathlib.Path(out) / "set.binpb", out, files)


def check(database, descriptor_set):
    return _command("check", "--descriptor-set", descriptor_set, "--database", database.conninfo())


def start(database, descriptor_set):
    """Serves until health says SERVING; without a set, what the catalog shows."""
    started = time.monotonic()
    with server.Server(descriptor_set, database.conninfo(), environment=server.SPARING) as process:
        client = Client(process.address, None)
        server.eventually(lambda: client.health() == "SERVING", every=0.001)
        taken = Taken(time.monotonic() - started, process.cpu_seconds(), process.peak_bytes())
        client.close()
    return taken


# A process counts what its parent had resident when it was forked, so a small one has to be the parent.
_TAKEN = """
import resource, subprocess, sys, time
started = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
"""


def _command(*arguments):
    done = subprocess.run(["/usr/bin/python3", "-c", _TAKEN, server.binary(), *arguments],
                          env={**os.environ, **server.SPARING}, stdout=subprocess.PIPE, text=True, check=True)
    seconds, cpu_seconds, peak = done.stdout.split()
    return Taken(float(seconds), float(cpu_seconds), int(peak))
