"""What a benchmark asks: questions to models whose right answer is known, and how an answer to one is marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["Credits", "Marks", "Method", "Question", "Study"]

Marks = dict[str, float]
# (model, cut text, resolved target) -> one credit a feature, or several such rows, or what a method returns.
Method = Callable[[Any, Text, Target], "np.ndarray | xr.Dataset"]


@dataclass(frozen=True)
class Credits:
    """One number a feature, shape (input,), and all that came with it."""

    values: np.ndarray
    data: xr.Dataset | None = None


@dataclass(frozen=True)
class Question:
    """One text put to one model; ``mark`` says how good the credits of its words are."""

    model: Any
    text: str
    target: Target
    mark: Callable[[Text, Credits], Marks]


@dataclass(frozen=True)
class Study:
    """Questions that belong together, who is asked by default, and what those score that know nothing.

    ``budget``: the most forwards a question, for methods that have this option (more for texts of very many words).
    ``checks``: what was found when the model was checked: shares, and in words what is no share. ``unfit``: why nothing
    is asked, if so. ``rivals``: simple methods that are asked beside those of the catalogue.
    ``baselines``: by name, credits without a method, shape (draw, input), from a question's cut text and a seed.
    """

    part: str
    name: str
    model: str
    fingerprint: str
    questions: tuple[Question, ...]
    methods: tuple[str, ...]
    budget: int = 128
    checks: Mapping[str, float | str] = field(default_factory=dict)
    unfit: str = ""
    rivals: Mapping[str, Method] = field(default_factory=dict)
    baselines: Mapping[str, Callable[[Question, Text, int], np.ndarray]] = field(default_factory=dict)
