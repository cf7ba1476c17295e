"""Equality with the peers, to one part in ten thousand of the largest number, on small models."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.asked import Asked
from benchmarks.equality.comparison import TOLERANCE, compared
from benchmarks.equality.setting import classifier, language_model
from benchmarks.equality.with_captum import with_captum
from benchmarks.equality.with_inseq import with_inseq
from benchmarks.equality.with_lime import with_lime
from benchmarks.equality.with_shap import with_shap
from benchmarks.peer import started
from benchmarks.report import markdown
from benchmarks.results import circumstances

__all__ = ["NAME", "TITLE", "measured", "table"]

NAME = "equality"
TITLE = "the same numbers as the peers"
HEADS = ("peer", "theirs", "ours", "made the same", "largest difference")


def measured(asked: Asked) -> dict[str, Any]:
    """Every comparison; it ``holds`` when all of them were made, and all are equal."""
    with tempfile.TemporaryDirectory() as folder:
        writes, judges = language_model(Path(folder)), classifier()
        wanted = [*with_captum(writes), *with_inseq(writes), *with_shap(judges), *with_lime(judges)]
        with started(asked.peers_of(one.peer for one in wanted), asked.threads) as peers:
            found = [compared(one, peers.get(one.peer)) for one in wanted]
            told = circumstances(asked.threads, peers.values())
    return {**told, "tolerance": TOLERANCE, "comparisons": found, "holds": all(map(_equal, found))}


def table(found: dict[str, Any]) -> str:
    """One line a comparison, and how many are equal."""
    comparisons = found["comparisons"]
    lines = [(one["peer"], one["theirs"], one["ours"], one["same"], _said(one)) for one in comparisons]
    equal, skipped = sum(map(_equal, comparisons)), sum("skipped" in one for one in comparisons)
    total = f"{equal} of {len(lines)} are equal to {found['tolerance']:.0e} of the largest number"
    rest = f"; {skipped} skipped." if skipped else "."
    return "\n".join([markdown(HEADS, lines, words=4), "", total + rest])


def _equal(one: dict[str, Any]) -> bool:
    return one.get("equal") is True


def _said(one: dict[str, Any]) -> str:
    if "skipped" in one:
        return f"skipped: {one['skipped']}"
    if one["largest_difference"] is None:
        return f"other shapes: {one['shapes'][0]} and {one['shapes'][1]}"
    return f"{one['largest_difference']:.0e}" + ("" if one["equal"] else " (not equal)")
