"""How time grows: with the length of the text, with the answer, and with the tokens that a batch may hold.

A small random model, so that long texts are affordable; what is asked is by how much the time goes up when a length
doubles, and whether peers that also read the answer in one pass grow alike.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import log
from pathlib import Path
from typing import Any

import pellucid
from benchmarks.asked import Asked
from benchmarks.gpt2_shape import gpt2
from benchmarks.numbered_words import saved, words
from benchmarks.peer import Peer, started
from benchmarks.report import markdown
from benchmarks.results import circumstances
from benchmarks.timing import Seconds, alternating, medians, timed
from pellucid.methods.attribution.shapley_sampling import permutation_pairs

__all__ = ["NAME", "TITLE", "doubling", "measured", "table"]

NAME = "growth"
TITLE = "time against the length of text and answer, and against the size of batches"
VOCABULARY, SHAPE = 2048, {"n_embd": 64, "n_layer": 2, "n_head": 2, "n_positions": 1152}
PROMPT, ANSWER, STEPS, ORDERS = 128, 16, 16, 4
AXES = {
    "prompt tokens": (64, 128, 256, 512, 1024),
    "answer tokens": (1, 4, 16, 64),
    "tokens a batch": (512, 1024, 2048, 4096, 8192, 16384),
}
PEERS_READ = {"prompt tokens": (64, 256, 1024), "answer tokens": (1, 16, 64), "tokens a batch": ()}
ONCE = 3.0  # seconds; what takes longer runs once


@dataclass(frozen=True)
class Curve:
    """One side of one piece of work; ``most`` prompt tokens, beyond which it takes too long here."""

    work: str
    side: str
    peer: str = ""
    task: str = ""
    most: int = 1024


CURVES = (
    Curve("leave_one_out", "Pellucid"),
    Curve("leave_one_out", "Captum, one pass", "captum", "feature_ablation_one_pass"),
    Curve("leave_one_out", "the obvious loop", "loop", "feature_ablation"),
    Curve("shapley_sampling", "Pellucid", most=512),
    Curve("shapley_sampling", "Captum, one pass", "captum", "shapley_sampling_one_pass", most=256),
    Curve("integrated_gradients", "Pellucid"),
    Curve("integrated_gradients", "Captum", "captum", "integrated_gradients"),
)
OPTIONS: dict[str, dict[str, Any]] = {
    "leave_one_out": {"ablate": "mask"},
    "shapley_sampling": {"ablate": "mask", "samples": ORDERS, "seed": 0},
    "integrated_gradients": {"baseline": "mask", "steps": STEPS},
}
Asking = Callable[[int, int, int | None], tuple[Any, Seconds]]
"""A side's work on so many prompt and answer tokens, with so many tokens a batch."""


def measured(asked: Asked) -> dict[str, Any]:
    """Seconds at each point of each curve."""
    module, tokenizer = gpt2(VOCABULARY, **SHAPE)
    model = pellucid.load((module, tokenizer))
    with (
        tempfile.TemporaryDirectory() as name,
        started(asked.peers_of(curve.peer for curve in CURVES if curve.peer), asked.threads) as peers,
    ):
        folder = saved(module, tokenizer, Path(name))
        sides = {
            curve: _theirs(peers[curve.peer], folder, curve) if curve.peer else _ours(model, curve)
            for curve in CURVES
            if not curve.peer or curve.peer in peers
        }
        curves = [found for axis in AXES for work in OPTIONS for found in _grown(axis, work, sides)]
        told = circumstances(asked.threads, peers.values())
    usual = f"{PROMPT} prompt and {ANSWER} answer tokens where they do not vary"
    return {
        **told,
        "work": f"2 layers of width 64, {usual}, {ORDERS} orders, {STEPS} steps",
        "curves": curves,
    }


def doubling(seconds: Mapping[int, float]) -> float:
    """The factor of time when the length doubles, between the last two lengths: 2 is linear, 4 quadratic."""
    (short, fast), (long, slow) = sorted(seconds.items())[-2:]
    return float(2 ** (log(slow / fast) / log(long / short)))


def table(found: dict[str, Any]) -> str:
    """One table an axis, one line a curve."""
    tables = [_of_axis(axis, found["curves"]) for axis in AXES]
    return "\n\n".join([*tables, f"{found['work']}. {found['machine']}."])


def _grown(axis: str, work: str, sides: Mapping[Curve, Asking]) -> list[dict[str, Any]]:
    """The curves of one piece of work along one axis; at each point the sides take turns."""
    those = {curve: asking for curve, asking in sides.items() if curve.work == work and _points(curve, axis)}
    seconds: dict[Curve, dict[int, float]] = {curve: {} for curve in those}
    for asking in those.values():
        asking(8, 2, None)  # code is loaded, kernels are chosen
    for point in AXES[axis]:
        prompt = point if axis == "prompt tokens" else PROMPT
        answer = point if axis == "answer tokens" else ANSWER
        batch = point if axis == "tokens a batch" else None
        here = {
            curve.side: partial(asking, prompt, answer, batch)
            for curve, asking in those.items()
            if point in _points(curve, axis)
        }
        taken = alternating(here, 3, slow=ONCE)
        for curve in those:
            if curve.side in taken:
                seconds[curve][point] = medians(taken[curve.side][1]).clock
    return [
        {
            "axis": axis,
            "work": work,
            "side": curve.side,
            "points": list(known),
            "seconds": list(known.values()),
        }
        for curve, known in seconds.items()
    ]


def _points(curve: Curve, axis: str) -> list[int]:
    points = PEERS_READ[axis] if curve.peer else AXES[axis]
    return [point for point in points if axis != "prompt tokens" or point <= curve.most]


def _ours(model: Any, curve: Curve) -> Asking:
    usual = model.batch_tokens

    def asking(prompt: int, answer: int, batch: int | None) -> tuple[Any, Seconds]:
        text, target = words(VOCABULARY, prompt, answer)
        model.memo.clear()
        model.batch_tokens = batch or usual
        return timed(lambda: pellucid.explain(model, text, curve.work, target=target, **OPTIONS[curve.work]))

    return asking


def _theirs(peer: Peer, folder: str, curve: Curve) -> Asking:
    def asking(prompt: int, answer: int, batch: int | None) -> tuple[Any, Seconds]:
        text, target = words(VOCABULARY, prompt, answer)
        orders = permutation_pairs(prompt, ORDERS // 2, seed=0).reshape(-1, prompt).tolist()
        task = {"folder": folder, "text": text, "target": target.strip(), "steps": STEPS, "orders": orders}
        return peer(curve.task, **task)

    return asking


def _of_axis(axis: str, curves: list[dict[str, Any]]) -> str:
    """The factor of doubling is between points that every side of the work has, so that it can be compared."""
    points = AXES[axis]
    those = [curve for curve in curves if curve["axis"] == axis]
    known = [dict(zip(curve["points"], curve["seconds"], strict=True)) for curve in those]
    lines = []
    for curve, seconds in zip(those, known, strict=True):
        alike = [other for also, other in zip(those, known, strict=True) if also["work"] == curve["work"]]
        shared = {point: seconds[point] for point in seconds if all(point in other for other in alike)}
        cells = [f"{seconds[point]:.2f} s" if point in seconds else "" for point in points]
        lines.append([curve["work"], curve["side"], *cells, f"x {doubling(shared):.1f}"])
    return markdown([f"against {axis}", "side", *map(str, points), "when doubled"], lines)
