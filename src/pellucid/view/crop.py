"""Of a matrix that is too large to be drawn whole: the rows and columns that hold its largest numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pellucid.core.figure import Heatmap

__all__ = ["crop", "turned"]


def crop(part: Heatmap, most_rows: int, most_columns: int, elsewhere: str) -> tuple[Heatmap, str]:
    """A matrix of at most so many rows and columns, in their order, and a sentence of what is left out, if anything is.

    A row or column is as strong as its largest magnitude, so the scale of colours stays that of the whole matrix.
    ``elsewhere``: how all of it can be seen, to end the sentence with.
    """
    numbers = np.asarray(part.values, dtype=np.float64).reshape(len(part.rows), len(part.columns))
    rows, columns = _strongest(numbers, most_rows, axis=1), _strongest(numbers, most_columns, axis=0)
    sides = ((rows, part.rows, "rows"), (columns, part.columns, "columns"))
    fewer = [
        f"the {len(kept)} strongest of {len(every):,} {what}"
        for kept, every, what in sides
        if len(kept) < len(every)
    ]
    if not fewer:
        return part, ""
    kept = replace(
        part,
        values=tuple(tuple(part.values[i][j] for j in columns) for i in rows),
        rows=_at(part.rows, rows),
        columns=_at(part.columns, columns),
        row_spans=_at(part.row_spans, rows),
        column_spans=_at(part.column_spans, columns),
    )
    return kept, f"{' and '.join(fewer).capitalize()}; {elsewhere}."


def turned(part: Heatmap) -> Heatmap:
    """The same numbers with the columns down."""
    return replace(
        part,
        values=tuple(zip(*part.values, strict=True)),
        rows=part.columns,
        columns=part.rows,
        row_title=part.column_title,
        column_title=part.row_title,
        row_spans=part.column_spans,
        column_spans=part.row_spans,
    )


def _strongest(numbers: np.ndarray, most: int, axis: int) -> list[int]:
    """The indices along the other axis, in order: all, or those with the largest magnitudes."""
    weight = np.max(np.abs(numbers), axis, where=~np.isnan(numbers), initial=0.0)
    return sorted(np.argsort(-weight, kind="stable")[:most].tolist())


def _at(along: Sequence, kept: Sequence[int]) -> tuple:
    """What stands at these places; of a side that says nothing (no spans), nothing."""
    return tuple(along[i] for i in kept) if along else ()
