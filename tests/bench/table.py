"""Lines that are read on a terminal while they come, and kept as tab-separated values."""


class Table:
    """`columns`: name → format of its values, in order.  A value that is None shows as a dash."""

    def __init__(self, columns, path):
        self.columns, self.file = columns, open(path, "w")
        print("\t".join(columns), file=self.file, flush=True)
        print(" ".join(f"{name:>12}" for name in columns), flush=True)

    def row(self, *values):
        cells = ["-" if value is None else format(value, style) for value, style in zip(values, self.columns.values(), strict=True)]
        print("\t".join(cells), file=self.file, flush=True)
        print(" ".join(f"{cell:>12}" for cell in cells), flush=True)

    @staticmethod
    def note(text):
        print(f"# {text}", flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
