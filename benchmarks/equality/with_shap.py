"""shap, on the classifier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.equality.comparison import Comparison
from benchmarks.equality.setting import Setting
from pellucid.methods.attribution.shapley_sampling import permutation_pairs

__all__ = ["with_shap"]

SHORT = "a slow story but the actors are warm and funny"
PAIRS, BUDGET, AT_ONCE = 3, 100, 8


def with_shap(setting: Setting) -> list[Comparison]:
    """All subsets of a short text, given orders, and our tree: to its leaves, and within a budget."""
    short = replace(setting, text=SHORT)
    n = len(SHORT.split())
    subsets = 2**n

    def one(
        where: Setting, theirs: str, ours: str, same: str, options: dict[str, Any], **task: Any
    ) -> Comparison:
        both = where.beside(ours, **options)
        return Comparison("shap", theirs, ours, same, theirs.lower(), both, {**where.task, **task})

    orders = permutation_pairs(n, PAIRS, seed=0)[:, 0].tolist()
    twice = {"samples": 2 * PAIRS, "seed": 0}
    whole, split = {"budget": subsets}, {"budget": BUDGET, "at_once": AT_ONCE}
    both_ways = f"our {PAIRS} orders, each forwards and backwards"
    some = f"our tree, {BUDGET} forwards, {AT_ONCE} at once"
    return [
        one(short, "Exact", "kernel_shap", f"all {subsets} subsets of {n} words", {"samples": subsets}),
        one(short, "Permutation", "shapley_sampling", both_ways, twice, orders=orders),
        one(short, "Partition", "partition_shap", "our tree, to its leaves", whole, **whole),
        one(setting, "Partition", "partition_shap", some, split, **split),
    ]
