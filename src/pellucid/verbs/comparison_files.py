"""Save and read comparisons; the suffix of the path says how."""

from __future__ import annotations

from pathlib import Path

from pellucid.core.comparison import Comparison
from pellucid.core.errors import BadOption, CannotRead
from pellucid.store import as_parquet, comparison_json
from pellucid.store.atomic import write
from pellucid.view.image import PICTURES, check_installed
from pellucid.view.written import written

__all__ = [
    "COMPARISON_SUFFIXES",
    "check_comparison_suffix",
    "is_comparison",
    "read_comparison",
    "save_comparison",
]

COMPARISON_SUFFIXES = (".json", ".parquet", ".html", ".txt", *PICTURES)


def save_comparison(found: Comparison, path: str | Path) -> Path:
    """Write a comparison. The file appears whole or not at all.

    ``.json`` can be read again, exactly; ``.parquet`` has one row for each method, metric and text, and needs pyarrow
    (pip install 'pellucid[data]'); ``.html`` is one page that needs no network; ``.txt`` is what a terminal shows;
    ``.png``, ``.svg`` and ``.pdf`` are figures for a paper, and need matplotlib (pip install 'pellucid[image]').
    """
    path = Path(path)
    suffix = check_comparison_suffix(path)
    if suffix == ".json":
        return write(path, comparison_json.dumps(found))
    if suffix == ".parquet":
        made = found.provenance
        facts = {"model": made.model, "weights": made.fingerprint, "seed": str(found.seed)}
        return write(path, as_parquet.dumps(found.rows(), facts))
    return write(path, written(found, suffix))


def read_comparison(path: str | Path) -> Comparison:
    """The comparison in a ``.json`` file. Raises `CannotRead` with the reason."""
    path = Path(path)
    if path.suffix != ".json":
        raise CannotRead(path, "comparisons are read from .json files.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotRead(path, f"{error.strerror}.") from error
    return comparison_json.loads(content, path)


def is_comparison(path: Path) -> bool:
    """Whether a file begins as `save_comparison` writes it."""
    try:
        with path.open("rb") as file:
            return b'"pellucid": "comparison"' in file.read(200)
    except OSError:
        return False


def check_comparison_suffix(path: Path) -> str:
    """The suffix of a path to write, refused if no format belongs to it, or its package is missing."""
    if path.suffix not in COMPARISON_SUFFIXES:
        raise BadOption(f'"{path}" ends in "{path.suffix}". Formats: {", ".join(COMPARISON_SUFFIXES)}.')
    if path.suffix == ".parquet":
        as_parquet.check_installed()
    if path.suffix in PICTURES:
        check_installed()
    return path.suffix
