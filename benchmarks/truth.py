"""``python -m benchmarks.truth``: the benchmark of known truth, its figures, and the tables of docs/ground_truth.md."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

import pellucid
from benchmarks.gold.table import renewed
from benchmarks.timing import machine
from pellucid.store import plain
from pellucid.store.atomic import write
from pellucid.truth.results import Benchmark, StudyResult, cells, refusals, said

__all__ = ["page", "tables"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "truth.json"
PAGE = ROOT / "docs" / "ground_truth.md"


def main() -> None:
    """Measure everything in one thread; keep the figures; renew the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__)
    parser.add_argument("--items", type=int, help="questions of each study; by default 8 to 25")
    parser.add_argument(
        "--only-tables", action="store_true", help="renew the page from the figures that are kept"
    )
    given = parser.parse_args()
    if not given.only_tables:
        torch.set_num_threads(1)
        start = time.perf_counter()
        found = pellucid.benchmark(items=given.items, began=lambda doing: print(doing, flush=True))
        took = {"seconds": time.perf_counter() - start, "machine": machine(1)}
        write(RESULTS, plain.dumps(found.as_dict() | took))
    kept = plain.loads(RESULTS.read_bytes())
    text = page(PAGE.read_text(encoding="utf-8"), Benchmark.from_dict(kept))
    PAGE.write_text(text, encoding="utf-8")


def page(text: str, found: Benchmark) -> str:
    """The page with the table of each study between its marks."""
    for study in found.studies:
        text = renewed(text, study.name, tables(study))
    return text


def tables(study: StudyResult) -> str:
    """What a study is of, its table, and who has no line."""
    if study.unfit:
        return f"{said(study)}\n\n{study.unfit}"
    heads, rows = cells(study)
    chance = {row.name for row in study.rows if row.chance}
    named = [(f"*{name}*" if name in chance else f"`{name}`", *rest) for name, *rest in rows]
    ruled = ["---", *("--:" for _ in heads[1:])]
    table = "\n".join("| " + " | ".join(line) + " |" for line in [heads, ruled, *named])
    return "\n\n".join([said(study), table, *refusals(study)])


if __name__ == "__main__":
    main()
