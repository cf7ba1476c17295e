"""``python -m benchmarks``: measure, compare, keep the figures, and write their tables into README.md."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType

import torch

from benchmarks import (
    equality,
    gpu,
    growth,
    heads_page,
    inside_growth,
    matmul_rate,
    peak_memory,
    speed,
    trace_memory,
)
from benchmarks.asked import Asked
from benchmarks.report import README, renewed
from benchmarks.results import RESULTS, keep, kept

# Each has a NAME, a TITLE, ``measured(asked)``, plain data or None where it cannot be measured here, and ``table``.
STUDIES: tuple[ModuleType, ...] = (
    equality,
    matmul_rate,
    peak_memory,
    trace_memory,
    growth,
    inside_growth,
    heads_page,
    gpu,
)


def main() -> int:
    """Every row and study whose name contains one of the words asked for; all of them if there are none."""
    names = "; ".join(f"{study.NAME}: {study.TITLE}" for study in STUDIES)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, epilog=names)
    parser.add_argument("names", nargs="*", help="parts of the names of rows, e.g. shapley, or of studies")
    parser.add_argument("--runs", type=int, default=3, help="runs of each side; the median counts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", nargs="*", help="only these peers, e.g. captum shap")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="keep figures there, and leave README.md alone"
    )
    given = parser.parse_args()
    peers = None if given.peers is None else tuple(given.peers)
    asked = Asked(given.threads, given.runs, peers, given.results)
    torch.set_num_threads(asked.threads)
    words = [name.lower() for name in given.names]
    of_rows = [word for word in words if not any(word in study.NAME for study in STUDIES)]
    code = 0
    if of_rows or not words:
        speed.measure(asked, of_rows)
    for study in STUDIES:
        if not words or any(word in study.NAME for word in words):
            print(f"{study.NAME} ...", flush=True)
            code |= _kept(study, asked)
    _shown(asked.results)
    return code


def _kept(study: ModuleType, asked: Asked) -> int:
    """Measure a study and keep it; 1 if it says that something is not as it should be."""
    found = study.measured(asked)
    if found is None:
        return 0
    keep(asked.results, study.NAME, {"study": study.NAME, **found})
    return int(not found.get("holds", True))


def tables(results: Path) -> dict[str, str]:
    """The table of every study's figures in the folder, or how to measure them."""
    found = {"speed": speed.table(results)}
    for study in STUDIES:
        figures, word = kept(results, study.NAME), study.NAME.split()[-1]
        found[study.NAME] = (
            study.table(figures) if figures else f"Not measured yet: `python -m benchmarks {word}`."
        )
    return found


def _shown(results: Path) -> None:
    """Print every table, and renew README.md from the figures that are kept beside it."""
    found = tables(results)
    for name, table in found.items():
        print(f"\n{name}\n\n{table}")
    if results == RESULTS:
        README.write_text(renewed(README.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
