"""``python -m benchmarks.sst2_experiment``: feature ablation, Shapley sampling and integrated gradients on SST-2.

The labels' own probabilities are read, so that no answer has to be parsed. The figures are kept, and the tables of
docs/sst2_experiment.md are those of the figures.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

import pellucid
from benchmarks.gold.figures import interval
from benchmarks.gold.table import renewed
from benchmarks.report import markdown
from benchmarks.timing import machine
from pellucid.core.provenance import versions
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.metrics._ranked import top_features
from pellucid.metrics.controls import random_credits
from training.little_world.sentiment import INSTRUCTION

__all__ = ["measured", "page_with", "read_rows", "tables"]

ROOT = Path(__file__).parents[1]
BESIDE = ROOT.parent / "shared"  # what only some checkouts have beside them
RESULTS = ROOT / "benchmarks" / "results" / "sst2_experiment.json"
PAGE = ROOT / "docs" / "sst2_experiment.md"
METHODS: dict[str, dict[str, Any]] = {
    "leave_one_out": {},
    "shapley_sampling": {"samples": 8},
    "integrated_gradients": {},
}
PROMPT = INSTRUCTION.split("|")[0].replace("{r}", "{review}")
METRICS = ("comprehensiveness", "sufficiency")
KEPT = 0.2  # of the words, for the accuracy on a rationale
DRAWS = 3  # random rankings a text
SEED = 0


@dataclass(frozen=True)
class Row:
    """A sentence, and whether it is positive."""

    sentence: str
    positive: bool


@dataclass(frozen=True)
class Reader:
    """How a model is asked: the text of a sentence, and its words for negative and positive."""

    model: Any
    labels: tuple[str, str]
    template: str | None

    def text(self, sentence: str) -> Text:
        text = (
            Text.of(sentence) if self.template is None else Text.from_template(self.template, review=sentence)
        )
        return self.model.cut(text, "word")

    def positive(self, text: Text, masks: np.ndarray) -> np.ndarray:
        """The log-odds of positive for each mask, from the labels' own probabilities."""
        target = self.model.resolve(text, Target(self.labels[1], against=self.labels[0], scale="logprob"))
        return self.model.value(text, target).total(masks)


def main() -> None:
    """Measure each model in a process of one thread; keep the figures; renew the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sst2_experiment", description=__doc__)
    parser.add_argument("--data", type=Path, default=BESIDE / "data" / "sst2" / "dev.tsv")
    parser.add_argument(
        "--model", action="append", help="a bundled name or a folder; may be given several times"
    )
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument(
        "--only-tables", action="store_true", help="renew the page from the figures that are kept"
    )
    given = parser.parse_args()
    if not given.only_tables:
        beside = BESIDE / "models" / "minilm-sst2"
        names = given.model or ["demo-lm", "demo-sentiment", *([str(beside)] if beside.is_dir() else [])]
        rows = read_rows(given.data, given.rows)
        start = time.perf_counter()
        with ProcessPoolExecutor(len(names), mp_context=get_context("spawn")) as processes:
            models = list(processes.map(partial(measured, rows=rows), names))
        found = {
            "rows": len(rows), "positive": sum(r.positive for r in rows), "kept": KEPT, "draws": DRAWS, "seed": SEED,
            "prompt": PROMPT, "machine": machine(1), "versions": versions(), "seconds": time.perf_counter() - start,
            "models": models,
        }  # fmt: skip
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    figures = json.loads(RESULTS.read_text(encoding="utf-8"))
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")
    print(tables(figures)["sst2"])


def read_rows(path: Path, count: int) -> list[Row]:
    """A sample of the sentences of more than three words, the same every time."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            Row(said, label == "1") for said, label in csv.reader(file, "excel-tab", quoting=csv.QUOTE_NONE)
        ]
    rows = [row for row in rows if len(row.sentence.split()) > 3]
    return random.Random(SEED).sample(rows, len(rows))[:count]  # fewer are the first of more


def measured(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """What is found on one model: of the model, of each method, and of rankings that know nothing."""
    torch.set_num_threads(1)
    model = pellucid.load(name)
    writes = model.continues
    reader = Reader(
        model,
        (" negative", " positive") if writes else ("NEGATIVE", "POSITIVE"),
        PROMPT if writes else None,
    )
    found: dict[str, list[dict[str, float]]] = {by: [] for by in [*METHODS, "random"]}
    whole = []
    for number, row in enumerate(rows, start=1):
        text = reader.text(row.sentence)
        says = bool(reader.positive(text, np.ones((1, len(text.features)), bool))[0] > 0)
        whole.append(float(says == row.positive))
        for by, numbers in _of_text(reader, text, row.positive, says).items():
            found[by].append(numbers)
        if number % 20 == 0:
            print(f"{Path(name).name}: {number} of {len(rows)} texts", flush=True)
    return {
        "model": Path(name).name,
        "fingerprint": model.fingerprint,
        "prompted": writes,
        "accuracy": _mean(whole),
        "methods": [_kept(by, found[by], found["random"]) for by in METHODS],
        "random": _kept("random", found["random"], None),
    }


def _of_text(reader: Reader, text: Text, positive: bool, says: bool) -> dict[str, dict[str, float]]:
    """The numbers of each method on one text, and the mean of the random rankings."""
    model, target = reader.model, Target(reader.labels[says], against=reader.labels[not says])
    found: dict[str, dict[str, float]] = {}
    whys = {}
    for by, options in METHODS.items():
        model.memo.clear()  # so that every forward that is timed is made
        busy = time.process_time()
        whys[by] = pellucid.explain(model, text, by, target=target, unit="word", **options)
        used = whys[by].provenance
        found[by] = {
            "busy": time.process_time() - busy,
            "forwards": used.forwards,
            "backwards": used.backwards,
        }
    chance: dict[str, float] = {}
    for by, why in whys.items():
        for score in pellucid.evaluate(why, model, METRICS, draws=DRAWS, seed=SEED):
            found[by][score.metric] = score.value
            if score.applies:
                chance[score.metric] = score.controls[0].mean
        found[by]["rationale"] = float(_right(reader, text, why.credit()[None], positive)[0])
    credits = random_credits(len(text.features), DRAWS, SEED)
    chance["rationale"] = float(_right(reader, text, credits, positive).mean())
    return found | {"random": chance}


def _right(reader: Reader, text: Text, credits: np.ndarray, positive: bool) -> np.ndarray:
    """Whether the label is right from the top words of each ranking alone, bool, shape (ranking,)."""
    kept = top_features(credits, int(np.ceil(KEPT * credits.shape[1])))
    return (reader.positive(text, kept) > 0) == positive


def _kept(
    name: str, rows: Sequence[dict[str, float]], random_rows: Sequence[dict[str, float]] | None
) -> dict:
    """The mean of each number with its interval, and whether it beats random rankings of the same texts.

    A score that does not apply to a text (an answer that does not move) is left out of the mean.
    """
    kept: dict[str, Any] = {"name": name, "options": METHODS.get(name, {})}
    for score, better in (("sufficiency", -1), ("comprehensiveness", 1), ("rationale", 1)):
        values = np.array([row.get(score, np.nan) for row in rows])
        there = np.isfinite(values)
        kept[score] = {**_mean(values[there]), "texts": int(there.sum())}
        if random_rows is not None:
            gain = better * (values - [row.get(score, np.nan) for row in random_rows])[there]
            kept[score]["beats_random"] = interval(gain.tolist())[0] > 0
    costs = ("forwards", "backwards", "busy") if random_rows is not None else ()
    return kept | {cost: float(np.mean([row[cost] for row in rows])) for cost in costs}


def _mean(values: Iterable[float]) -> dict[str, Any]:
    numbers = list(map(float, values))
    low, high = interval(numbers)
    return {"mean": float(np.mean(numbers)), "low": low, "high": high}


def page_with(page: str, figures: dict[str, Any]) -> str:
    """The page with the tables of the figures."""
    for name, table in tables(figures).items():
        page = renewed(page, name, table)
    return page


def tables(figures: dict[str, Any]) -> dict[str, str]:
    """What stands between the marks of the page: how right each model is, and what each method scores."""
    accuracy = [
        [
            f"`{m['model']}`",
            "asked with the instruction" if m["prompted"] else "a classifier",
            _said(m["accuracy"]),
        ]
        for m in figures["models"]
    ]
    heads = ["model", "method", "sufficiency ↓", "comprehensiveness ↑", "right from 20% of the words ↑"]
    lines = []
    for m in figures["models"]:
        for row in [*m["methods"], m["random"]]:
            scores = [_said(row[score]) for score in ("sufficiency", "comprehensiveness", "rationale")]
            costs = (
                [f"{row['forwards'] + row['backwards']:.0f}", f"{row['busy']:.2f}"]
                if "busy" in row
                else ["–"] * 2
            )
            name = f"`{row['name']}`" if "busy" in row else "*random ranking*"
            lines.append([f"`{m['model']}`", name, *scores, *costs])
    said = f"{figures['rows']} sentences, {figures['positive']} of them positive."
    return {
        "accuracy": f"{said}\n\n{markdown(['model', 'how it is asked', 'right'], accuracy)}",
        "sst2": markdown([*heads, "passes", "CPU seconds"], lines),
    }


def _said(found: dict[str, Any]) -> str:
    mark = "" if found.get("beats_random", True) else " °"
    return f"{found['mean']:.2f} ({found['low']:.2f} to {found['high']:.2f}){mark}"


if __name__ == "__main__":
    main()
