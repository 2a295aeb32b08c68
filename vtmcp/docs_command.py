"""`vtmcp docs check [MONTHS]`: which pages of the documentation were not looked at for long.

Must not be here: how the age of a page is told (`search/freshness`).
"""

import sys
from collections.abc import Sequence
from datetime import date

from vtmcp.search.corpus import load_pages
from vtmcp.search.freshness import freshness, report

EXIT_OK, EXIT_OLD, EXIT_USAGE = 0, 1, 2

MONTHS = 6
"""A page that was not checked for longer is old: VictoriaTraces has a release a month."""


def run(words: Sequence[str]) -> int:
    """Run the command and return the exit code: 1 when a page is old."""
    match list(words):
        case ["check"]:
            months = MONTHS
        case ["check", text] if text.isdecimal() and len(text) < 4:
            months = int(text)
        case _:
            print(
                "vtmcp: accepted: docs check, or docs check MONTHS; docs -- check ... looks for"
                " that word",
                file=sys.stderr,
            )
            return EXIT_USAGE
    rows = freshness(load_pages(), date.today(), months)
    print(report(rows))
    return EXIT_OLD if any(row.is_old for row in rows) else EXIT_OK
