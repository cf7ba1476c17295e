"""The speed of whole pieces of work beside the peers', with a check that all sides say the same."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.asked import Asked
from benchmarks.classifier_rows import classifier_rows
from benchmarks.inside_rows import inside_rows
from benchmarks.language_rows import language_rows
from benchmarks.peer import Peer, PeerFailed, started
from benchmarks.report import markdown
from benchmarks.results import circumstances, every, keep
from benchmarks.rows import Row, Side, apart
from benchmarks.timing import Seconds, Timed, alternating, medians, timed

__all__ = ["measure", "table"]

OURS = "Pellucid"
HEADS = ("work", "other side", "Pellucid", "other", "ratio", "largest difference")


def measure(asked: Asked, words: Sequence[str]) -> None:
    """Every row whose name contains one of the words; all of them if there are none."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*language_rows(Path(folder)), *classifier_rows(), *inside_rows(Path(folder))]
        wanted = [row for row in rows if not words or any(word in row.name.lower() for word in words)]
        if not wanted:
            names = ", ".join(row.name for row in rows)
            raise SystemExit(f"No row's name contains {' or '.join(words)}. Rows: {names}.")
        with started(
            asked.peers_of(side.peer for row in wanted for side in row.sides), asked.threads
        ) as peers:
            for row in wanted:
                print(f"{row.name} ...", flush=True)
                used = [peers[name] for name in {side.peer for side in row.sides} & peers.keys()]
                found = {"row": row.name, "work": row.work, **circumstances(asked.threads, used)}
                keep(asked.results, row.name, {**found, "sides": _measured(row, peers, asked.runs)})


def table(results: Path) -> str:
    """Every row in the folder, and the machines they were measured on."""
    rows = [found for found in every(results) if "sides" in found]
    lines = [_line(row, side) for row in rows for side in row["sides"][1:]]
    return "\n".join([markdown(HEADS, lines), "", *sorted({row["machine"] + "." for row in rows})])


def _measured(row: Row, peers: dict[str, Peer], runs: int) -> list[dict[str, Any]]:
    """The figures of each side of a row, ours first."""
    sides = {side.label: side for side in row.sides if side.peer in peers}
    work: dict[str, Timed] = {OURS: lambda: timed(lambda: row.ours(row.text, row.target))}
    row.ours(*row.small)
    failed = []
    for label, side in sides.items():
        try:
            _asked(side, peers, row, *row.small)
        except PeerFailed as error:
            failed.append({"side": label, "failed": error.reason})
        else:
            work[label] = lambda side=side: _asked(side, peers, row, row.text, row.target)  # type: ignore[misc]
    found = alternating(work, runs)
    ours, seconds = found.pop(OURS)
    fast = medians(seconds)
    figures: list[dict[str, Any]] = [{"side": OURS, **_figures(seconds)}]
    for label, (theirs, seconds) in found.items():
        side, slow = sides[label], medians(seconds)
        differs = apart(*side.compared(theirs, ours))
        figures.append(
            {
                "side": label,
                **_figures(seconds),
                "ratio": round(slow.clock / fast.clock, 2),
                "ratio_of_busy_cores": round(slow.busy / fast.busy, 2),
                "largest_difference": differs,
                "agrees_to": side.tolerance,
                "agrees": differs <= side.tolerance,
                "note": side.note,
            }
        )
    missing = [{"side": s.label, "missing": True} for s in row.sides if s.peer not in peers]
    return figures + failed + missing


def _asked(side: Side, peers: dict[str, Peer], row: Row, text: str, target: str) -> tuple[Any, Seconds]:
    return peers[side.peer](side.work, folder=row.folder, text=text, target=target.strip(), **side.task)


def _figures(seconds: list[Seconds]) -> dict[str, Any]:
    median = medians(seconds)
    runs = [round(s.clock, 3) for s in seconds]
    return {"seconds": runs, "median": median.clock, "median_of_busy_cores": median.busy}


def _line(row: dict[str, Any], side: dict[str, Any]) -> tuple[str, ...]:
    ours = f"{row['sides'][0]['median']:.2f} s"
    if "median" not in side:
        return (row["row"], side["side"], ours, "", "", side.get("failed", "missing here"))
    differs = f"{side['largest_difference']:.0e}" + ("" if side["agrees"] else " (do not agree)")
    return (row["row"], side["side"], ours, f"{side['median']:.2f} s", f"{side['ratio']:.1f}", differs)
