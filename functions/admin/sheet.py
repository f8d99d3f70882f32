"""What a report looks like to a spreadsheet: text that it shows, and never computes."""

import csv
import io
from datetime import datetime
from typing import Final

from shared.db.report_facts import Table
from shared.edge.response import plain, to_json

TYPE: Final = "text/csv; charset=utf-8"
# A cell that begins like this is a formula to some spreadsheet; the last four are how others write the first four.
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def sheet_of(table: Table) -> str:
    """A row of names, and the rows."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return written.getvalue()


def _cell(value: object) -> str:
    text = _text(value)
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | dict() | list():
            return to_json(value)
        case datetime():
            return plain(value)
    return str(value)
