"""Steps of reasoning, one below the other, each with its number and a word of judgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.figure import Part, Step, Strand, Table
from pellucid.view.bars import bars
from pellucid.view.numbers import plain
from pellucid.view.numbers import signed as with_sign
from pellucid.view.parts.matrices import labels

__all__ = ["strand", "strand_of"]

MOST_LINKS = 30


def strand(data: xr.Dataset, array: xr.DataArray, common: Any, caption: str = "") -> Strand | None:
    """The strand of an array over (step); of any other, nothing. ``common`` is `matrices.common_of` its dataset.

    The words of a step are ``step_text``, where the data has it; its badge is what the first array of strings over the
    steps says of it.
    """
    if array.dims != ("step",) or array.dtype.kind not in "biuf":
        return None
    words = labels(data, "step", array.sizes["step"])
    if "step_text" not in data.coords:
        words = tuple(f"step {word}" for word in words)
    badges = next((a.values for a in data.values() if a.dims == ("step",) and a.dtype.kind in "UO"), None)
    steps = tuple(
        Step(text, float(value), "" if badges is None else str(badges[i]))
        for i, (text, value) in enumerate(zip(words, np.asarray(array), strict=True))
    )
    return strand_of(steps, **common, caption=caption or str(array.name).replace("_", " ").capitalize())


def strand_of(
    steps: tuple[Step, ...],
    links: tuple[tuple[int, int, float], ...] = (),
    *,
    signed: bool,
    units: str,
    caption: str = "",
) -> Strand:
    """A strand with its plain form: a table of the steps, and one of the links, the strongest first."""
    show = with_sign if signed else plain
    parts: list[Part] = [_steps(steps, show, units, caption)]
    if links:
        strongest = sorted(links, key=lambda link: -abs(np.nan_to_num(link[2])))[:MOST_LINKS]
        some = f": the {len(strongest)} strongest of {len(links):,}" if len(strongest) < len(links) else ""
        rows = tuple((str(a + 1), str(b + 1), show(value)) for a, b, value in strongest)
        parts.append(Table(("from step", "to step", "link"), rows, frozenset({0, 1, 2}), f"Links{some}"))
    return Strand(steps, links, signed, units, tuple(parts), caption)


def _steps(steps: Sequence[Step], show: Any, units: str, caption: str) -> Table:
    values = [step.value for step in steps]
    columns: list[Sequence[str]] = [
        [str(i) for i in range(1, len(steps) + 1)],
        [step.words for step in steps],
        [show(value) for value in values],
        bars(values, 10),
    ]
    headings = ["step", "words", "value", ""]
    if any(step.badge for step in steps):
        columns.insert(2, [step.badge for step in steps])
        headings.insert(2, "badge")
    numbers = frozenset({0, len(headings) - 2})
    return Table(
        tuple(headings),
        tuple(zip(*columns, strict=True)),
        numbers,
        f"{caption}, in {units}" if units else caption,
    )
