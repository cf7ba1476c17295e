"""The texts of the bundled models whose rationale is known to hold: the model answers right, changing the rationale
turns its answer, and changing the rest leaves it.

Each row of an ``evaluation.jsonl`` says so itself (``verified``): that was found when the model was made, on the very
weights that ship.
"""

from __future__ import annotations

import json
from typing import Any

from pellucid.models.bundled import BUNDLED
from pellucid.truth.items import Item, item_of_row

__all__ = ["clinic", "verified"]

# In the clinic of demo-lm, the stamps that decide alone in the ward of the shortcut.
STAMPS = {"red": "green", "green": "red"}


def verified(name: str) -> list[Item]:
    """The rows of a bundled model's evaluation set whose rationale holds for the model."""
    return [item_of_row(row) for row in _rows(name) if row["verified"]]


def clinic() -> list[tuple[Item, str]]:
    """The notes of demo-lm's clinic in which the stamp of Ward 7 decides against the symptoms, verified.

    Each with the same note under the other stamp, whose answer is the foil. The rationale is the ward and the stamp.
    """
    rows = [row for row in _rows("demo-lm") if row["task"] == "clinic" and row["verified"]]
    return [
        (item_of_row(row), _restamped(row))
        for row in rows
        if row["meta"]["by"] == "stamp" and row["meta"]["conflict"]
    ]


def _restamped(row: dict[str, Any]) -> str:
    stamp = row["meta"]["stamp"]
    return row["prompt"].replace(f"Stamp: {stamp}", f"Stamp: {STAMPS[stamp]}")


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (BUNDLED[name] / "evaluation.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
