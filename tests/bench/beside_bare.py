"""The benchmark proper: each work at each number of requests in flight, beside the bare loop."""

import statistics

import works
from load import LOAD_PROCESSES, Bare, H2load
from table import Table

COLUMNS = {"work": "", "in_flight": "d", "rps": ".1f", "p50_ms": ".2f", "p99_ms": ".2f", "rowan_cpu_us": ".0f",
           "bare_rps": ".1f", "ratio": ".2f"}


def bounds(work, in_flight, seconds):
    """How long each load process runs: streams by number, all at once, since one takes long; others by time."""
    if work.name != "W3":
        return ["-D", f"{seconds:.0f}"]
    return ["-n", str(max(4 // in_flight, in_flight // LOAD_PROCESSES, 1))]


def measure(work, load, bare, in_flight, options):
    """What the loop chose, its p50, and the medians of the rounds."""
    seconds = max(options.seconds, 4) if work.name == "W3" else options.seconds
    choice = bare.tune(work.bare_works, in_flight, seconds / 2)
    load.run(in_flight, bounds(work, in_flight, 1))
    rounds = []
    for _ in range(options.rounds):
        rps, durations, cpu = load.run(in_flight, bounds(work, in_flight, options.seconds))
        bare_rps, bare_p50, _ = bare.run(choice[0], in_flight, choice[1], seconds)
        rounds.append((rps, durations[len(durations) // 2] * 1e3, durations[len(durations) * 99 // 100] * 1e3, cpu * 1e6,
                       bare_rps, rps / bare_rps, bare_p50))
    *medians, bare_p50 = (statistics.median(column) for column in zip(*rounds))
    return choice, bare_p50, medians


def run(world, options):
    bare = Bare(world)
    with world.server() as server, Table(COLUMNS, options.output) as table:
        client = world.client(server)
        for name in options.works.split(","):
            work = works.make(name, client, bare)
            load = H2load(server, work, world.directory)
            for in_flight in map(int, options.in_flight.split(",")):
                choice, bare_p50, medians = measure(work, load, bare, in_flight, options)
                table.row(name, in_flight, *medians)
                table.note(f"bare: {choice[0]} over {choice[1]} connections, p50 {bare_p50:.2f} ms")
