"""Rows on the bundled sentence classifier."""

from __future__ import annotations

from typing import Any

import numpy as np

import pellucid
from benchmarks.rows import Ours, Row, Side
from pellucid.methods.attribution.lime import cosine_kernel, weighted_ridge
from pellucid.models.bundled import BUNDLED

# Each word is one token, so that removing a word is the same for everybody.
SENTENCE = (
    "the story starts slowly and the first half is a little dull "
    "but the actors are warm and funny and the end is so good you smile"
)
LABEL = "POSITIVE"
BUDGET, SAMPLES = 500, 1000
FULL_BATCH, SHAP_BATCH = 64, 5


def classifier_rows() -> list[Row]:
    """The rows; everything is compared on one sentence of 27 words."""
    model = pellucid.load("demo-sentiment")

    def by(method: str, text: str, target: str, **options: Any) -> np.ndarray:
        model.memo.clear()
        found = pellucid.explain(model, text, method, target=target, unit="word", **options)
        return found.data["attribution"].to_numpy()[0]

    def partition(at_once: int, scale: str = "logit") -> Ours:
        options = {"budget": BUDGET, "at_once": at_once, "scale": scale}
        return lambda text, target: by("partition_shap", text, target, **options)

    def same_batches(theirs: list, ours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which groups are split within the budget depends on the batches: ours once more with shap's."""
        return np.array(theirs), partition(SHAP_BATCH)(SENTENCE, LABEL)

    def same_batches_of_odds(theirs: list, ours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """shap makes log-odds of a pipeline's probabilities."""
        return np.array(theirs), partition(SHAP_BATCH, "logodds")(SENTENCE, LABEL)

    def same_texts(theirs: dict[str, Any], ours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ours fitted to the texts that lime drew."""
        masks = np.array(theirs["masks"], bool)
        text = model.cut(SENTENCE, "word")
        asked = model.resolve(text, pellucid.Target.of(LABEL))
        scores = model.value(text, asked.on("prob"), "delete")(masks)
        fitted = weighted_ridge(masks, scores, cosine_kernel(masks, 0.25), 1.0)
        return np.array(theirs["credit"]), fitted.credit[0]

    def row(name: str, ours: Ours, *sides: Side, more: str) -> Row:
        work = f"demo-sentiment, {len(SENTENCE.split())} words, {more}"
        small = " ".join(SENTENCE.split()[-6:]), LABEL
        return Row(name, work, str(BUNDLED["demo-sentiment"]), ours, sides, SENTENCE, LABEL, small)

    return [
        row(
            "partition SHAP",
            partition(FULL_BATCH),
            Side(
                "shap, with a pipeline",
                "shap",
                "partition_of_pipeline",
                {"budget": BUDGET},
                compared=same_batches_of_odds,
            ),
            Side("shap, batches of 5", "shap", "partition", {"budget": BUDGET}, compared=same_batches),
            Side("shap, batches of 64", "shap", "partition", {"budget": BUDGET, "at_once": FULL_BATCH}),
            more=f"{BUDGET} forwards",
        ),
        row(
            "LIME",
            lambda text, target: by("lime", text, target, scale="prob", ablate="delete", samples=SAMPLES),
            Side("lime", "lime", "lime", {"samples": SAMPLES}, compared=same_texts),
            more=f"{SAMPLES} texts",
        ),
    ]
