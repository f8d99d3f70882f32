"""Which failure is of which class, as a table for people: `python -m shared.failures`."""

import sys
from collections.abc import Iterator, Sequence

from shared.failures.table import RULES

HEAD = ("origin", "status", "mark in the body", "type", "class", "why")


def lines() -> Iterator[str]:
    """Align the columns to their widest cell."""
    rows: Sequence[tuple[str, ...]] = [
        HEAD,
        *((r.origin, r.status, r.mark or "-", r.type, r.failure_class, r.why) for r in RULES),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in lines())
