#!/usr/bin/python3
"""The README's chart and table, made from what `./dev bench` measured.

    ./dev bench chart      build/bench.tsv → tests/bench/bench.svg, and the table between README.md's two marks, with
                           the machine that `./dev bench` noted beside it

Tables of scenarios that were measured as well (build/bench-NAME.tsv) are printed as Markdown, to be quoted where wanted.

The chart has one panel for each work, since a page, an event and a stream differ by orders of magnitude; bars begin at
zero.  Its colours are of middling lightness and its ground is transparent, so that it reads on light and on dark pages.
"""

import argparse
import csv
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TITLES = {"W1": "a page of 50 events with the tree", "W2": "one event with the tree", "W3": "20,000 events streamed"}
BEGIN, END = "<!-- ./dev bench chart: -->", "<!-- end -->"

WIDTH, HEIGHT = 860, 336
MARGIN, GAP = 16, 28
TOP, BOTTOM = 90, 252
BAR, BETWEEN = 34, 4
TEXT, ROWAN, BARE, LINE = "#74808c", "#2f7fe0", "#98a3af", "#98a3af"


def read(path):
    with open(path) as file:
        return list(csv.DictReader(file, delimiter="\t"))


def short(value):
    """About three digits."""
    return f"{value / 1000:.1f}k" if value >= 10_000 else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


# ---- the chart -----------------------------------------------------------------------------------------------------

def text(x, y, words, anchor="middle", size=12, weight="normal", color=TEXT):
    return (f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="{color}">'
            f"{words}</text>")


def bar(x, value, most, color):
    height = (BOTTOM - TOP) * value / most
    return (f'<rect x="{x:g}" y="{BOTTOM - height:.1f}" width="{BAR}" height="{height:.1f}" rx="2" fill="{color}"/>'
            + text(x + BAR / 2, BOTTOM - height - 5, short(value), size=11))


def group(center, row, most):
    """One number of requests in flight: both bars, the number, the ratio."""
    yield bar(center - BAR - BETWEEN / 2, float(row["rps"]), most, ROWAN)
    yield bar(center + BETWEEN / 2, float(row["bare_rps"]), most, BARE)
    yield text(center, BOTTOM + 20, f"{row['in_flight']} in flight")
    yield text(center, BOTTOM + 42, f'× {row["ratio"]}', size=13, weight="bold", color=ROWAN)


def panel(left, width, title, rows):
    most = max(float(row[name]) for row in rows for name in ("rps", "bare_rps"))
    yield text(left + width / 2, TOP - 28, title, size=13, weight="bold")
    yield f'<line x1="{left:g}" x2="{left + width:g}" y1="{BOTTOM + .5}" y2="{BOTTOM + .5}" stroke="{LINE}"/>'
    for i, row in enumerate(rows):
        yield from group(left + width * (i + .5) / len(rows), row, most)


def legend():
    yield f'<rect x="{MARGIN}" y="14" width="12" height="12" rx="2" fill="{ROWAN}"/>'
    yield text(MARGIN + 18, 24, "Rowan, over gRPC", "start")
    yield f'<rect x="{MARGIN + 140}" y="14" width="12" height="12" rx="2" fill="{BARE}"/>'
    yield text(MARGIN + 158, 24, "a bare libpq loop, without a server", "start")
    yield text(WIDTH - MARGIN, 24, "requests a second", "end")
    yield text(MARGIN, HEIGHT - 12, "in blue: Rowan's requests a second over the loop's, the median of the rounds",
               "start", size=11)


def chart(rows):
    named = {work: [row for row in rows if row["work"] == work] for work in TITLES}
    present = {work: of for work, of in named.items() if of}
    width = (WIDTH - 2 * MARGIN - GAP * (len(present) - 1)) / len(present)
    parts = list(legend())
    for i, (work, of) in enumerate(present.items()):
        parts.extend(panel(MARGIN + i * (width + GAP), width, TITLES[work], of))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            f'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" role="img">\n'
            f"<title>Requests a second of Rowan and of a bare libpq loop</title>\n" + "\n".join(parts) + "\n</svg>\n")


# ---- tables --------------------------------------------------------------------------------------------------------

def amount(cell):
    """Thousands apart; three digits, or as many as were measured."""
    value, measured = float(cell), len(cell.partition(".")[2])
    return f"{value:,.{min(measured, 0 if value >= 100 else 1 if value >= 10 else 2)}f}"


def table(rows):
    lines = ["| work | in flight | requests/s | p50 ms | p99 ms | Rowan's CPU, µs | bare loop, requests/s | ratio |",
             "|---|---|---|---|---|---|---|---|"]
    last = None
    for row in rows:
        title = "" if row["work"] == last else TITLES[row["work"]]
        last = row["work"]
        amounts = [amount(row[name]) for name in ("rps", "p50_ms", "p99_ms", "rowan_cpu_us", "bare_rps")]
        cells = (title, row["in_flight"], *amounts, row["ratio"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def plain_table(rows):
    lines = [rows[0].keys(), ["---"] * len(rows[0]), *(row.values() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def put_between_marks(path, words):
    whole = path.read_text()
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path} has no {BEGIN} … {END} to put the table between")
    path.write_text(f"{before}{BEGIN}\n\n{words}\n\n{END}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measured", type=pathlib.Path, default=ROOT / "build" / "bench.tsv")
    parser.add_argument("--chart", type=pathlib.Path, default=ROOT / "tests" / "bench" / "bench.svg")
    parser.add_argument("--readme", type=pathlib.Path, default=ROOT / "README.md")
    options = parser.parse_args()
    if not options.measured.exists():
        raise SystemExit(f"there is no {options.measured} yet: run ./dev bench")
    rows = read(options.measured)
    options.chart.write_text(chart(rows))
    machine = options.measured.with_suffix(".machine")
    words = [table(rows), f"On {machine.read_text().strip()}."] if machine.exists() else [table(rows)]
    put_between_marks(options.readme, "\n\n".join(words))
    print(f"{options.chart} and the table in {options.readme} are made of {options.measured}")
    for scenario in sorted(options.measured.parent.glob(f"{options.measured.stem}-*.tsv")):
        print(f"\n{scenario.stem}\n\n{plain_table(read(scenario))}")


if __name__ == "__main__":
    main()
