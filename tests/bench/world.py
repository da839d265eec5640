"""What every measurement stands on: the data, the build, and a server on it."""

import datetime
import os
import pathlib
import platform
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.client import Client  # noqa: E402
from support.descriptors import Descriptors  # noqa: E402
from support.server import Server  # noqa: E402

EVENTS = 100_000
CORES = os.cpu_count()


class World:
    """A database with the events example in it, and the programs of a build.  `flags`: settings for every server."""

    def __init__(self, build, database, flags, directory):
        self.build, self.database, self.directory = pathlib.Path(build), database, pathlib.Path(directory)
        self.flags = ["--max-result-bytes", "67108864", "--connections", str(CORES), *shlex.split(flags)]
        self.descriptor_set = self.build / "examples" / "events.binpb"
        self.descriptors = Descriptors(self.descriptor_set)
        os.environ["ROWAN_BUILD"] = str(build)

    def program(self, name):
        return self.build / "tests" / name

    def load_data(self):
        example = ROOT / "examples" / "events"
        sizes = {"events": EVENTS, "attendees": 200_000, "users": 50_000, "organizations": 2_000}
        subprocess.run(["psql", self.database, "-qX", "-v", "ON_ERROR_STOP=1", *(f"-v{k}={v}" for k, v in sizes.items()),
                        "-f", example / "schema.sql", "-f", example / "seed.sql", "-c", "VACUUM ANALYZE"],
                       check=True, stdout=subprocess.DEVNULL)

    def describe(self):
        """The machine and what ran on it."""
        model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
        postgres = subprocess.run(["psql", self.database, "-XAtc", "SHOW server_version"], check=True, capture_output=True,
                                  text=True).stdout.split()[0]
        return (f"{CORES} × {model[1] if model else platform.machine()}, Linux {'.'.join(platform.release().split('.')[:2])}, "
                f"PostgreSQL {postgres}, {datetime.date.today()}")

    def server(self, *flags, database=None):
        return Server(self.descriptor_set, database or self.database, *self.flags, *flags)

    def client(self, server):
        return Client(server.address, self.descriptors)


class Distance:
    """Postgres behind delay.c: `with Distance(world, milliseconds) as conninfo`.  None at all for 0."""

    def __init__(self, world, round_trip_ms):
        self.world, self.round_trip_ms, self.process = world, round_trip_ms, None

    def __enter__(self):
        if self.round_trip_ms == 0:
            return self.world.database
        settings = dict(setting.split("=", 1) for setting in self.world.database.split())
        name = f".s.PGSQL.{settings.get('port', 5432)}"
        here = self.world.directory / f"distance{self.round_trip_ms}"
        here.mkdir(exist_ok=True)
        (here / name).unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [self.world.program("delay"), here / name, pathlib.Path(settings["host"]) / name, str(int(self.round_trip_ms * 500))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit("the delaying proxy did not start")
        return " ".join(f"{key}={value}" for key, value in {**settings, "host": here}.items())

    def __exit__(self, *_):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
