"""Where a result comes from, in one line and in full."""

from __future__ import annotations

import json

import numpy as np

from pellucid.core.circuit import Circuit
from pellucid.core.circuit_score import CircuitCurve
from pellucid.core.comparison import Comparison
from pellucid.core.explanation import Explanation
from pellucid.core.figure import Record
from pellucid.core.over_pairs import OverPairs
from pellucid.core.provenance import Provenance
from pellucid.core.score import Score
from pellucid.core.shortcuts import ShortcutReport
from pellucid.core.verdict import Verdict
from pellucid.view.numbers import plain

__all__ = ["record"]


def record(
    result: Circuit | CircuitCurve | Comparison | Explanation | OverPairs | Score | ShortcutReport | Verdict,
) -> Record:
    """The record of an explanation, of what was found over pairs or a data set, of a score or a verdict."""
    made = result.provenance
    target = str(result.target) if isinstance(result, Explanation) else ""
    gap = _gap(result) if isinstance(result, Explanation) else ""
    summary = " · ".join(filter(None, [made.by, made.model, target, gap and f"gap {gap}", *_cost(made)]))
    facts = [
        ("metric" if isinstance(result, Score) else "method", made.by),
        ("model", made.model),
        ("weights", made.fingerprint),
        ("target", target),
        ("unit", result.text.unit if isinstance(result, Explanation) else ""),
        ("completeness gap", gap),
        *((f"option {name}", _value(value)) for name, value in made.options.items()),
        ("seed", "" if made.seed is None else str(made.seed)),
        ("number type", made.dtype),
        ("device", made.device),
        ("seconds", plain(made.seconds)),
        ("forwards", f"{made.forwards:,}"),
        ("backwards", f"{made.backwards:,}"),
        ("model calls", f"{made.calls:,}"),
        ("tokens read", f"{made.tokens:,}"),
        *((f"version of {name}", version) for name, version in made.versions.items()),
    ]
    return Record(summary, tuple((name, value) for name, value in facts if value), made.notes)


def _cost(made: Provenance) -> list[str]:
    counts = [(made.forwards, "forward"), (made.backwards, "backward"), (made.tokens, "token")]
    return [f"{made.seconds:.1f} s", *(f"{n:,} {word}{'s' * (n != 1)}" for n, word in counts if n)]


def _gap(why: Explanation) -> str:
    """How far the attributions are from adding up to the change they explain, where a method says so."""
    data = why.data
    name = next((n for n in ("completeness_gap", "gap") if n in data or n in data.attrs), None)
    if name is None:
        return ""
    found = data[name].values if name in data else data.attrs[name]
    return ", ".join(plain(float(g)) for g in np.ravel(np.asarray(found, dtype=np.float64)))


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
