"""What each layer would say at each position, and how the answer comes up where it is said."""

from __future__ import annotations

import numpy as np
import xarray as xr

from pellucid.core.explanation import Explanation
from pellucid.core.figure import Heatmap, Lens, Table, Tracked
from pellucid.view.numbers import fixed
from pellucid.view.parts.matrices import axis, heatmap, labels, numbered
from pellucid.view.tokens import visible

__all__ = ["lens"]

DIMS = {"layer", "position", "candidate"}
PLACES = ("layer", "position")
MOST_OF_NAME = 8  # characters of an answer in a heading
FEWEST = 0.001  # a probability that is less is said to be


def lens(why: Explanation, caption: str = "") -> Lens | None:
    """The lens of data that name candidates at each layer and position; of any other, nothing.

    Its plain form: layer by layer where the answer is said, and the answer's probability everywhere.
    """
    data = why.data
    needed = ("candidate_token", "candidate_probability")
    if not all(name in data and set(data[name].dims) == DIMS for name in needed):
        return None
    answer = int(data["answer_position"]) if "answer_position" in data else data.sizes["position"] - 1
    tokens, probabilities = (data[name].transpose(*PLACES, "candidate").values for name in needed)
    tracked = _tracked(why, data)
    table = _table(data, tokens[:, answer, 0], probabilities[:, answer, 0], tracked, answer)
    return Lens(
        tokens=tokens,
        probabilities=probabilities,
        layers=numbered(data, "layer", data.sizes["layer"]),
        positions=axis(data, "position"),
        tracked=tracked,
        answer=answer,
        string=why.text.string,
        plain=(table, _everywhere(why, data, tracked)),
        caption=caption or "What each layer would say",
    )


def _tracked(why: Explanation, data: xr.Dataset) -> tuple[Tracked, ...]:
    """The answer, and the other one if there is one; data count ranks from 0, readers from 1."""
    found = []
    first = why.target.outputs[0] if why.target.outputs else why.target.part
    for prefix, name in (("", first), ("against_", why.target.against)):
        if f"{prefix}rank" in data and f"{prefix}probability" in data:
            probability, rank = (
                data[f"{prefix}{what}"].transpose(*PLACES).values for what in ("probability", "rank")
            )
            found.append(Tracked(name or ("the other" if prefix else "the answer"), probability, rank + 1))
    return tuple(found)


def _table(
    data: xr.Dataset,
    likeliest: np.ndarray,
    probability: np.ndarray,
    tracked: tuple[Tracked, ...],
    answer: int,
) -> Table:
    """How the answer comes up where it is said."""
    layers = list(labels(data, "layer", data.sizes["layer"]))
    columns = [layers, [_token(token) for token in likeliest], [_probability(p) for p in probability]]
    headings = ["layer", "likeliest", "p"]
    for one in tracked:
        name = _token(one.name)
        short = name if len(name) <= MOST_OF_NAME else name[: MOST_OF_NAME - 1] + "…"
        columns += [
            [_probability(p) for p in one.probability[:, answer]],
            [_rank(rank) for rank in one.rank[:, answer]],
        ]
        headings += [f"p({short})", "rank"]
    numbers = frozenset({0, *range(2, len(columns))})
    return Table(
        tuple(headings), tuple(zip(*columns, strict=True)), numbers, f"Layer by layer {_at(data, answer)}"
    )


def _everywhere(why: Explanation, data: xr.Dataset, tracked: tuple[Tracked, ...]) -> Heatmap:
    """The probability of the answer at each layer and position, or of the likeliest token if none is followed."""
    if tracked:
        values = xr.DataArray(tracked[0].probability, dims=PLACES)
        said = f"Probability of “{_token(tracked[0].name)}”"
    else:
        values = data["candidate_probability"].isel(candidate=0).transpose(*PLACES)
        said = "Probability of the likeliest token"
    return heatmap(data, values, {"signed": False, "units": "probability"}, said, why.text.string)


def _at(data: xr.Dataset, position: int) -> str:
    if "position_text" not in data.coords:
        return f"at position {position}"
    return f"at “{_token(str(data['position_text'].values[position]))}” (position {position})"


def _token(token: object) -> str:
    shown = visible(str(token))
    return shown.strip() or shown


def _probability(value: float) -> str:
    return f"<{FEWEST}" if 0 < value < FEWEST else fixed(float(value), 3)


def _rank(rank: float) -> str:
    return f"{int(rank):,}" if np.isfinite(rank) else "?"
