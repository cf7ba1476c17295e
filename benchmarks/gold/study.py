"""Everything that is measured on one model."""

from __future__ import annotations

import time
from typing import Any

import torch

import pellucid
from benchmarks.gold.figures import kept_rows
from benchmarks.gold.measure import BUDGET, measured
from benchmarks.timing import machine
from pellucid.core.provenance import versions
from pellucid.truth.asked import UNIT
from pellucid.truth.bundled import verified
from pellucid.truth.items import chosen

__all__ = ["of_model"]

SEED = 0


def of_model(name: str, count: int) -> dict[str, Any]:
    """Everything about one model, as plain data."""
    torch.set_num_threads(1)
    start = time.perf_counter()
    model = pellucid.load(name)
    true = verified(name)
    items = chosen(true, count, SEED)
    found = []
    for row in measured(model, items):
        print(f"{name}: {row.name} ({time.perf_counter() - start:.0f} s)", flush=True)
        found.append(row)
    return {
        "model": name,
        "fingerprint": model.fingerprint,
        "items": len(items),
        "verified": len(true),
        "seed": SEED,
        "unit": UNIT,
        "budget": BUDGET,
        "seconds": time.perf_counter() - start,
        "machine": machine(1),
        "versions": versions(),
        "rows": kept_rows(found),
    }
