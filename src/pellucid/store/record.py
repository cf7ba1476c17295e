"""The record both formats share: an explanation and what was measured of it as plain data, the arrays beside it.

``{"pellucid": "explanation", "format": 1, "written_by": ..., "text", "target", "provenance", "attrs",
"arrays": {name: {"coordinate", "dims", "dtype", "shape", "attrs"}}, "scores", "verdict"}``, the verdict only where
there is one. A format adds the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.case import Finding
from pellucid.core.errors import CannotRead, PellucidError
from pellucid.core.explanation import Explanation
from pellucid.core.provenance import Provenance
from pellucid.core.score import Score
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.core.verdict import Trial, Verdict, Word
from pellucid.store.fields import Damaged, check

__all__ = ["DTYPES", "FORMAT", "ArrayCard", "cards", "check_header", "from_record", "header", "to_record"]

FORMAT = 1
DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 str".split()
)
_ATTRS = {"primary": str, "signed": bool, "units": str}
_VERDICT: dict[str, Any] = {
    "verdict": Word,
    "sentence": str,
    "p_random": float,
    "p_matched": float,
    "trials": tuple[Trial, ...],
    "provenance": Provenance,
}


@dataclass(frozen=True)
class ArrayCard:
    """What is known of an array before its values are read."""

    coordinate: bool
    dims: tuple[str, ...]
    dtype: str
    shape: tuple[int, ...]
    attrs: Mapping[str, object]


def to_record(
    why: Explanation, scores: Sequence[Score], verdict: Verdict | None
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The record of an explanation, its scores and the verdict on it, and its arrays by name, in C order."""
    data = why.data
    arrays = {str(name): _native(variable.values) for name, variable in data.variables.items()}
    described = {
        str(name): {
            "coordinate": name in data.coords,
            "dims": list(variable.dims),
            "dtype": _dtype(str(name), arrays[str(name)]),
            "shape": list(variable.shape),
            "attrs": variable.attrs,
        }
        for name, variable in data.variables.items()
    }
    record = {
        **header("explanation"),
        "text": why.text.as_dict(),
        "target": why.target.as_dict(),
        "provenance": why.provenance.as_dict(),
        "attrs": data.attrs,
        "arrays": described,
        "scores": [score.as_dict() for score in scores],
    }
    return record if verdict is None else record | {"verdict": verdict.as_dict()}, arrays


def header(kind: str) -> dict[str, Any]:
    """The first fields of a file: what it holds, in which format, written by which version."""
    return {"pellucid": kind, "format": FORMAT, "written_by": _version()}


def check_header(record: Any, path: str | Path, kind: str = "explanation") -> None:
    """Raise `CannotRead` unless this is an explanation (or another ``kind``) in a format this version reads."""
    if not isinstance(record, dict) or record.get("pellucid") != kind:
        raise CannotRead(path, f"it is not {'an' if kind[0] in 'aeiou' else 'a'} {kind} that Pellucid wrote.")
    found = record.get("format")
    if type(found) is not int or found < 1:
        raise CannotRead(path, 'the file is damaged: the field "format" is not a whole number above 0.')
    if found > FORMAT:
        raise CannotRead(
            path,
            f"Pellucid {record.get('written_by', 'of a later version')} wrote it in format {found}, and this is "
            f"Pellucid {_version()}, which reads up to format {FORMAT}. "
            "Upgrade with: pip install --upgrade pellucid",
        )


def cards(record: Mapping[str, Any]) -> dict[str, ArrayCard]:
    """The checked descriptions of the arrays. Raises `Damaged`."""
    described = _field(record, "arrays")
    check(described, Mapping[str, ArrayCard], "arrays")
    found = {
        n: ArrayCard(c["coordinate"], tuple(c["dims"]), c["dtype"], tuple(c["shape"]), c["attrs"])
        for n, c in described.items()
    }
    for name, card in found.items():
        if card.dtype not in DTYPES:
            raise Damaged(f"arrays.{name}.dtype", f"is not one of {', '.join(sorted(DTYPES))}")
        if len(card.dims) != len(card.shape) or any(size < 0 for size in card.shape):
            raise Damaged(f"arrays.{name}.shape", "has not one size for each dim")
    return found


def from_record(record: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Finding:
    """What a record holds whose header and arrays are checked. Raises `Damaged`."""
    text = _built("text", record, Text)
    target = _built("target", record, Target)
    provenance = _built("provenance", record, Provenance)
    scores = _scores(record)
    verdict = None if record.get("verdict") is None else _verdict(record["verdict"])
    check(_field(record, "attrs"), Mapping[str, object], "attrs")
    for name, hint in _ATTRS.items():
        if name in record["attrs"]:
            check(record["attrs"][name], hint, f"attrs.{name}")
    try:
        why = Explanation(_dataset(record["attrs"], cards(record), arrays), text, target, provenance)
    except (ValueError, TypeError) as error:
        raise Damaged("arrays", f"does not hold together ({error})") from error
    return Finding(why, scores, verdict)


def _scores(record: Mapping[str, Any]) -> tuple[Score, ...]:
    check(_field(record, "scores"), tuple[Score, ...], "scores")
    try:
        return tuple(Score.from_dict(score) for score in record["scores"])
    except (ValueError, PellucidError) as error:
        raise Damaged("scores", f"does not hold together ({error})") from error


def _verdict(found: Any) -> Verdict:
    check(found, Mapping[str, object], "verdict")
    for name, hint in _VERDICT.items():
        check(_field(found, name, "verdict."), hint, f"verdict.{name}")
    try:
        return Verdict.from_dict(found)
    except (ValueError, PellucidError) as error:
        raise Damaged("verdict", f"does not hold together ({error})") from error


def _dataset(
    attrs: Mapping[str, Any], described: Mapping[str, ArrayCard], arrays: Mapping[str, np.ndarray]
) -> xr.Dataset:
    variables = {
        name: xr.Variable(card.dims, arrays[name], dict(card.attrs)) for name, card in described.items()
    }
    coordinates = {name: v for name, v in variables.items() if described[name].coordinate}
    values = {name: v for name, v in variables.items() if not described[name].coordinate}
    return xr.Dataset(values, coordinates, dict(attrs))


def _built(name: str, record: Mapping[str, Any], cls: Any) -> Any:
    check(_field(record, name), cls, name)
    try:
        return cls.from_dict(record[name])
    except PellucidError as error:
        raise Damaged(name, f"does not hold together ({error})") from error


def _field(record: Mapping[str, Any], name: str, within: str = "") -> Any:
    if name not in record:
        raise Damaged(f"{within}{name}", "is missing")
    return record[name]


def _native(values: np.ndarray) -> np.ndarray:
    """In C order and this machine's byte order: what the formats store. ``np.array`` keeps zero dims at zero."""
    return np.array(values, dtype=values.dtype.newbyteorder("="), order="C")


def _dtype(name: str, values: np.ndarray) -> str:
    if values.dtype.kind == "U" or (
        values.dtype.kind == "O" and all(isinstance(v, str) for v in values.flat)
    ):
        return "str"
    if values.dtype.name not in DTYPES:
        raise TypeError(
            f'The array "{name}" holds {values.dtype.name}; explanations hold {", ".join(sorted(DTYPES))}.'
        )
    return values.dtype.name


def _version() -> str:
    try:
        return metadata.version("pellucid")
    except metadata.PackageNotFoundError:
        return "unknown"
