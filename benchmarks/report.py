"""Markdown tables, and the places in README.md that they are written to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

__all__ = ["README", "markdown", "renewed"]

README = Path(__file__).parent / "README.md"


def markdown(heads: Sequence[str], lines: Iterable[Sequence[str]], *, words: int = 2) -> str:
    """A table; the first ``words`` columns are words, the others numbers, which stand on the right."""
    ruled = ["---" if i < words else "--:" for i in range(len(heads))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, ruled, *lines])


def renewed(page: str, tables: Mapping[str, str]) -> str:
    """The page with each table between the marks of its name, ``<!-- name -->`` and ``<!-- /name -->``."""
    for name, table in tables.items():
        marks = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
        page, places = marks.subn(lambda found, table=table: f"{found[1]}\n{table}\n\n{found[2]}", page)
        if places != 1:
            raise LookupError(f"The page has {places} places for the table `{name}`; it needs one.")
    return page
