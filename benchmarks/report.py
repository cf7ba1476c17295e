"""The table of the figures that are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HEADS = ("work", "other side", "Pellucid", "other", "ratio", "largest difference")


def table(results: Path) -> str:
    """A Markdown table of every figure in the folder, and the machine they were measured on."""
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))]
    lines = [_line(row, side) for row in kept for side in row["sides"][1:]]
    heads = [_row(HEADS), _row(("---", "---", "--:", "--:", "--:", "--:"))]
    machines = sorted({row["machine"] for row in kept})
    return "\n".join([*heads, *map(_row, lines), "", *machines])


def _line(row: dict[str, Any], side: dict[str, Any]) -> tuple[str, ...]:
    ours = f"{row['sides'][0]['median']:.2f} s"
    if "median" not in side:
        return (row["row"], side["side"], ours, "", "", side.get("failed", "missing here"))
    differs = f"{side['largest_difference']:.0e}" + ("" if side["agrees"] else " (do not agree)")
    return (row["row"], side["side"], ours, f"{side['median']:.2f} s", f"{side['ratio']:.1f}", differs)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"
