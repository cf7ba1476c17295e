"""How the work of the inside grows: of a sweep with layers, prompt and positions, of edge attribution with steps.

A sweep is timed on a small random model, so that many patches are affordable. What it reads is counted beside it, in
forwards: tokens through all blocks, of as many as the text has. One forward a patch would read as many as there are
patches. Edges are timed on GPT-2-small's shape, where a step costs what it costs in real work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pellucid
from benchmarks.asked import Asked
from benchmarks.edge_row import TOKENS, edges
from benchmarks.gpt2_shape import VOCABULARY, gpt2
from benchmarks.growth import ONCE, SHAPE, doubling
from benchmarks.inside_rows import swept_states
from benchmarks.numbered_words import words
from benchmarks.report import markdown
from benchmarks.results import circumstances
from benchmarks.timing import Timed, alternating, medians, timed
from pellucid.core.progress import metered

__all__ = ["NAME", "TITLE", "Point", "measured", "table"]

NAME = "growth inside"
TITLE = "time of sweeps against layers, prompt and positions, of edge attribution against steps"
WORDS = 2048
AXES = {"layers": (4, 8, 16), "prompt": (16, 64, 256), "positions": (4, 16, 64)}
STEPS, PAIRS = (1, 2, 5, 10), 2
HEADS = ("a sweep against", "", "patches", "time", "reads, in forwards", "a patch", "when doubled")
STEP_HEADS = ("steps of edge attribution", "time", "times one step")


@dataclass(frozen=True)
class Point:
    """A sweep of states: ``prompt`` tokens, patched in front of each layer at some positions (None: at all)."""

    layers: int = 8
    prompt: int = 64
    positions: int | None = None

    @property
    def patched(self) -> list[int]:
        """The positions, spread evenly over the prompt."""
        count = self.positions or self.prompt
        return [i * self.prompt // count for i in range(count)]


def measured(asked: Asked) -> dict[str, Any]:
    """Each point of each axis, the others as they are by default; then each number of steps."""
    usual = Point()
    sweeps = f"{usual.layers} layers of width {SHAPE['n_embd']}, {usual.prompt} tokens, all positions"
    return {
        **circumstances(asked.threads),
        "work": f"Sweeps: {sweeps} where they do not vary. Edges: GPT-2-small shape, {PAIRS} pairs of {TOKENS} tokens",
        "sweeps": [found for axis in AXES for found in _grown(axis, asked.runs)],
        "steps": list(_stepped(asked.runs)),
    }


def _grown(axis: str, runs: int) -> Iterator[dict[str, Any]]:
    """The points of one axis; they take turns."""
    sides = {str(at): _sweep(replace(Point(), **{axis: at})) for at in AXES[axis]}
    taken = alternating(sides, runs, slow=ONCE)
    for at in AXES[axis]:
        counted, seconds = taken[str(at)]
        yield {"axis": axis, "at": at, **counted, "seconds": medians(seconds).clock}


def _sweep(point: Point) -> Timed:
    """One point's work, once its code is loaded: how many patches it has, and how many forwards it reads."""
    model = pellucid.load(gpt2(WORDS, **SHAPE | {"n_layer": point.layers}))
    text, target = words(WORDS, point.prompt, 1)
    swept_states(model, " ".join(text.split()[:4]), target)

    def work() -> dict[str, Any]:
        with metered() as meter:
            found = swept_states(model, text, target, point.patched)
        return {"patches": found.size, "forwards": meter.tokens / point.prompt}

    return lambda: timed(work)


def _stepped(runs: int) -> Iterator[dict[str, Any]]:
    """The same edges with ever more steps."""
    model = pellucid.load(gpt2(VOCABULARY))
    text, target = words(VOCABULARY, PAIRS * TOKENS, 1)
    edges(model, text, target)
    sides = {str(n): lambda n=n: timed(lambda: edges(model, text, target, n)) for n in STEPS}
    taken = alternating(sides, runs)
    for n in STEPS:
        yield {"steps": n, "seconds": medians(taken[str(n)][1]).clock}


def table(found: dict[str, Any]) -> str:
    """The sweeps, one line a point, and the steps."""
    swept = markdown(HEADS, [_line(one, found["sweeps"]) for one in found["sweeps"]])
    one = next(step["seconds"] for step in found["steps"] if step["steps"] == 1)
    stepped = [
        (str(step["steps"]), f"{step['seconds']:.2f} s", f"{step['seconds'] / one:.1f}")
        for step in found["steps"]
    ]
    return "\n\n".join(
        [swept, markdown(STEP_HEADS, stepped, words=1), f"{found['work']}. {found['machine']}."]
    )


def _line(one: dict[str, Any], sweeps: list[dict[str, Any]]) -> tuple[str, ...]:
    """The factor of time for a doubling stands beside an axis's last point: it is between that and the one before."""
    axis = {other["at"]: other["seconds"] for other in sweeps if other["axis"] == one["axis"]}
    doubled = f"x {doubling(axis):.1f}" if one["at"] == max(axis) else ""
    return (
        one["axis"],
        str(one["at"]),
        str(one["patches"]),
        f"{one['seconds']:.2f} s",
        f"{one['forwards']:.0f}",
        f"{one['forwards'] / one['patches']:.2f}",
        doubled,
    )
