"""What is raised where two things part that must be the same."""


class Difference(Exception):
    """`kind` says what differs in a word: shrinking keeps to it."""

    def __init__(self, kind, text):
        self.kind = kind
        super().__init__(text)


def differ(condition, kind, text):
    if condition:
        raise Difference(kind, text)


def first_difference(expected, got, path="answer"):
    """Where two trees first part."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in sorted({*expected, *got}):
            if name not in expected or name not in got:
                return f"{path}.{name}: expected {expected.get(name, 'nothing')!r}, got {got.get(name, 'nothing')!r}"
            if expected[name] != got[name]:
                return first_difference(expected[name], got[name], f"{path}.{name}")
    if isinstance(expected, list) and isinstance(got, list):
        for i, (left, right) in enumerate(zip(expected, got)):
            if left != right:
                return first_difference(left, right, f"{path}[{i}]")
        return f"{path}: expected {len(expected)} items, got {len(got)}"
    return f"{path}: expected {expected!r}, got {got!r}"
