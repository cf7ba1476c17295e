"""The slow, obvious way to ask a model: one row at a time, nothing padded, every logit, sums in float64.

It shares no code with `pellucid.models`: what each family reads is written out again here, so that a mistake
there cannot hide here.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tests.families import shape_of

__all__ = ["Read", "logits", "on_scale", "owners", "read_of", "value"]

# What stands for a text of which nothing is left, where the tokenizer adds nothing of its own.
EMPTY = {"gpt2": 0, "neox": 0, "qwen3": 0, "bloom": 1}
# What the decoder reads before the first token of an answer.
DECODER_START = {"t5": [0], "bart": [2, 0]}


@dataclass
class Read:
    """What the model reads of a text: ids, which of them may be attended to, where its own masks are."""

    ids: list[int]
    attended: list[int]
    slots: list[int]


def value(
    name: str, model: Any, text: Any, mask: Sequence[bool], ablate: str, answer: Sequence[int]
) -> np.ndarray:
    """Logit and log-probability of each token of the answer, shape (T, 2)."""
    scores = logits(name, model.module, read_of(name, model.tokenizer, text, mask, ablate), answer)
    logprobs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    at = np.arange(len(answer)), np.array(answer)
    return np.stack([scores[at], logprobs[at]], axis=1)


def on_scale(scores: np.ndarray, scale: str) -> np.ndarray:
    """The outputs of a target from the logit and log-probability of its tokens."""
    if scale in ("logit", "logprob"):
        return scores[:, ("logit", "logprob").index(scale)]
    probability = np.exp(scores[:, 1].sum())
    return np.array([probability if scale == "prob" else np.log(probability / (1 - probability))])


def read_of(name: str, tokenizer: Any, text: Any, mask: Sequence[bool], ablate: str) -> Read:
    """What is read when the features whose mask is False are removed."""
    ids = tokenizer(text.string)["input_ids"]
    removed = [owner is not None and not mask[owner] for owner in owners(tokenizer, text)]
    slots = [p for p, i in enumerate(ids) if i == tokenizer.mask_token_id]
    if ablate == "delete":
        left = [i for i, gone in zip(ids, removed, strict=True) if not gone] or [EMPTY[name.split("-")[0]]]
        return Read(left, [1] * len(left), [p for p, i in enumerate(left) if i == tokenizer.mask_token_id])
    if ablate == "mask":
        masked = [tokenizer.mask_token_id if gone else i for i, gone in zip(ids, removed, strict=True)]
        return Read(masked, [1] * len(ids), slots)
    seen = [int(not gone) for gone in removed]
    return Read(ids, [*seen[:-1], 1], slots)  # the last position can always be seen


def owners(tokenizer: Any, text: Any) -> list[int | None]:
    """The feature of each token: that of most of its visible characters; a blank token's is the next one's."""
    read = tokenizer(text.string, return_offsets_mapping=True)
    fixed = set(tokenizer.all_special_ids)
    if tokenizer.unk_token_id not in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        fixed.discard(tokenizer.unk_token_id)
    free = iter(range(len(text.features)))
    found: list[int | str | None] = []
    for i, (start, end) in zip(read["input_ids"], read["offset_mapping"], strict=True):
        visible = [at for at in range(start, end) if not text.string[at].isspace()] or list(range(start, end))
        if i in fixed or end == 0 or any(a <= at < b for a, b in text.frozen for at in visible):
            found.append(None)
        elif start == end or (text.unit != "token" and text.string[start:end].isspace()):
            found.append("next")
        elif text.unit == "token":
            found.append(next(free))
        else:
            inside = [sum(f.start <= at < f.end for at in visible) for f in text.features]
            found.append(inside.index(max(inside)) if max(inside) else None)
    return [next(o for o in [*found[at:], None] if o != "next") for at in range(len(found))]


@torch.no_grad()
def logits(name: str, module: Any, read: Read, answer: Sequence[int]) -> np.ndarray:
    """Logits that predict each token of the answer, float64, shape (T, vocabulary or label)."""
    shape = shape_of(name)
    after = list(answer[:-1]) if shape == "causal" else []
    given = {"input_ids": read.ids + after, "attention_mask": read.attended + [1] * len(after)}
    decodes = shape in ("causal", "label") and not name.startswith(("bert", "roberta", "distilbert"))
    if decodes and "position_ids" in inspect.signature(module.forward).parameters:
        given["position_ids"] = list(range(len(given["input_ids"])))
    if shape == "encoder-decoder":
        given["decoder_input_ids"] = DECODER_START[name] + list(answer[:-1])
    found = module(**{key: torch.tensor([numbers]) for key, numbers in given.items()}).logits.double().numpy()
    if shape == "label":
        return found
    return found[0, read.slots] if shape == "masked" else found[0, -len(answer) :]
