"""Save cases; the suffix of the path says how."""

from __future__ import annotations

from pathlib import Path

from pellucid.core.case import Case
from pellucid.core.errors import BadOption
from pellucid.store.atomic import write
from pellucid.view.image import PICTURES, check_installed
from pellucid.view.written import written

__all__ = ["CASE_SUFFIXES", "check_case_suffix", "save_case"]

CASE_SUFFIXES = (".html", ".txt", *PICTURES)


def save_case(case: Case, path: str | Path) -> Path:
    """Write a case. The file appears whole or not at all.

    ``.html`` is one page that needs no network; ``.txt`` is what a terminal shows; ``.png``, ``.svg`` and ``.pdf`` are
    figures for a paper, and need matplotlib (pip install 'pellucid[image]'). None can be read again: keep the
    explanations.
    """
    path = Path(path)
    return write(path, written(case, check_case_suffix(path)))


def check_case_suffix(path: Path) -> str:
    """The suffix of a path to write, refused if no format belongs to it, or its package is missing."""
    if path.suffix not in CASE_SUFFIXES:
        raise BadOption(
            f'"{path}" ends in "{path.suffix}". A case is written as {", ".join(CASE_SUFFIXES)}; to read it again, '
            "keep the files of its explanations."
        )
    if path.suffix in PICTURES:
        check_installed()
    return path.suffix
