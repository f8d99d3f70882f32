"""The questions that an operator asks, of all organisations at once: the same as the reports of each of them."""

import re
from typing import Final

from shared.db.report_facts import Report
from shared.db.reports import REPORTS

OF_ONE: Final = re.compile(r"\b(\w+\.\w+) = %\(org_id\)s(?:::text)?")
HEAD: Final = """\
-- {asks}
-- Of all organisations; for one alone, write its id and take the words OR true away wherever they stand.
"""
NOBODY: Final = "00000000-0000-0000-0000-000000000000"


def texts() -> dict[str, str]:
    """What each file must hold, by its name."""
    return {f"{name}.sql": _text(report) for name, report in REPORTS.items()}


def _text(report: Report) -> str:
    everybody = OF_ONE.sub(rf"(\1 = '{NOBODY}' OR true)", report.sql).replace("%%", "%")
    return HEAD.format(asks=report.asks) + everybody.strip() + ";\n"
