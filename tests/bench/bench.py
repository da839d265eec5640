#!/usr/bin/python3
"""Rowan beside a bare libpq loop, in one run: requests a second, latencies, CPU, and their ratio.

    ./dev bench [--rounds N] [--seconds S] [--works W1,W2,W3] [--in-flight 1,16,64]
                [--flags "--grouping 0"]
    ./dev bench --scenarios channels,streams,beside,latency,storm,start | all

W1  a page of 50 events at a random place, with creators, attendees, their organizations, and the unaffiliated ones
W2  one random event with the same tree
W3  20,000 events streamed, with the same tree, from a random place on

Both sides answer the same questions from the same Postgres; before anything is timed their trees are compared.  Rowan and
the loop take turns, round by round, so that a machine whose speed drifts treats both alike; the figure to quote is the
median of the rounds' ratios.

Started by postgres.sh, which gives ROWAN_TEST_DATABASE.
"""

import argparse
import os
import pathlib
import tempfile

import beside_bare
import scenarios
from world import EVENTS, ROOT, World


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--output", default=str(ROOT / "build" / "bench.tsv"), help="scenarios write beside it")
    parser.add_argument("--works", default="W1,W2,W3")
    parser.add_argument("--in-flight", default="1,16,64")
    parser.add_argument("--scenarios", help=f"instead of the works: {', '.join(scenarios.SCENARIOS)}, or all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--flags", default="", help="further settings for the server, as on its command line")
    options = parser.parse_args()
    if options.scenarios not in (None, "all"):
        for name in options.scenarios.split(","):
            if name not in scenarios.SCENARIOS:
                parser.error(f"no scenario {name}: there are {', '.join(scenarios.SCENARIOS)}")
    return options


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as directory:
        world = World(options.build, os.environ["ROWAN_TEST_DATABASE"], options.flags, directory)
        print(f"loading {EVENTS:,} events", flush=True)
        world.load_data()
        print(f"# {world.describe()}", flush=True)
        if options.scenarios is None:
            pathlib.Path(options.output).with_suffix(".machine").write_text(world.describe() + "\n")
            beside_bare.run(world, options)
        else:
            scenarios.run(world, options)


if __name__ == "__main__":
    main()
