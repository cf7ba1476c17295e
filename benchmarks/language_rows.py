"""Rows on a language model of GPT-2-small's shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import pellucid
from benchmarks.gpt2_shape import ANSWER_TOKENS, PROMPT_TOKENS, model_and_tokenizer, prompt_and_answer
from benchmarks.numbered_words import saved
from benchmarks.rows import Ours, Row, Side
from pellucid.methods.attribution.shapley_sampling import permutation_pairs

STEPS, PAIRS = 20, 2
WORK = f"GPT-2-small shape, random weights, {PROMPT_TOKENS} prompt and {ANSWER_TOKENS} answer tokens"
OWN_TOKENS = "credits the answer's own earlier tokens as well"
OWN_PATH = "moves the answer's own earlier tokens as well, so only the first answer token can be compared"
QUADRATURE = "other points along the same line, so the numbers agree only about"


def language_rows(folder: Path) -> list[Row]:
    """The rows; the model is saved into ``folder``, from where the peers load it."""
    module, tokenizer = model_and_tokenizer()
    saved(module, tokenizer, folder)
    model = pellucid.load((module, tokenizer))
    prompt, answer = prompt_and_answer()

    def by(method: str, **options: object) -> Ours:
        def work(text: str, target: str) -> np.ndarray:
            model.memo.clear()
            return (
                pellucid.explain(model, text, method, target=target, **options).data["attribution"].to_numpy()
            )

        return work

    def row(name: str, ours: Ours, *sides: Side, more: str = "") -> Row:
        short = " ".join(prompt.split()[:4]), " " + " ".join(answer.split()[:2])
        return Row(name, WORK + more, str(folder), ours, sides, prompt, answer, short)

    def first_token(theirs: list, ours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        each = by("integrated_gradients", baseline="mask", steps=STEPS, per_output=True)(prompt, answer)
        return np.array(theirs)[0], each[0]

    orders = permutation_pairs(PROMPT_TOKENS, PAIRS, seed=0).reshape(-1, PROMPT_TOKENS)
    return [
        row(
            "feature ablation",
            by("leave_one_out", ablate="mask"),
            Side("the obvious loop", "loop", "feature_ablation"),
            Side("Captum, as it comes", "captum", "feature_ablation"),
            Side("Captum, one pass", "captum", "feature_ablation_one_pass"),
            Side("Inseq occlusion", "inseq", "occlusion", compared=_unsigned, note=OWN_TOKENS),
        ),
        row(
            "Shapley sampling",
            by("shapley_sampling", ablate="mask", samples=2 * PAIRS, seed=0),
            Side("Captum, one pass", "captum", "shapley_sampling_one_pass", {"orders": orders.tolist()}),
            more=f", the same {2 * PAIRS} orders",
        ),
        row(
            "integrated gradients",
            by("integrated_gradients", baseline="mask", steps=STEPS),
            Side("Captum", "captum", "integrated_gradients", {"steps": STEPS}, 0.05, note=QUADRATURE),
            Side("Inseq", "inseq", "integrated_gradients", {"steps": STEPS}, 0.05, first_token, OWN_PATH),
            more=f", summed over the answer, {STEPS} steps",
        ),
        row(
            "saliency matrix",
            by("saliency", per_output=True),
            Side("Inseq", "inseq", "saliency", note=OWN_TOKENS),
            more=", one row an answer token",
        ),
    ]


def _unsigned(theirs: list, ours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inseq's occlusion drops the sign."""
    return np.array(theirs), np.abs(ours)
