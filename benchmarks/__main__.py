"""``python -m benchmarks``: measure, check that both sides agree, print, and keep the figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from benchmarks import leave_one_out
from benchmarks.gpt2_shape import ANSWER_TOKENS, PROMPT_TOKENS
from benchmarks.timing import alternating, machine, medians
from pellucid.core.provenance import versions

RESULTS = Path(__file__).parent / "results"
TOLERANCE = 1e-4


def main() -> None:
    """Every benchmark there is: one, so far."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs of each side; the median counts")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    found = measure(asked.runs, asked.threads)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "leave_one_out.json"
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(
        f"leave_one_out, {found['work']}\n"
        f"  loop      {found['median_seconds']['loop']:7.2f} s\n"
        f"  pellucid  {found['median_seconds']['pellucid']:7.2f} s\n"
        f"  {found['ratio']:.1f} times as fast; the numbers differ by at most {found['largest_difference']:.1e}\n"
        f"  {found['machine']}; figures in {path.relative_to(Path(__file__).parents[1])}"
    )


def measure(runs: int, threads: int) -> dict:
    """The figures of leave one out. Raises if the two sides do not agree: speed of wrong numbers is nothing."""
    sides = leave_one_out.sides()
    results = {name: work() for name, work in sides.items()}
    largest = float(np.abs(results["pellucid"] - results["loop"]).max())
    if largest > TOLERANCE:
        raise SystemExit(
            f"The two sides differ by {largest:.2e} nats, more than {TOLERANCE:.0e}: no figures."
        )
    seconds = alternating(sides, runs)
    median = medians(seconds)
    return {
        "work": f"{PROMPT_TOKENS} prompt tokens x {ANSWER_TOKENS} answer tokens, GPT-2-small shape, random weights",
        "machine": machine(threads),
        "versions": versions(),
        "runs": runs,
        "seconds": {name: [round(s, 3) for s in values] for name, values in seconds.items()},
        "median_seconds": {name: round(s, 3) for name, s in median.items()},
        "ratio": round(median["loop"] / median["pellucid"], 2),
        "largest_difference": largest,
    }


if __name__ == "__main__":
    main()
