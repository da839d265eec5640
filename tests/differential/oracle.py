#!/usr/bin/python3
"""oracle.py --cases 10000 --seed N: random worlds and requests, the server's answers held against a naive evaluator.

Starts a Postgres of its own (or uses ROWAN_TEST_DATABASE's cluster).  A case is a request, with all that is checked of
it.  Exit code 0: no difference, and every feature and strategy met.  `--world S --request I` repeats one case.
"""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import render  # noqa: E402
from features import Coverage  # noqa: E402
from generate import WorldMaker  # noqa: E402
from shrink import Shrinker  # noqa: E402
from support.database import Cluster  # noqa: E402
from trial import PINS, Difference, Trial, random_request, seeded  # noqa: E402


class Run:
    """Worlds by consecutive seeds, each asked a number of requests."""

    def __init__(self, cluster, folder, shrink=True):
        self.cluster, self.folder, self.shrink = cluster, pathlib.Path(folder), shrink
        self.coverage, self.cases, self.differences = Coverage(), 0, []

    def world(self, seed, numbers):
        world = WorldMaker(seed).make()
        with Trial(self.cluster, self.folder, world) as trial:
            self.coverage.see_world(world, trial.data)
            for number in numbers:
                self.case(trial, seed, number)
            self.crowd(trial, seed)
            trial.see_strategies(self.coverage)

    def case(self, trial, seed, number):
        rng = seeded(seed, number)
        request = random_request(trial.world, trial.data, rng)
        try:
            self.cases += trial.check(request, self.coverage, rng)
        except Difference as difference:
            self.differences.append(f"--world {seed} --request {number}: {difference.kind}")
            self.report(trial, seed, number, request, difference)

    def crowd(self, trial, seed):
        try:
            trial.check_crowd(self.coverage)
        except Difference as difference:
            self.differences.append(f"--world {seed}: {difference.kind}")
            print(f"\nDIFFERENCE in world {seed} ({difference.kind})\n{difference}", flush=True)

    def report(self, trial, seed, number, request, difference):
        print(f"\nDIFFERENCE in world {seed}, request {number} ({difference.kind})")
        print(f"{difference}\n{describe(request)}", flush=True)
        if not self.shrink or len(self.differences) > 3:
            return
        world, request, difference = Shrinker(self.cluster, tempfile.mkdtemp(prefix="rowan-shrink-"), PINS).shrink(
            trial, request, difference)
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"rowan-oracle-{seed}-{number}-"))
        (folder / "schema.sql").write_text(render.sql(world))
        (folder / "oracle.proto").write_text(render.proto(world))
        (folder / "request.txt").write_text(f"{describe(request)}\n\n{difference}\n")
        print(f"\nshrunk to {folder} ({sum(len(table.rows) for table in world.tables.values())} rows, "
              f"{sum(len(resource.fields) for resource in world.resources.values())} fields)")
        print(f"{difference}\n{describe(request)}", flush=True)


def describe(request):
    """The request as a person would send it."""
    parts = {"mask": request.mask, "keys": request.keys, "by": request.by, "bounds": request.bounds,
             "filter": request.filter_text, "order_by": request.order_text, "page_size": request.page_size,
             "skip": request.skip, "show_deleted": request.show_deleted, "header": request.header,
             "relation_arguments": {path: described(its) for path, its in request.lists.items()}}
    return f"{request.method}{request.resource} " + ", ".join(f"{name}: {part!r}" for name, part in parts.items() if part)


def described(arguments):
    members = {"filter": arguments.filter_text, "order_by": arguments.order_text, "page_size": arguments.page_size,
               "max_depth": arguments.max_depth, "page_token": arguments.page_token}
    return {name: member for name, member in members.items() if member}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--requests", type=int, default=100, help="requests to a world")
    parser.add_argument("--world", type=int, help="repeat a case: the world's seed")
    parser.add_argument("--request", type=int, help="repeat a case: the request's number")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--most-differences", type=int, default=10, help="stop after so many")
    options = parser.parse_args()

    cluster = Cluster()
    try:
        with tempfile.TemporaryDirectory(prefix="rowan-oracle-") as folder:
            return run(options, Run(cluster, folder, not options.no_shrink))
    finally:
        cluster.stop()


def run(options, oracle):
    if options.world is not None:
        numbers = range(options.requests) if options.request is None else [options.request]
        oracle.world(options.world, numbers)
        print(f"{oracle.cases} cases, {len(oracle.differences)} differences")
        return bool(oracle.differences)
    print(f"seed {options.seed}", flush=True)
    seed = options.seed
    while oracle.cases < options.cases and len(oracle.differences) < options.most_differences:
        oracle.world(seed, range(min(options.requests, options.cases - oracle.cases)))
        print(f"world {seed}: {oracle.cases} cases, {len(oracle.differences)} differences", flush=True)
        seed += 1
    return report(options, oracle)


def report(options, oracle):
    missing = oracle.coverage.missing()
    print(f"\nhow often each was met:\n{oracle.coverage.report()}\n")
    print(f"{oracle.cases} cases from seed {options.seed}, {len(oracle.differences)} differences")
    for line in oracle.differences:
        print(f"  {line}")
    if missing:
        print(f"never met: {', '.join(missing)}")
    return bool(missing or oracle.differences)


if __name__ == "__main__":
    sys.exit(main())
