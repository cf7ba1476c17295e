"""Numbers along a level as a curve, with the interval of each point where there is one."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.circuit_score import CircuitCurve
from pellucid.core.figure import Curve, Line, Part, Table
from pellucid.core.over_pairs import bootstrap
from pellucid.view.bars import bars
from pellucid.view.colour import Scale
from pellucid.view.numbers import matrix_cell, plain
from pellucid.view.parts.beside import SAID
from pellucid.view.parts.matrices import EDGES, named

__all__ = ["circuit_curve_parts", "curve", "curves_beside"]

MOST_LINES = 6
MOST_ROWS = 40
WHOLE = ((1.0, "the whole effect"),)


def curve(data: xr.Dataset, array: xr.DataArray, units: str, caption: str = "") -> Curve | None:
    """The curve of an array over (level), or over (level, another dim of a few); of any other, nothing.

    The interval of ``name`` is in ``name_low`` and ``name_high``, if the data has them.
    """
    other = [str(dim) for dim in array.dims if dim != "level"]
    at = _levels(data, array)
    if at is None or len(other) > 1 or array.dtype.kind not in "biuf":
        return None
    if other and array.sizes[other[0]] > MOST_LINES:
        return None
    order = np.argsort(at, kind="stable")
    called = str(array.name).replace("_", " ")
    names = named(data, other[0], array.sizes[other[0]]) if other else (called,)
    ends = [f"{array.name}_low", f"{array.name}_high"]
    known = [array, *(data[end] for end in ends if all(e in data for e in ends))]
    rows = [np.atleast_2d(a.transpose(*other, "level").values[..., order]) for a in known]
    lines = tuple(Line(name, *(_floats(some[i]) for some in rows)) for i, name in enumerate(names))
    over_edges = set(data.dims) >= EDGES
    title = "edges kept" if over_edges else "level"
    return _drawn(
        _floats(at[order]),
        lines,
        title,
        units,
        caption or f"{called.capitalize()} by {title}",
        WHOLE if over_edges else (),
    )


def curves_beside(data: xr.Dataset) -> list[Curve]:
    """The curves of all arrays that have one but the primary, which is drawn by itself."""
    names = [str(name) for name in data if name != data.attrs["primary"] and name not in SAID]
    ends = {f"{name}_{end}" for name in data for end in ("low", "high")}
    found = (curve(data, data[name], "") for name in names if name not in ends)
    return [drawn for drawn in found if drawn]


def circuit_curve_parts(found: CircuitCurve) -> list[Part]:
    """How much the strongest edges carry, by how many they are, and the areas under and beside it."""
    _, first = np.unique(
        found.sizes, return_index=True
    )  # small shares of few edges are the same number of them
    ends = _ends(found)
    line = Line("faithfulness", *(_floats(values[first]) for values in (found.faithfulness, *ends)))
    caption = f"How much the strongest edges carry, over {len(found.clean)} pairs"
    rows = tuple(
        (name, plain(value), f"{plain(interval[0])} to {plain(interval[1])}", best)
        for name, value, interval, best in (
            ("area under it (CPR)", found.cpr, found.cpr_interval, "↑ higher"),
            ("area between it and 1 (CMD)", found.cmd, found.cmd_interval, "↓ lower"),
        )
    )
    return [
        _drawn(_floats(found.sizes[first]), (line,), "edges kept", "", caption, WHOLE),
        Table(("as a whole", "value", "95% interval", "better"), rows, frozenset({1, 2})),
    ]


def _ends(found: CircuitCurve) -> tuple[np.ndarray, ...]:
    """The 95% interval of each share over draws of pairs; of one pair there is none."""
    whole = found.clean - found.corrupted
    if len(whole) < 2 or not np.isfinite(found.faithfulness).all():
        return ()
    options = found.provenance.options
    draws, seed = int(str(options.get("draws", 1000))), int(str(options.get("seed", 0)))
    return bootstrap(found.values - found.corrupted[:, None], over=whole, draws=draws, seed=seed)


def _levels(data: xr.Dataset, array: xr.DataArray) -> np.ndarray | None:
    """Where the points stand: numbers, or nothing."""
    if "level" not in array.dims:
        return None
    at = data.coords["level"].values if "level" in data.coords else np.arange(array.sizes["level"])
    return at.astype(float) if at.dtype.kind in "biuf" and np.isfinite(at).all() else None


def _drawn(
    at: tuple[float, ...],
    lines: tuple[Line, ...],
    x_title: str,
    units: str,
    caption: str,
    references: tuple[tuple[float, str], ...],
) -> Curve:
    shown = np.unique(np.linspace(0, len(at) - 1, min(len(at), MOST_ROWS)).round().astype(int))
    limit = Scale.of(v for line in lines for v in line.values).limit
    columns = [[f"{at[i]:g}" for i in shown]]
    headings = [x_title]
    for line in lines:
        columns.append([_number(line.values[i], limit) for i in shown])
        headings.append(line.name)
        if line.low:
            columns.append(
                [f"{_number(line.low[i], limit)} to {_number(line.high[i], limit)}" for i in shown]
            )
            headings.append("95% interval")
    right = frozenset(range(len(columns)))
    if len(lines) == 1:
        columns.append(bars([lines[0].values[i] for i in shown]))
        headings.append("")
    caption_of = f"{caption}, in {units}" if units else caption
    some = f"; {len(shown)} of {len(at):,} levels" if len(shown) < len(at) else ""
    table = Table(tuple(headings), tuple(zip(*columns, strict=True)), right, caption_of + some)
    return Curve(at, lines, x_title, units, (table,), caption, references)


def _number(value: float, limit: float) -> str:
    """A number with as many decimals as its neighbours: the largest shows three digits or four."""
    return matrix_cell(value, limit / 10 if limit >= 1 else limit, sign=False)


def _floats(values: np.ndarray) -> tuple[float, ...]:
    return tuple(map(float, values))
