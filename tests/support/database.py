"""Postgres as the tests see it: a private cluster, databases in it, and what it saw of Rowan.

Everything goes through psql, so the tests need no driver.
"""

import contextlib
import csv
import io
import itertools
import os
import subprocess
import time

from support.descriptors import TOP

ROLE = "rowan"


class Cluster:
    """The cluster of postgres.sh: the one this run was started with, else (or when asked for) one of our own."""

    def __init__(self, own=False):
        self._own = None
        conninfo = None if own else os.environ.get("ROWAN_TEST_DATABASE")
        if conninfo is None:
            self._own = subprocess.Popen(
                [TOP / "tests/support/postgres.sh", "run", "sh", "-c", 'echo "$ROWAN_TEST_DATABASE"; cat'],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            conninfo = self._own.stdout.readline().strip()
        self._settings = dict(setting.split("=", 1) for setting in conninfo.split())
        self._numbers = itertools.count(1)
        self.admin = Database(self, self._settings["dbname"])
        self.admin.run(f"CREATE ROLE {ROLE} LOGIN IN ROLE pg_read_all_data")

    def stop(self):
        if self._own:
            self._own.stdin.close()
            self._own.wait(timeout=30)

    @property
    def socket_folder(self):
        return self._settings["host"]

    def conninfo(self, **changes):
        return " ".join(f"{key}={value}" for key, value in {**self._settings, **changes}.items())

    def create(self, *files, **variables):
        """A new database, filled by SQL files with psql variables."""
        database = Database(self, f"test_{os.getpid()}_{next(self._numbers)}")
        self.admin.run(f"CREATE DATABASE {database.name}")
        database.run("CREATE EXTENSION pg_stat_statements")
        arguments = [f"--set={name}={value}" for name, value in variables.items()]
        database.psql(*arguments, *[f"--file={file}" for file in files])
        return database


class Database:
    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name

    def conninfo(self, user=ROLE):
        return self.cluster.conninfo(dbname=self.name, user=user)

    def psql(self, *arguments, input=None):
        command = self.psql_command() + list(arguments)
        done = subprocess.run(command, input=input, capture_output=True, text=True)
        assert done.returncode == 0, f"psql failed: {done.stderr}"
        return done.stdout

    def psql_command(self):
        return ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", self.conninfo(user="postgres")]

    def run(self, sql):
        self.psql(input=sql)

    def rows(self, sql):
        """The rows of a query, as lists of strings."""
        return list(csv.reader(io.StringIO(self.psql("--csv", "--tuples-only", input=sql))))

    def value(self, sql):
        return self.rows(sql)[0][0]

    # What Rowan did here, as Postgres counted it.

    def reset_statements(self):
        self.run("SELECT pg_stat_statements_reset()")

    def statements(self):
        """(calls, query) of what Rowan asked for its callers since reset_statements: what reads a table by its quoted name,
        as nothing does that Rowan asks on its own account (settings of a connection, the catalog, whether it has changed)."""
        return [(calls, query) for calls, _, query in self._statistics()]

    def row_counts(self):
        """How many rows each of the statements brought, over all its calls."""
        return [n_rows for _, n_rows, _ in self._statistics()]

    def _statistics(self):
        self.wait_until_idle()
        return [(int(calls), int(n_rows), query) for calls, n_rows, query in self.rows(f"""
            SELECT calls, rows, query FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
            WHERE r.rolname = '{ROLE}' AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND query ~ '(FROM|JOIN) "' ORDER BY 3""")]

    def statement_count(self):
        return sum(calls for calls, _ in self.statements())

    def active(self):
        """How many of Rowan's backends are at work here."""
        return int(self.value(f"""SELECT count(*) FROM pg_stat_activity
                                  WHERE usename = '{ROLE}' AND datname = current_database() AND state = 'active'"""))

    def wait_until_idle(self, within=20.0):
        """Seconds until none of Rowan's backends was at work."""
        started = time.monotonic()
        while self.active():
            assert time.monotonic() - started < within, f"a backend is still at work after {within} s"
            time.sleep(0.01)
        return time.monotonic() - started

    @contextlib.contextmanager
    def locked(self, table):
        """Meanwhile nobody reads the table."""
        holder = subprocess.Popen(self.psql_command(), stdin=subprocess.PIPE, text=True)
        holder.stdin.write(f"BEGIN; LOCK TABLE {table};\n")
        holder.stdin.flush()
        while self.value(f"SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' "
                         f"AND relation = '{table}'::regclass") == "0":
            time.sleep(0.01)
        yield
        holder.stdin.close()
        holder.wait(timeout=10)

    def terminate_backends(self):
        """Ends Rowan's connections here, as an administrator would."""
        return len(self.rows(f"""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                 WHERE usename = '{ROLE}' AND datname = current_database()"""))
