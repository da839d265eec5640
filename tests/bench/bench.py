#!/usr/bin/python3
"""Rowan beside a bare libpq loop, in one run: requests a second, latencies, CPU, and their ratio.

    ./dev bench [--rounds N] [--seconds S] [--works W1,W2,W3] [--in-flight 1,16,64]
                [--flags "--grouping 0"]

W1  a page of 50 events at a random place, with creators, attendees, their organizations, and the unaffiliated ones
W2  one random event with the same tree
W3  20,000 events streamed, with the same tree, from a random place on

Both sides answer the same questions from the same Postgres; before anything is timed their trees are compared.  Rowan and
the loop take turns, round by round, so that a machine whose speed drifts treats both alike; the figure to quote is the
median of the rounds' ratios.  Request bodies vary: every load process has its own, renewed each round.

Started by postgres.sh, which gives ROWAN_TEST_DATABASE.
"""

import argparse
import os
import pathlib
import random
import shlex
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.client import Client  # noqa: E402
from support.descriptors import Descriptors  # noqa: E402
from support.server import Server  # noqa: E402

EVENTS = 100_000
PAGE = 50
STREAM_EVENTS = 20_000
TREE = ["id", "name", "event_date", "creator", "attendees.id", "attendees.name", "attendees.organization.id",
        "attendees.organization.name", "unaffiliated_attendees.id", "unaffiliated_attendees.name"]
BARE_CONNECTIONS = (1, 2, 4)
LOAD_PROCESSES = 16
COLUMNS = ("work", "in_flight", "rps", "p50_ms", "p99_ms", "rowan_cpu_us", "bare_rps", "ratio")


def frame(message):
    """A gRPC length-prefixed message."""
    body = message.SerializeToString()
    return b"\0" + len(body).to_bytes(4, "big") + body


class Page:
    name, method, bare_works = "W1", "events.v1.EventService/ListEvents", ("page",)

    def __init__(self, client):
        self.client = client
        self.places = list(self._walk())[:-1]

    def _walk(self):
        """(last id, token) of every page: the places where a page can start."""
        token = ""
        while True:
            answer = self.client.send(self.method, self.client.request(self.method, ["id"], page_size=PAGE, page_token=token))
            token = answer.next_page_token
            if not token:
                return
            yield answer.events[-1].id, token

    def request(self, token):
        return self.client.request(self.method, TREE, page_size=PAGE, page_token=token)

    def body(self):
        return self.request(random.choice(self.places)[1])

    def compare(self, bare):
        place, token = random.choice(self.places)
        ours = self.client.send(self.method, self.request(token))
        return list(ours.events) == list(type(ours).FromString(bare("page", place)).events)


class Event:
    name, method, bare_works = "W2", "events.v1.EventService/GetEvent", ("event", "event-arrays")

    def __init__(self, client):
        self.client = client

    def request(self, event_id):
        return self.client.request(self.method, TREE, id=event_id)

    def body(self):
        return self.request(random.randint(1, EVENTS))

    def compare(self, bare):
        place = random.randint(1, EVENTS)
        ours = self.client.send(self.method, self.request(place))
        return all(ours == type(ours).FromString(bare(work, place)) for work in self.bare_works)


class Stream:
    name, method, bare_works = "W3", "events.v1.EventService/StreamEvents", ("stream",)

    def __init__(self, client):
        self.client = client

    def request(self, place):
        return self.client.request(self.method, TREE, filter=f"id > {place} AND id <= {place + STREAM_EVENTS}")

    def body(self):
        return self.request(random.randrange(EVENTS - STREAM_EVENTS))

    def compare(self, bare):
        """The loop's first chunk stands for all: it is 5000 events."""
        place = random.randrange(EVENTS - STREAM_EVENTS)
        ours, message_class = [], None
        for message in self.client.send(self.method, self.request(place), timeout=120):
            message_class = type(message)
            ours.extend(message.events)
        theirs = message_class.FromString(bare("stream", place)).events
        return len(ours) == STREAM_EVENTS and ours[:len(theirs)] == list(theirs)


WORKS = {work.name: work for work in (Page, Event, Stream)}


class Load:
    """h2load processes against one method; each has a body of its own."""

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


class Bare:
    def __init__(self, program, database):
        self.program, self.database = program, database

    def dump(self, work, place):
        return subprocess.run([self.program, self.database, work, "dump", str(place)], check=True,
                              capture_output=True).stdout

    def run(self, work, in_flight, connections, seconds):
        seed = random.randrange(1, 1 << 32)
        line = subprocess.run([self.program, self.database, work, str(in_flight), str(connections), str(seconds),
                               str(seed)], check=True, capture_output=True, text=True).stdout
        return float(line.split()[0])

    def tune(self, works, in_flight, seconds):
        """The statements and the number of connections that serve most."""
        choices = [(work, n) for work in works for n in BARE_CONNECTIONS if n <= in_flight]
        return max(choices, key=lambda choice: self.run(choice[0], in_flight, choice[1], seconds))


def bounds(work, in_flight, seconds):
    """How long each load process runs: streams by number, all at once, since one takes long; others by time."""
    if work.name != "W3":
        return ["-D", f"{seconds:.0f}"]
    return ["-n", str(max(4 // in_flight, in_flight // LOAD_PROCESSES, 1))]


def measure(work, load, bare, in_flight, options):
    seconds = max(options.seconds, 4) if work.name == "W3" else options.seconds
    choice = bare.tune(work.bare_works, in_flight, seconds / 2)
    load.run(in_flight, bounds(work, in_flight, 1))
    rounds = []
    for _ in range(options.rounds):
        rps, durations, cpu = load.run(in_flight, bounds(work, in_flight, options.seconds))
        bare_rps = bare.run(choice[0], in_flight, choice[1], seconds)
        rounds.append((rps, durations[len(durations) // 2] * 1e3, durations[len(durations) * 99 // 100] * 1e3, cpu * 1e6,
                       bare_rps, rps / bare_rps))
    medians = [statistics.median(column) for column in zip(*rounds)]
    return choice, (work.name, in_flight, *medians)


def show(row, file, separator):
    work, in_flight, rps, p50, p99, cpu, bare_rps, ratio = row
    cells = (work, str(in_flight), f"{rps:.1f}", f"{p50:.2f}", f"{p99:.2f}", f"{cpu:.0f}", f"{bare_rps:.1f}", f"{ratio:.2f}")
    print(separator.join(f"{cell:>12}" if separator == " " else cell for cell in cells), file=file, flush=True)


def load_data(database):
    example = ROOT / "examples" / "events"
    sizes = {"events": EVENTS, "attendees": 200_000, "users": 50_000, "organizations": 2_000}
    subprocess.run(["psql", database, "-qX", "-v", "ON_ERROR_STOP=1", *(f"-v{k}={v}" for k, v in sizes.items()),
                    "-f", example / "schema.sql", "-f", example / "seed.sql", "-c", "VACUUM ANALYZE"],
                   check=True, stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--output", default=str(ROOT / "build" / "bench.tsv"))
    parser.add_argument("--works", default="W1,W2,W3")
    parser.add_argument("--in-flight", default="1,16,64")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--flags", default="", help="further settings for the server, as on its command line")
    options = parser.parse_args()
    build = pathlib.Path(options.build)
    database = os.environ["ROWAN_TEST_DATABASE"]

    print(f"loading {EVENTS:,} events", flush=True)
    load_data(database)
    descriptor_set = build / "examples" / "events.binpb"
    bare = Bare(build / "tests" / "bare", database)
    settings = ["--max-result-bytes", "67108864", *shlex.split(options.flags)]
    os.environ["ROWAN_BUILD"] = str(build)
    with Server(descriptor_set, database, *settings) as server, \
            tempfile.TemporaryDirectory() as directory, open(options.output, "w") as output:
        client = Client(server.address, Descriptors(descriptor_set))
        print(*COLUMNS, sep="\t", file=output)
        print(" ".join(f"{name:>12}" for name in COLUMNS), flush=True)
        for name in options.works.split(","):
            work = WORKS[name](client)
            if not all(work.compare(bare.dump) for _ in range(5)):
                raise SystemExit(f"{name}: the trees of Rowan and of the bare loop differ")
            load = Load(server, work, pathlib.Path(directory))
            for in_flight in map(int, options.in_flight.split(",")):
                choice, row = measure(work, load, bare, in_flight, options)
                show(row, sys.stdout, " ")
                show(row, output, "\t")
                print(f"# bare: {choice[0]} over {choice[1]} connections", flush=True)


if __name__ == "__main__":
    main()
