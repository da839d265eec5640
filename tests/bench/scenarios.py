"""What the plain benchmark does not show: shared connections, streams, fairness, distance, N+1 over gRPC, starting.

Each scenario prints a table of its own and keeps it in build/bench-NAME.tsv.  Where two things are compared they take
turns, round by round; figures are the medians of the rounds.
"""

import contextlib
import math
import pathlib
import statistics
import time

import works
from load import Bare, Varied
from table import Table
from world import CORES, Distance

BODIES = 5000
ROUND_TRIPS_MS = (0, 0.5, 2)
DISTANT_CONNECTIONS = (1, 2, 4, 8, 16)
MIB = 1 << 20


def medians(rounds):
    return [statistics.median(column) for column in zip(*rounds)]


# ---- calls that share connections ----------------------------------------------------------------------------------

CALLS_PER_CONNECTION = 4


def channel_round(load, bare, choice, in_flight, seconds):
    connections = max(in_flight // CALLS_PER_CONNECTION, 1)
    cpu = load.server.cpu_seconds()
    answered = load.run(connections, in_flight // connections, seconds)
    cpu = (load.server.cpu_seconds() - cpu) / answered.requests
    bare_rps, bare_p50, _ = bare.run(choice[0], in_flight, choice[1], seconds)
    return (answered.rps, answered.p50, answered.p99, cpu * 1e6, bare_rps, answered.rps / bare_rps,
            answered.p50 / bare_p50)


def channels(world, options, table):
    """As clients of gRPC do it: four calls share a connection, and no two ask the same."""
    with world.server() as server:
        client, bare = world.client(server), Bare(world)
        for name in ("W1", "W2"):
            work = works.make(name, client, bare)
            load = Varied(world, server, work, BODIES)
            for in_flight in (1, 16, 64):
                choice = bare.tune(work.bare_works, in_flight, options.seconds / 2)
                channel_round(load, bare, choice, in_flight, 1)
                rounds = [channel_round(load, bare, choice, in_flight, options.seconds) for _ in range(options.rounds)]
                table.row(name, in_flight, *medians(rounds))
                table.note(f"bare: {choice[0]} over {choice[1]} connections")


CHANNEL_COLUMNS = {"work": "", "in_flight": "d", "rps": ".1f", "p50_ms": ".2f", "p99_ms": ".2f", "rowan_cpu_us": ".0f",
                   "bare_rps": ".1f", "ratio": ".2f", "p50_ratio": ".2f"}


# ---- streams -------------------------------------------------------------------------------------------------------

def stream_round(load, in_flight):
    """All streams at once, each to its end."""
    answered = load.run(in_flight, 1, 0.001)
    return answered.rps * works.STREAM_EVENTS, answered.first_p50, answered.first_p99, answered.p50


def streams(world, options, table):
    """A server of its own for each line, since what was once resident is never less."""
    for in_flight in (1, 4, 16):
        with world.server() as server:
            work = works.make("W3", world.client(server), Bare(world))
            idle = server.resident_bytes()
            load = Varied(world, server, work, BODIES)
            rounds = [stream_round(load, in_flight) for _ in range(options.rounds)]
            table.row(in_flight, *medians(rounds), idle / MIB, server.peak_bytes() / MIB)


STREAM_COLUMNS = {"in_flight": "d", "events_s": ".0f", "first_ms": ".1f", "first_p99_ms": ".1f", "whole_ms": ".0f",
                  "before_mib": ".1f", "peak_mib": ".1f"}


# ---- fairness ------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def kept_busy(load, connections):
    """Meanwhile each of the connections asks again and again; with none, nothing does."""
    if connections == 0:
        yield
        return
    process = load.start(connections, 1, 3600)
    time.sleep(1)
    yield
    if process.poll() is not None:
        raise SystemExit("what should keep the server busy has ended")
    process.terminate()
    process.communicate()


def beside(world, options, table):
    """Gets, 16 in flight, alone and while others ask for much."""
    with world.server() as server:
        client = world.client(server)
        gets = Varied(world, server, works.make("W2", client, Bare(world)), BODIES)
        stream, page = (Varied(world, server, work(client), 200) for work in (works.Stream, works.LargePage))
        others = (("nothing", stream, 0), ("1 stream", stream, 1), ("4 streams", stream, 4), ("2 large pages", page, 2))
        rounds = {name: [] for name, _, _ in others}
        for _ in range(options.rounds):
            for name, load, connections in others:
                with kept_busy(load, connections):
                    answered = gets.run(16, 1, options.seconds)
                rounds[name].append((answered.rps, answered.p50, answered.p99))
        for name, of in rounds.items():
            table.row(name, 16, *medians(of))


BESIDE_COLUMNS = {"beside": "", "in_flight": "d", "rps": ".1f", "p50_ms": ".2f", "p99_ms": ".2f"}


# ---- distance ------------------------------------------------------------------------------------------------------

def latency_rounds(work, load, bare, in_flight, options):
    """What the loop chose; Rowan's rate and p50, the loop's, and the ratio."""
    choice = bare.tune(work.bare_works, in_flight, options.seconds / 2, DISTANT_CONNECTIONS)
    load.run(in_flight, 1, 1)
    rounds = []
    for _ in range(options.rounds):
        answered = load.run(in_flight, 1, options.seconds)
        bare_rps, bare_p50, _ = bare.run(choice[0], in_flight, choice[1], options.seconds)
        rounds.append((answered.rps, answered.p50, bare_rps, bare_p50, answered.rps / bare_rps))
    return choice, medians(rounds)


def distant_connections(round_trip_ms):
    """One for each core, and as many more as wait meanwhile for answers on their way: a page takes about a millisecond."""
    return CORES * (1 + math.ceil(round_trip_ms))


def latency(world, options, table):
    """The same distance for both.  `beyond` is what p50 takes over the loop's without distance, in round trips."""
    near = {}
    for round_trip_ms in ROUND_TRIPS_MS:
        with contextlib.ExitStack() as stack:
            database = stack.enter_context(Distance(world, round_trip_ms))
            server = stack.enter_context(world.server("--connections", str(distant_connections(round_trip_ms)), database=database))
            client, bare = world.client(server), Bare(world, database)
            for name in ("W1", "W2"):
                work = works.make(name, client, bare)
                load = Varied(world, server, work, BODIES)
                for in_flight in (1, 16):
                    choice, (rps, p50, bare_rps, bare_p50, ratio) = latency_rounds(work, load, bare, in_flight, options)
                    near.setdefault((name, in_flight), bare_p50)
                    beyond = (p50 - near[name, in_flight]) / round_trip_ms if round_trip_ms and in_flight == 1 else None
                    table.row(round_trip_ms, name, in_flight, rps, p50, bare_rps, bare_p50, ratio, beyond)
                    table.note(f"bare: {choice[0]} over {choice[1]} connections")


LATENCY_COLUMNS = {"round_trip_ms": "g", "work": "", "in_flight": "d", "rps": ".1f", "p50_ms": ".2f", "bare_rps": ".1f",
                   "bare_p50_ms": ".2f", "ratio": ".2f", "beyond": ".2f"}


# ---- N+1 over gRPC -------------------------------------------------------------------------------------------------

STORM_CLIENTS, STORM_IDS = 64, 50


def storm_round(load, options):
    cpu = load.server.cpu_seconds()
    answered = load.run(STORM_CLIENTS, STORM_IDS, options.seconds, "burst")
    cpu = (load.server.cpu_seconds() - cpu) / answered.requests
    return answered.rps, answered.p50, answered.p99, cpu * 1e6


def storm(world, options, table):
    """Clients that ask for 50 events one by one, all at once, and then for the next 50; as served, and without grouping."""
    enough = ("--queue-limit", str(STORM_CLIENTS * STORM_IDS * 2))
    with world.server(*enough) as grouping, world.server(*enough, "--grouping", "0") as alone:
        loads = {}
        for name, server in (("off", alone), ("on", grouping)):
            work = works.make("W2", world.client(server), Bare(world))
            loads[name] = Varied(world, server, work, BODIES)
            loads[name].run(STORM_CLIENTS, STORM_IDS, 1, "burst")
        rounds = {name: [] for name in loads}
        for _ in range(options.rounds):
            for name, load in loads.items():
                rounds[name].append(storm_round(load, options))
        ratio = statistics.median(on[0] / off[0] for on, off in zip(rounds["on"], rounds["off"]))
        table.row("off", *medians(rounds["off"]), None)
        table.row("on", *medians(rounds["on"]), ratio)


STORM_COLUMNS = {"grouping": "", "rps": ".1f", "p50_ms": ".1f", "p99_ms": ".1f", "rowan_cpu_us": ".0f", "ratio": ".2f"}


# ---- starting ------------------------------------------------------------------------------------------------------

STARTS = 11


def one_start(world):
    """Milliseconds until it serves, and what is resident a second later."""
    started = time.monotonic()
    with world.server() as server:
        serving = time.monotonic() - started
        time.sleep(1)
        return serving * 1e3, server.resident_bytes() / MIB


def start(world, options, table):
    rounds = [one_start(world) for _ in range(STARTS)]
    table.row(STARTS, *medians(rounds), max(serving for serving, _ in rounds))


START_COLUMNS = {"starts": "d", "serving_ms": ".0f", "idle_mib": ".1f", "slowest_ms": ".0f"}

SCENARIOS = {
    "channels": (channels, CHANNEL_COLUMNS),
    "streams": (streams, STREAM_COLUMNS),
    "beside": (beside, BESIDE_COLUMNS),
    "latency": (latency, LATENCY_COLUMNS),
    "storm": (storm, STORM_COLUMNS),
    "start": (start, START_COLUMNS),
}


def run(world, options):
    for name in SCENARIOS if options.scenarios == "all" else options.scenarios.split(","):
        measure, columns = SCENARIOS[name]
        print(f"\n== {name}", flush=True)
        output = pathlib.Path(options.output)
        with Table(columns, output.with_name(f"{output.stem}-{name}.tsv")) as table:
            measure(world, options, table)
