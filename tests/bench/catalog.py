#!/usr/bin/env python3
"""What a large catalog takes: 500 tables, 800 foreign keys; init, check, a start with its set, a start without one.

    ./dev bench catalog [--rounds N]

Exits with 1 where a median lies above the limits.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import large_catalog  # noqa: E402
from support.database import Cluster  # noqa: E402

MOST_SECONDS, MOST_BYTES = 2, 64 << 20


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    rounds = range(parser.parse_args().rounds)
    cluster = Cluster()
    database = large_catalog.create(cluster)
    with tempfile.TemporaryDirectory() as folder:
        out = [pathlib.Path(folder) / str(i) for i in rounds]
        for path in out:
            path.mkdir()
        taken = {"init": [large_catalog.init(database, path) for path in out]}
        descriptor_set = large_catalog.compiled(out[0])
        taken["check"] = [large_catalog.check(database, descriptor_set) for _ in rounds]
        taken["start"] = [large_catalog.start(database, descriptor_set) for _ in rounds]
        taken["start --introspect"] = [large_catalog.start(database, None) for _ in rounds]
    cluster.stop()
    print(f"{'':>20}{'ms':>10}{'cpu_ms':>10}{'peak_mib':>10}")
    within = True
    for name, all_rounds in taken.items():
        seconds, cpu_seconds = (statistics.median(getattr(one, field) for one in all_rounds)
                                for field in ("seconds", "cpu_seconds"))
        peak_bytes = max(one.peak_bytes for one in all_rounds)
        print(f"{name:>20}{seconds * 1e3:>10.0f}{cpu_seconds * 1e3:>10.0f}{peak_bytes / 2**20:>10.1f}")
        within = within and seconds < MOST_SECONDS and peak_bytes < MOST_BYTES
    print(f"limits: {MOST_SECONDS} s, {MOST_BYTES >> 20} MiB: {'kept' if within else 'EXCEEDED'}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
