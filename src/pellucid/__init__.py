"""Pellucid: see why a language model said what it said, and how far to trust that answer.

    >>> import pellucid
    >>> model = pellucid.load("demo-lm")
    >>> why = pellucid.explain(model, "The Eiffel Tower is located in the city of", target=" Paris")
    >>> print(why)

Importing this package loads neither torch nor xarray: every name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid.app.serve import serve as serve
    from pellucid.core.case import Case as Case
    from pellucid.core.circuit import Circuit as Circuit
    from pellucid.core.circuit_score import CircuitCurve as CircuitCurve
    from pellucid.core.circuit_score import CircuitScore as CircuitScore
    from pellucid.core.comparison import Comparison as Comparison
    from pellucid.core.errors import PellucidError as PellucidError
    from pellucid.core.explanation import Explanation as Explanation
    from pellucid.core.over_pairs import OverPairs as OverPairs
    from pellucid.core.recommendation import Recommendation as Recommendation
    from pellucid.core.score import Score as Score
    from pellucid.core.site import Patch as Patch
    from pellucid.core.site import Site as Site
    from pellucid.core.target import Target as Target
    from pellucid.core.text import Text as Text
    from pellucid.core.verdict import Verdict as Verdict
    from pellucid.methods.lens._tuned import TunedLens as TunedLens
    from pellucid.models.load import load as load
    from pellucid.truth.benchmark import benchmark as benchmark
    from pellucid.verbs.circuit_scores import circuit_curve as circuit_curve
    from pellucid.verbs.circuit_scores import evaluate_circuit as evaluate_circuit
    from pellucid.verbs.circuits import find_circuit as find_circuit
    from pellucid.verbs.compare import compare as compare
    from pellucid.verbs.comparison_files import read_comparison as read_comparison
    from pellucid.verbs.contrast import ContrastPair as ContrastPair
    from pellucid.verbs.evaluate import evaluate as evaluate
    from pellucid.verbs.explain import explain as explain
    from pellucid.verbs.files import read as read
    from pellucid.verbs.files import read_scores as read_scores
    from pellucid.verbs.files import read_verdict as read_verdict
    from pellucid.verbs.files import save as save
    from pellucid.verbs.methods import methods as methods
    from pellucid.verbs.methods import metrics as metrics
    from pellucid.verbs.pairs import explain_pairs as explain_pairs
    from pellucid.verbs.recommend import recommend as recommend
    from pellucid.verbs.report import report as report
    from pellucid.verbs.shortcuts import shortcut_report as shortcut_report
    from pellucid.verbs.show import show as show
    from pellucid.verbs.verdict import verdict as verdict

__version__ = "0.1.0"

_HOME = {
    "Case": "core.case",
    "Circuit": "core.circuit",
    "CircuitCurve": "core.circuit_score",
    "CircuitScore": "core.circuit_score",
    "Comparison": "core.comparison",
    "ContrastPair": "verbs.contrast",
    "Explanation": "core.explanation",
    "OverPairs": "core.over_pairs",
    "Patch": "core.site",
    "PellucidError": "core.errors",
    "Recommendation": "core.recommendation",
    "Score": "core.score",
    "Site": "core.site",
    "Target": "core.target",
    "Text": "core.text",
    "Verdict": "core.verdict",
    "TunedLens": "methods.lens._tuned",
    "benchmark": "truth.benchmark",
    "circuit_curve": "verbs.circuit_scores",
    "compare": "verbs.compare",
    "evaluate": "verbs.evaluate",
    "evaluate_circuit": "verbs.circuit_scores",
    "explain": "verbs.explain",
    "explain_pairs": "verbs.pairs",
    "find_circuit": "verbs.circuits",
    "load": "models.load",
    "methods": "verbs.methods",
    "metrics": "verbs.methods",
    "read": "verbs.files",
    "read_comparison": "verbs.comparison_files",
    "read_scores": "verbs.files",
    "read_verdict": "verbs.files",
    "recommend": "verbs.recommend",
    "report": "verbs.report",
    "save": "verbs.files",
    "serve": "app.serve",
    "shortcut_report": "verbs.shortcuts",
    "show": "verbs.show",
    "verdict": "verbs.verdict",
}

__all__ = [*sorted(_HOME), "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'pellucid' has no attribute {name!r}")
    return getattr(importlib.import_module(f"pellucid.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
