"""Who asks: h2load, our own load where bodies must vary within a connection, and the bare loop."""

import random
import subprocess
from typing import NamedTuple

from works import frame

LOAD_PROCESSES = 16


class H2load:
    """h2load processes against one method; each has one connection, and a body of its own."""

    def __init__(self, server, work, directory):
        self.server, self.work, self.directory = server, work, directory

    def _command(self, index, streams, bound):
        body = self.directory / f"body{index}"
        body.write_bytes(frame(self.work.body()))
        return ["h2load", f"http://{self.server.address}/{self.work.method}", "-c", "1", "-m", str(streams), *bound,
                "-d", str(body), "-H", "content-type: application/grpc", "-H", "te: trailers",
                "-w", "24", "-W", "26", f"--log-file={self.directory / f'log{index}'}"]

    def run(self, in_flight, bound):
        """Requests a second, their sorted durations in seconds, CPU seconds a request."""
        processes = min(in_flight, LOAD_PROCESSES)
        for log in self.directory.glob("log*"):
            log.unlink()
        cpu = self.server.cpu_seconds()
        children = [subprocess.Popen(self._command(i, in_flight // processes, bound), stdout=subprocess.DEVNULL)
                    for i in range(processes)]
        if any([child.wait() for child in children]):
            raise SystemExit("h2load failed")
        cpu = self.server.cpu_seconds() - cpu
        lines = [line.split("\t") for log in self.directory.glob("log*") for line in log.read_text().splitlines()]
        if not lines or any(line[1] != "200" for line in lines):
            raise SystemExit(f"{self.work.name}: requests failed")
        started = min(int(line[0]) for line in lines)
        ended = max(int(line[0]) + int(line[2]) for line in lines)
        return len(lines) * 1e6 / (ended - started), sorted(int(line[2]) / 1e6 for line in lines), cpu / len(lines)


class Answered(NamedTuple):
    """What load.c says; milliseconds."""
    rps: float
    p50: float
    p99: float
    first_p50: float
    first_p99: float
    requests: float
    messages: float


class Varied:
    """load.c against one method: `n_bodies` requests, taken at random."""

    def __init__(self, world, server, work, n_bodies):
        self.server, self.work, self.program = server, work, world.program("load")
        self.bodies = world.directory / f"{work.name.replace(' ', '-')}-{server.address.rpartition(':')[2]}"
        self.bodies.write_bytes(b"".join(frame(work.body()) for _ in range(n_bodies)))

    def start(self, connections, in_flight, seconds, mode="steady"):
        seed = str(random.randrange(1, 1 << 32))
        return subprocess.Popen([self.program, self.server.address, self.work.method, self.bodies, str(connections),
                                 str(in_flight), mode, str(seconds), seed], stdout=subprocess.PIPE, text=True)

    def run(self, connections, in_flight, seconds, mode="steady"):
        process = self.start(connections, in_flight, seconds, mode)
        line = process.communicate()[0]
        if process.returncode != 0:
            raise SystemExit(f"{self.work.name}: load failed")
        return Answered(*map(float, line.split()))


class Bare:
    def __init__(self, world, database=None):
        self.program, self.database = world.program("bare"), database or world.database

    def dump(self, work, place):
        return subprocess.run([self.program, self.database, work, "dump", str(place)], check=True,
                              capture_output=True).stdout

    def run(self, work, in_flight, connections, seconds):
        """Requests a second, p50 and p99 in milliseconds."""
        seed = random.randrange(1, 1 << 32)
        line = subprocess.run([self.program, self.database, work, str(in_flight), str(connections), str(seconds),
                               str(seed)], check=True, capture_output=True, text=True).stdout
        return tuple(map(float, line.split()))

    def tune(self, works, in_flight, seconds, connections=(1, 2, 4)):
        """The statements and the number of connections that serve most."""
        choices = [(work, n) for work in works for n in connections if n <= in_flight]
        return max(choices, key=lambda choice: self.run(choice[0], in_flight, choice[1], seconds)[0])
