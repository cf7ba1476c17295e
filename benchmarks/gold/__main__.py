"""``python -m benchmarks.gold``: every method on texts whose deciding words are known, and the tables of it."""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.gold.packaged import packaged
from benchmarks.gold.study import of_model
from benchmarks.gold.table import long_table, renewed, short_table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "gold"
PACKAGED = ROOT / "src" / "pellucid" / "verbs" / "measured.json"
MODELS = ("demo-lm", "demo-sentiment")


def main() -> None:
    """Measure both models side by side, each in a process of one thread; keep the figures.

    Renews the pages, and the figures that `pellucid.recommend` shows.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gold", description=__doc__)
    parser.add_argument("--items", type=int, default=50, help="texts of each model")
    parser.add_argument(
        "--only-tables", action="store_true", help="renew the pages from the figures that are kept"
    )
    given = parser.parse_args()
    if not given.only_tables:
        with ProcessPoolExecutor(len(MODELS), mp_context=get_context("spawn")) as processes:
            for found in processes.map(partial(of_model, count=given.items), MODELS):
                RESULTS.mkdir(parents=True, exist_ok=True)
                _file(found["model"]).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    models = [json.loads(_file(name).read_text(encoding="utf-8")) for name in MODELS]
    PACKAGED.write_text(json.dumps(packaged(models), indent=1) + "\n", encoding="utf-8")
    _renew(ROOT / "README.md", {"gold": short_table(models)})
    _renew(ROOT / "docs" / "which_method.md", {model["model"]: _long(model) for model in models})
    print(short_table(models))


def _long(model: dict[str, Any]) -> str:
    said = f"{model['items']} texts, of {model['verified']} whose rationale is verified."
    return f"{said}\n\n{long_table(model)}"


def _renew(page: Path, tables: dict[str, str]) -> None:
    text = page.read_text(encoding="utf-8")
    for name, table in tables.items():
        text = renewed(text, name, table)
    page.write_text(text, encoding="utf-8")


def _file(model: str) -> Path:
    return RESULTS / f"{model}.json"


if __name__ == "__main__":
    main()
