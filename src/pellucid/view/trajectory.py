"""How an answer comes up, layer by layer, where it is said: the likeliest token, and the answer beside it."""

from __future__ import annotations

import xarray as xr

from pellucid.core.figure import Table
from pellucid.view.numbers import plain

__all__ = ["trajectory"]

DIMS = {"layer", "position", "candidate"}


def trajectory(data: xr.Dataset) -> list[Table]:
    """A table of the data that name candidates at each layer and position; of any other, nothing."""
    if "candidate_token" not in data or set(data["candidate_token"].dims) != DIMS:
        return []
    position = int(data["answer_position"]) if "answer_position" in data else data.sizes["position"] - 1
    here = data.isel(position=position)
    best = here.isel(candidate=0)
    columns = [
        [str(layer) for layer in data["layer"].values],
        [str(token).strip() or str(token) for token in best["candidate_token"].values],
        [plain(float(p)) for p in best["candidate_probability"].values],
    ]
    headings = ["layer", "likeliest", "its probability"]
    for prefix, who in (("", "the answer's"), ("against_", "the other's")):
        if f"{prefix}rank" in data:
            columns.append([plain(float(p)) for p in here[f"{prefix}probability"].values])
            columns.append([str(int(rank)) for rank in here[f"{prefix}rank"].values])
            headings += [f"{who} probability", "rank"]
    numbers = frozenset({0, *range(2, len(columns))})
    return [Table(tuple(headings), tuple(zip(*columns, strict=True)), numbers, _caption(data, position))]


def _caption(data: xr.Dataset, position: int) -> str:
    if "position_text" not in data.coords:
        return f"Layer by layer at position {position}"
    return f'Layer by layer at "{str(data["position_text"].values[position]).strip()}" (position {position})'
