#!/usr/bin/python3
"""A ratchet on the request path: instructions, which repeat exactly, held against those recorded.

    instructions.py              compares; fails where a case takes more than was recorded
    instructions.py --record     records what is measured now, in instructions.tsv
    instructions.py --show CASE  the functions in which a case spends them

Each case of micro.c runs once under callgrind, which counts what happens inside its function `measured`: the warm-up
before it, the program's start and the making of the rows are left out.  What libc and libcrypto choose by the processor's
abilities is switched off, so that machines agree, and so is a strcmp that goes byte by byte where a string crosses a page,
so that it does not matter where strings lie.  Counts agree as long as compiler and libc are the same; with others nothing
is compared, and the words say so.
"""

import argparse
import concurrent.futures
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORD = pathlib.Path(__file__).with_name("instructions.tsv")
RECORD_COMMAND = "./dev bench instructions --record"
TOLERANCE = 0.02
PLAIN_PROCESSOR = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-ERMS,-FSRM,-SSSE3,-SSE4_1,-SSE4_2,-BMI1,"
                      "-BMI2,-LZCNT,-MOVBE,-POPCNT,-RTM,-Fast_Unaligned_Load,-Fast_Unaligned_Copy",
    "OPENSSL_ia32cap": "0:0",
}


def tools():
    """What the counts depend on besides our sources."""
    compiler = subprocess.run(["gcc", "-dumpfullversion"], check=True, capture_output=True, text=True).stdout.strip()
    return f"{platform.machine()}, gcc {compiler}, {' '.join(platform.libc_ver())}"


def cases(micro):
    return subprocess.run([micro, "--list"], check=True, capture_output=True, text=True).stdout.split()


def callgrind(micro, case, profile):
    """Runs the case; its instructions."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=measured", f"--callgrind-out-file={profile}",
                           micro, "--once", case], capture_output=True, text=True, env={**os.environ, **PLAIN_PROCESSOR})
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None or found[1] == "0":
        sys.exit(f"instructions.py: {case} was not counted:\n{done.stderr}")
    return int(found[1])


def count(micro, case):
    with tempfile.TemporaryDirectory() as directory:
        return callgrind(micro, case, f"{directory}/profile")


def show(micro, case):
    with tempfile.TemporaryDirectory() as directory:
        callgrind(micro, case, f"{directory}/profile")
        subprocess.run(["callgrind_annotate", "--auto=no", f"{directory}/profile"], check=True)


def measure(micro):
    names = cases(micro)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        return dict(zip(names, workers.map(lambda case: count(micro, case), names)))


def read_record():
    """(tools, case → instructions)."""
    lines = RECORD.read_text().splitlines()
    return lines[0].removeprefix("# "), {case: int(n) for case, n in (line.split("\t") for line in lines[1:])}


def write_record(counts):
    RECORD.write_text("".join([f"# {tools()}\n", *(f"{case}\t{n}\n" for case, n in counts.items())]))


def compare(recorded, counts):
    """Prints a line a case; whether all are as recorded, or better."""
    good = True
    print(f"{'case':<14} {'recorded':>10} {'measured':>10} {'change':>8}")
    for case in {**recorded, **counts}:
        before, now = recorded.get(case), counts.get(case)
        if before is None or now is None:
            good = False
            print(f"{case:<14} {before or '-':>10} {now or '-':>10}  {'not recorded' if before is None else 'gone'}")
            continue
        change = now / before - 1
        good = good and change <= TOLERANCE
        word = "MORE" if change > TOLERANCE else "less: record it, and it is kept" if change < -TOLERANCE else ""
        print(f"{case:<14} {before:>10} {now:>10} {change:>+8.1%}  {word}")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--show", metavar="CASE")
    options = parser.parse_args()
    micro = pathlib.Path(options.build) / "tests" / "micro"
    if options.show:
        show(micro, options.show)
        return
    counts = measure(micro)
    if options.record:
        write_record(counts)
        print(RECORD.read_text(), end="")
        return
    recorded_tools, recorded = read_record()
    if recorded_tools != tools():
        print(f"nothing is compared: recorded with {recorded_tools}, here are {tools()}.  Measured:")
        print("\n".join(f"{case:<14} {n:>10}" for case, n in counts.items()))
        return
    if not compare(recorded, counts):
        sys.exit(f"the request path takes more instructions than recorded (by over {TOLERANCE:.0%}), or its cases are others.\n"
                 f"If that is meant, record them anew and commit {RECORD.relative_to(ROOT)}:  {RECORD_COMMAND}")


if __name__ == "__main__":
    main()
