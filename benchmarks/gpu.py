"""A model of seven billion weights on a GPU: seconds and memory of three methods on one prompt."""

from __future__ import annotations

import statistics
from typing import Any

import torch

import pellucid
from benchmarks.asked import Asked
from benchmarks.mistral_shape import ANSWER, PROMPT, mistral, stand_in
from benchmarks.report import markdown
from benchmarks.results import circumstances
from benchmarks.timing import timed

__all__ = ["NAME", "TITLE", "measured", "measured_on", "table"]

NAME = "gpu"
TITLE = "Mistral-7B's shape on a CUDA device"
ORDERS, STEPS = 6, 50
WORK: dict[str, tuple[str, dict[str, Any]]] = {
    "feature ablation": ("leave_one_out", {}),
    f"Shapley sampling, {ORDERS} orders": ("shapley_sampling", {"samples": ORDERS}),
    f"integrated gradients, {STEPS} steps": ("integrated_gradients", {"steps": STEPS}),
}
HEADS = ("work", "seconds", "forwards", "peak memory", "of it the model")


def measured(asked: Asked) -> dict[str, Any] | None:
    """The figures; None, with a line that says so, where there is no such device."""
    if not torch.cuda.is_available():
        print(f"{NAME}: skipped, PyTorch finds no CUDA device here.")
        return None
    found = measured_on("cuda", asked.runs)
    return {**circumstances(asked.threads), "machine": f"one {torch.cuda.get_device_name()}", **found}


def measured_on(device: str, runs: int, **shape: Any) -> dict[str, Any]:
    """Each method on ``device``, medians of ``runs``; memory is that of the device, and unknown for a CPU's."""
    module = mistral(device, **shape)
    model = pellucid.load((module, stand_in(module.config.vocab_size)))
    weights = sum(weight.numel() for weight in module.parameters())
    ways = {label: _taken(model, *way, runs) for label, way in WORK.items()}
    return {"prompt": PROMPT, "answer": ANSWER, "weights": weights, "dtype": model.dtype, "ways": ways}


def table(found: dict[str, Any]) -> str:
    """One line a method."""
    lines = [(label, *_figures(way)) for label, way in found["ways"].items()]
    words = next(iter(found["ways"].values()))["features"]
    size = f"{found['weights'] / 1e9:.1f} billion random weights in {found['dtype']}, {words} words"
    return "\n".join([markdown(HEADS, lines, words=1), "", f"{size}. {found['machine']}."])


def _taken(model: Any, method: str, options: dict[str, Any], runs: int) -> dict[str, Any]:
    on_gpu = model.module.device.type == "cuda"
    held = torch.cuda.memory_allocated() if on_gpu else None

    def once() -> pellucid.Explanation:
        model.memo.clear()
        return pellucid.explain(model, PROMPT, method, target=ANSWER, unit="word", **options)

    once()  # kernels are chosen, and batches halved to what fits
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    taken = [timed(once) for _ in range(runs)]
    why, seconds = taken[0][0], [round(taken.clock, 3) for _, taken in taken]
    return {
        "method": method,
        "features": why.data.sizes["input"],
        "seconds": seconds,
        "median": round(statistics.median(seconds), 3),
        "forwards": why.provenance.forwards,
        "tokens_read": why.provenance.tokens,
        "held_bytes": held,
        "peak_bytes": torch.cuda.max_memory_allocated() if on_gpu else None,
    }


def _figures(way: dict[str, Any]) -> tuple[str, ...]:
    memory = (way["peak_bytes"], way["held_bytes"])
    told = ("not known" if size is None else f"{size / 2**30:.1f} GiB" for size in memory)
    return (f"{way['median']:.2f} s", str(way["forwards"]), *told)
