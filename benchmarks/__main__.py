"""``python -m benchmarks``: measure, check that the sides agree, print, and keep the figures."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from benchmarks.classifier_rows import classifier_rows
from benchmarks.language_rows import language_rows
from benchmarks.peer import Peer, PeerFailed, started
from benchmarks.report import table
from benchmarks.rows import Row, Side, difference
from benchmarks.timing import Seconds, Timed, alternating, machine, medians, timed
from pellucid.core.provenance import versions

RESULTS = Path(__file__).parent / "results"
OURS = "Pellucid"


def main() -> None:
    """Every row whose name contains one of the words asked for; all of them if none is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", help="parts of the names of rows, e.g. shapley")
    parser.add_argument("--runs", type=int, default=3, help="runs of each side; the median counts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", nargs="*", help="only these peers, e.g. captum shap")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for row in [*language_rows(Path(folder)), *classifier_rows()] if _wanted(row, asked.rows)]
        peers = started(_peers_of(rows, asked.peers), asked.threads)
        try:
            for row in rows:
                _keep(row, _measured(row, peers, asked.runs), peers, asked.threads)
        finally:
            for peer in peers.values():
                peer.close()
    print(table(RESULTS))


def _wanted(row: Row, words: list[str]) -> bool:
    return not words or any(word.lower() in row.name.lower() for word in words)


def _peers_of(rows: list[Row], asked: list[str] | None) -> list[str]:
    return sorted({side.peer for row in rows for side in row.sides if asked is None or side.peer in asked})


def _measured(row: Row, peers: dict[str, Peer], runs: int) -> list[dict[str, Any]]:
    """The figures of each side of a row, ours first."""
    print(f"{row.name} ...", flush=True)
    sides = {side.label: side for side in row.sides if side.peer in peers}
    work: dict[str, Timed] = {OURS: lambda: timed(lambda: row.ours(row.text, row.target))}
    row.ours(*row.small)
    failed = []
    for label, side in sides.items():
        try:
            _asked(side, peers, row, *row.small)
        except PeerFailed as error:
            failed.append({"side": label, "failed": str(error).strip().splitlines()[-1]})
        else:
            work[label] = lambda side=side: _asked(side, peers, row, row.text, row.target)  # type: ignore[misc]
    found = alternating(work, runs)
    ours, seconds = found.pop(OURS)
    fast = medians(seconds)
    figures: list[dict[str, Any]] = [{"side": OURS, **_figures(seconds)}]
    for label, (theirs, seconds) in found.items():
        side, slow = sides[label], medians(seconds)
        differs = difference(side, theirs, ours)
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


def _keep(row: Row, sides: list[dict[str, Any]], peers: dict[str, Peer], threads: int) -> None:
    used = {side.peer for side in row.sides} & peers.keys()
    found = {
        "row": row.name,
        "work": row.work,
        "machine": machine(threads),
        "versions": versions(),
        "peers": {name: peers[name].versions for name in sorted(used)},
        "sides": sides,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{row.name.lower().replace(' ', '_')}.json"
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
