"""Save and read explanations and what was measured of them; the suffix of the path says how."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pellucid.core.case import Case, Finding
from pellucid.core.comparison import Comparison
from pellucid.core.errors import BadOption, CannotRead
from pellucid.core.explanation import Explanation
from pellucid.core.score import Score
from pellucid.core.verdict import Verdict
from pellucid.store import as_json, as_safetensors
from pellucid.store.atomic import write
from pellucid.verbs.case_files import save_case
from pellucid.verbs.comparison_files import save_comparison
from pellucid.view.image import PICTURES, check_installed
from pellucid.view.written import written

__all__ = ["SUFFIXES", "read", "read_finding", "read_scores", "read_verdict", "save"]

SUFFIXES = (".json", ".safetensors", ".html", ".txt", *PICTURES)


def save(
    why: Explanation | Comparison | Case,
    path: str | Path,
    *,
    scores: Sequence[Score] = (),
    verdict: Verdict | None = None,
) -> Path:
    """Write an explanation with what was measured of it; or a comparison or a case, as `save_comparison`, `save_case`.

    ``.json`` and ``.safetensors`` can be read again, exactly; ``.html`` is one page that needs no network;
    ``.txt`` is what a terminal shows; ``.png``, ``.svg`` and ``.pdf`` are figures for a paper, and need matplotlib
    (pip install 'pellucid[image]'). The file appears whole or not at all.
    """
    if isinstance(why, Comparison):
        return save_comparison(why, path)
    if isinstance(why, Case):
        return save_case(why, path)
    path = Path(path)
    suffix = check_suffix(path)
    if suffix == ".json":
        return write(path, as_json.dumps(why, scores, verdict))
    if suffix == ".safetensors":
        return write(path, as_safetensors.dumps(why, scores, verdict))
    return write(path, written(Finding(why, tuple(scores), verdict).results, suffix))


def read(path: str | Path) -> Explanation:
    """The explanation in a ``.json`` or ``.safetensors`` file. Raises `CannotRead` with the reason."""
    return read_finding(path).explanation


def read_scores(path: str | Path) -> list[Score]:
    """The scores that were saved beside the explanation."""
    return list(read_finding(path).scores)


def read_verdict(path: str | Path) -> Verdict | None:
    """The verdict that was saved beside the explanation; None where none was."""
    return read_finding(path).verdict


def read_finding(path: str | Path) -> Finding:
    """All that a file holds: the explanation, its scores, and the verdict on it. Raises `CannotRead`."""
    path = Path(path)
    formats = {".json": as_json.loads, ".safetensors": as_safetensors.loads}
    if path.suffix not in formats:
        raise CannotRead(path, f"explanations are read from {' and '.join(formats)} files.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CannotRead(path, f"{error.strerror}.") from error
    return formats[path.suffix](content, path)


def check_suffix(path: Path) -> str:
    """The suffix of a path to write, refused if no format belongs to it, or its package is missing."""
    if path.suffix not in SUFFIXES:
        raise BadOption(f'"{path}" ends in "{path.suffix}". Formats: {", ".join(SUFFIXES)}.')
    if path.suffix in PICTURES:
        check_installed()
    return path.suffix
