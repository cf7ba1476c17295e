"""An explanation: labelled arrays, the text, the target, and where they come from. Numbers only.

No tensor, model or tokenizer is inside, so an explanation can be kept, sent and read anywhere. It is
immutable: its arrays are read-only and `data` hands out a copy of the labels over them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from pellucid.core.errors import BadOption
from pellucid.core.provenance import Provenance
from pellucid.core.registry import renderer
from pellucid.core.strings import strings
from pellucid.core.target import Target
from pellucid.core.text import Text

if TYPE_CHECKING:
    from pellucid.core.figure import Figure

__all__ = ["DIMS", "Explanation", "label"]

DIMS = frozenset(
    "input input_b output label layer head query key position neuron candidate source dest step level "
    "draw method metric feature checkpoint example variant".split()
)


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a method found: a dataset whose dims are among `DIMS`.

    Its attributes: ``primary`` (the array to look at first), ``signed`` (whether the sign means something)
    and ``units`` of the primary array. Dims are integer-indexed; token strings and character offsets are
    coordinates beside them (``input_text``, ``input_start``, ``input_end``, ``output_text``; ``input_name`` where
    parts of the text have names). A position has ``position_text``, and where the text has it ``position_start`` and
    ``position_end``; a token that no part of the text owns, such as a beginning of text, has -1 for both.
    """

    _data: xr.Dataset
    text: Text
    target: Target
    provenance: Provenance

    def __post_init__(self) -> None:
        unknown = sorted(str(d) for d in self._data.dims if d not in DIMS)
        if unknown:
            raise ValueError(f"Dims {unknown} are not among the dims of explanations: {sorted(DIMS)}")
        if self._data.attrs.get("primary") not in self._data:
            raise ValueError(f'attrs["primary"] must name one of {sorted(map(str, self._data))}')
        features = len(self.text.features)
        if self._data.sizes.get("input", features) != features:
            raise ValueError(f"{self._data.sizes['input']} inputs for a text of {features} features")
        for name, variable in self._data.variables.items():
            if not _storable(variable.values):
                raise ValueError(f'The array "{name}" holds {variable.dtype}, not numbers or strings')
        object.__setattr__(self, "_data", _read_only(self._data))

    @property
    def data(self) -> xr.Dataset:
        """A copy of the labels over the read-only arrays."""
        return self._data.copy(deep=False)

    @property
    def method(self) -> str:
        """The name of the method."""
        return self.provenance.by

    @property
    def primary(self) -> xr.DataArray:
        """The array to look at first."""
        return self._data[self._data.attrs["primary"]].copy(deep=False)

    def credit(self) -> np.ndarray:
        """One number per input, shape (input,): the attribution, summed over the outputs if there are several.

        Raises `BadOption` for an explanation that holds no attribution.
        """
        if "attribution" not in self._data:
            there = ", ".join(map(str, self._data))
            raise BadOption(f"{self.method} gives {there}: it has no attribution, so no number per input.")
        array = self._data["attribution"]
        return np.asarray(array.sum("output") if "output" in array.dims else array, dtype=np.float64)

    def figure(self) -> Figure:
        """The figure of this explanation, chosen by its dims."""
        return renderer("draw")(self)

    def __str__(self) -> str:
        return renderer("terminal")(self)

    def __repr__(self) -> str:
        dims = ", ".join(f"{k}: {v}" for k, v in self._data.sizes.items())
        return f"<Explanation {self.method} of {self.provenance.model}, {self.target} ({dims})>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return renderer("notebook")(self)


def label(
    data: xr.Dataset,
    text: Text,
    target: Target,
    tokens: Callable[[], Sequence[str]] = tuple,
    owners: Callable[[], Sequence[int]] = tuple,
) -> xr.Dataset:
    """``data`` with the coordinates its dims call for: what each input and output is, and where.

    Where a dim is of positions, ``tokens`` gives what stands at each, and ``owners`` the feature it belongs to.
    """
    coords: dict[str, tuple[str, list | np.ndarray]] = {}
    for dim in [d for d in ("input", "input_b") if d in data.dims]:
        features = text.features
        coords[f"{dim}_text"] = (dim, strings([text.slice(f) for f in features]))
        coords[f"{dim}_start"] = (dim, [f.start for f in features])
        coords[f"{dim}_end"] = (dim, [f.end for f in features])
        if any(f.name for f in features):
            coords[f"{dim}_name"] = (dim, strings([f.name for f in features]))
    if "output" in data.dims:
        whole = data.sizes["output"] == 1
        coords["output_text"] = ("output", strings([target.part or ""] if whole else target.outputs))
    of_positions = [d for d in ("position", "query", "key") if d in data.dims]
    at, of = (tokens(), owners()) if of_positions else ((), ())
    for dim in of_positions:
        there = data.coords[dim].values if dim in data.coords else range(data.sizes[dim])
        coords[f"{dim}_text"] = (dim, strings([at[i] for i in there]))
        if len(of) == len(at):
            spans = [text.features[of[i]] if of[i] >= 0 else None for i in there]
            coords[f"{dim}_start"] = (dim, [-1 if f is None else f.start for f in spans])
            coords[f"{dim}_end"] = (dim, [-1 if f is None else f.end for f in spans])
    return data.assign_coords({name: (dim, np.asarray(values)) for name, (dim, values) in coords.items()})


def _storable(values: np.ndarray) -> bool:
    if values.dtype.kind == "O":
        return all(isinstance(value, str) for value in values.flat)
    return values.dtype.kind in "biufU" and (values.dtype.kind == "U" or values.dtype.itemsize <= 8)


def _read_only(data: xr.Dataset) -> xr.Dataset:
    frozen = data.copy(deep=True)
    for variable in frozen.variables.values():
        variable.values.flags.writeable = False
    return frozen
