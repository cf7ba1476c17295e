"""The figures that `pellucid.recommend` shows: a few of each method's, copied by the program into the package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.gold.figures import RANDOM

__all__ = ["packaged"]

SCORES = ("precision", "comprehensiveness")


def packaged(models: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """By the name of each model: on how many texts, what each method scores and costs, and what chance scores."""
    return {model["model"]: _of_model(model) for model in models}


def _of_model(model: dict[str, Any]) -> dict[str, Any]:
    rows = {row["name"]: row for row in model["rows"]}
    methods = {name: _of_row(row) for name, row in rows.items() if "busy" in row}
    random = {score: round(rows[RANDOM][score]["mean"], 3) for score in SCORES}
    return {"items": model["items"], "unit": model["unit"], "random": random, "methods": methods}


def _of_row(row: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        score: {key: round(row[score][key], 3) for key in ("mean", "low", "high")}
        | {"beats_random": row[score]["beats_random"]}
        for score in SCORES
    }
    passes = round(row["forwards"] + row["backwards"])
    return kept | {"passes": passes, "seconds": round(row["busy"], 3)}
