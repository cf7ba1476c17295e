"""What is explained in the comparisons: a small random language model, and the bundled sentence classifier."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import pellucid
from benchmarks.classifier_rows import LABEL, SENTENCE
from benchmarks.equality.comparison import Both
from benchmarks.gpt2_shape import gpt2
from benchmarks.numbered_words import saved, words
from pellucid.models.bundled import BUNDLED

__all__ = ["Setting", "classifier", "language_model"]

VOCABULARY, PROMPT, ANSWER = 211, 10, 3
# Weights so large that every word matters, and heads disagree.
SHAPE = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64, "initializer_range": 0.2}


@dataclass(frozen=True)
class Setting:
    """A model, the folder that peers load it from, a text and an answer; ``options`` are for all of our runs."""

    model: Any
    folder: str
    text: str
    target: str
    options: dict[str, Any]

    @property
    def task(self) -> dict[str, str]:
        """What every peer is told."""
        return {"folder": self.folder, "text": self.text, "target": self.target.strip()}

    def ours(self, method: str, **options: Any) -> np.ndarray:
        """Our credits, shape (output, input), or (input,) where they are of the whole answer."""
        self.model.memo.clear()
        asked: dict[str, Any] = {"target": self.target, **self.options, **options}
        found = pellucid.explain(self.model, self.text, method, **asked)
        return found.data["attribution"].to_numpy()

    def beside(self, method: str, **options: Any) -> Both:
        """Theirs as they come, and ours."""
        return lambda theirs: (np.array(theirs), self.ours(method, **options).reshape(np.shape(theirs)))

    def value(self, masks: np.ndarray, ablate: str, scale: str) -> np.ndarray:
        """The whole answer's number for each subset, shape (subset, 1)."""
        text = self.model.cut(self.text, self.options.get("unit"))
        target = self.model.resolve(text, pellucid.Target.of(self.target))
        return self.model.value(text, target.on(scale), ablate).total(masks)[:, None]


def language_model(folder: Path) -> Setting:
    """Ten words and an answer of three; the model is saved into ``folder``."""
    module, tokenizer = gpt2(VOCABULARY, **SHAPE)
    there = saved(module, tokenizer, folder)
    return Setting(pellucid.load((module, tokenizer)), there, *words(VOCABULARY, PROMPT, ANSWER), {})


def classifier() -> Setting:
    """A sentence of 27 words, each of them one token."""
    options = {"unit": "word", "scale": "logit"}
    name = "demo-sentiment"
    return Setting(pellucid.load(name), str(BUNDLED[name]), SENTENCE, LABEL, options)
