"""The slow, obvious way to ask a model: one row at a time, nothing padded, every logit, sums in float64.

It shares no code with `pellucid.models`: what each family reads is written out again here, so that a mistake
there cannot hide here.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

from tests.families import PROPOSERS, family, shape_of

__all__ = ["OF_ANSWERS", "Read", "logits", "on_scale", "owners", "proposals", "read_of", "spread", "value"]

# Scales of an answer's own tokens: the others are of all that could be said.
OF_ANSWERS = ("logit", "logprob", "prob", "logodds")

# What stands for a text of which nothing is left, where the tokenizer adds nothing of its own.
EMPTY = {"gpt2": 0, "neox": 0, "qwen3": 0, "bloom": 1, "qwen2": 0, "phi": 0}
# What the decoder reads before the first token of an answer.
DECODER_START = {"t5": [0], "bart": [2, 0]}


@dataclass
class Read:
    """What the model reads of a text: ids, which of them may be attended to, where its own masks are.

    ``averaged``: which of them are embedded as the mean of the vocabulary. ``slots`` of a token classifier is the token
    that is labelled; of a model that answers questions, where each token of the whole text is now, None for nowhere.
    """

    ids: list[int]
    attended: list[int]
    slots: list[Any]
    averaged: list[bool] | None = None
    types: list[int] | None = None


def value(
    name: str,
    model: Any,
    text: Any,
    mask: Sequence[bool],
    ablate: str,
    answer: Sequence[int],
    at: tuple[int, int] | None = None,
) -> np.ndarray:
    """Logit and log-probability of each token of the answer, shape (T, 2)."""
    instead = proposals(name, text.string, text) if ablate == "infill" else None
    read = read_of(name, model.tokenizer, text, mask, ablate, instead, at)
    scores = logits(name, model.module, read, answer)
    logprobs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    at = np.arange(len(answer)), np.array(answer)
    return np.stack([scores[at], logprobs[at]], axis=1)


def on_scale(scores: np.ndarray, scale: str) -> np.ndarray:
    """The outputs of a target from the logit and log-probability of its tokens."""
    if scale in ("logit", "logprob"):
        return scores[:, ("logit", "logprob").index(scale)]
    probability = np.exp(scores[:, 1].sum())
    return np.array([probability if scale == "prob" else np.log(probability / (1 - probability))])


def spread(scores: np.ndarray, whole: np.ndarray, scale: str) -> np.ndarray:
    """Entropy, or minus the KL divergence from the whole text, from all logits of each, shape (T,)."""
    p, q = (np.exp(z) / np.exp(z).sum(1, keepdims=True) for z in (scores, whole))
    of = {"entropy": lambda p, q: -(p * np.log(p)).sum(), "kl": lambda p, q: -(q * np.log(q / p)).sum()}[
        scale
    ]
    return np.array([of(*position) for position in zip(p, q, strict=True)])


def parts(text: Any) -> tuple[str, ...]:
    """The strings that a tokenizer is given."""
    return (text.string,) if text.seam is None else (text.string[: text.seam - 1], text.string[text.seam :])


def spans(tokenizer: Any, text: Any) -> list[tuple[int, int]]:
    """The characters of each token in the one string."""
    read = tokenizer(*parts(text), return_offsets_mapping=True)
    moves = [text.seam if part == 1 else 0 for part in read.sequence_ids()]
    return [(a + move, b + move) for (a, b), move in zip(read["offset_mapping"], moves, strict=True)]


def read_of(
    name: str,
    tokenizer: Any,
    text: Any,
    mask: Sequence[bool],
    ablate: str,
    instead: Sequence[int] | None = None,
    at: tuple[int, int] | None = None,
) -> Read:
    """What is read when the features whose mask is False are removed, of which types, and what is asked about it."""
    found = changed(name, tokenizer, text, mask, ablate, instead)
    whole = tokenizer(*parts(text))
    gone = [owner is not None and not mask[owner] for owner in owners(tokenizer, text)]
    left = [p for p in range(len(gone)) if not (gone[p] and ablate == "delete")]
    if "token_type_ids" in whole:
        found.types = [whole["token_type_ids"][p] for p in left]
    if shape_of(name) == "question":
        found.slots = [left.index(p) if p in left else None for p in range(len(gone))]
    if shape_of(name) == "token-label" and at is not None:
        touched = [p for p, (a, b) in enumerate(spans(tokenizer, text)) if set(range(a, b)) & set(range(*at))]
        found.slots = [left.index(touched[0])]
    return found


def changed(
    name: str, tokenizer: Any, text: Any, mask: Sequence[bool], ablate: str, instead: Sequence[int] | None
) -> Read:
    """What is read when the features whose mask is False are removed; ``instead``: what infill proposes."""
    ids = tokenizer(*parts(text))["input_ids"]
    removed = [owner is not None and not mask[owner] for owner in owners(tokenizer, text)]
    slots = [p for p, i in enumerate(ids) if i == tokenizer.mask_token_id]
    if ablate == "delete":
        left = [i for i, gone in zip(ids, removed, strict=True) if not gone] or [EMPTY[name.split("-")[0]]]
        return Read(left, [1] * len(left), [p for p, i in enumerate(left) if i == tokenizer.mask_token_id])
    if ablate == "mask":
        masked = [tokenizer.mask_token_id if gone else i for i, gone in zip(ids, removed, strict=True)]
        return Read(masked, [1] * len(ids), slots)
    if ablate == "mean":
        return Read(ids, [1] * len(ids), slots, removed)
    if ablate == "infill":
        filled = [n if gone else i for i, gone, n in zip(ids, removed, instead or [], strict=True)]
        return Read(filled, [1] * len(ids), slots)
    seen = [int(not gone) for gone in removed]
    return Read(ids, [*seen[:-1], 1], slots)  # the last position can always be seen


def owners(tokenizer: Any, text: Any) -> list[int | None]:
    """The feature of each token: that of most of its visible characters; a blank token's is the next one's."""
    ids = tokenizer(*parts(text))["input_ids"]
    fixed = set(tokenizer.all_special_ids)
    if tokenizer.unk_token_id not in (tokenizer.bos_token_id, tokenizer.eos_token_id):
        fixed.discard(tokenizer.unk_token_id)
    free = iter(range(len(text.features)))
    found: list[int | str | None] = []
    for i, (start, end) in zip(ids, spans(tokenizer, text), strict=True):
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


@cache
@torch.no_grad()
def proposals(name: str, string: str, text: Any) -> list[int]:
    """What a language model writes in place of each feature, if it must write something else: one token at a time.

    A causal one continues what stands before the feature; a masked one fills masks in its place. It is the model
    itself, or the one that proposes for it.
    """
    writer = family(PROPOSERS.get(name, name))
    tokenizer, module = writer.tokenizer, writer.module
    read = tokenizer(*parts(text), return_tensors="pt")
    ids = read["input_ids"][0].tolist()
    types = {"token_type_ids": read["token_type_ids"]} if "token_type_ids" in read else {}
    if "token_type_ids" not in inspect.signature(module.forward).parameters:
        types = {}
    of, special = owners(tokenizer, text), tokenizer.all_special_ids
    found = list(ids)
    for feature in range(len(text.features)):
        places = [at for at, owner in enumerate(of) if owner == feature]
        masked = [tokenizer.mask_token_id if at in places else i for at, i in enumerate(ids)]
        for at in places:
            if shape_of(writer.name) == "causal":
                before = [found[p] if p in places else ids[p] for p in range(at)] or [EMPTY[writer.name]]
                scores = module(torch.tensor([before])).logits[0, -1]
            else:
                scores = module(torch.tensor([masked]), **types).logits[0, at]
            best = scores.argsort(descending=True).tolist()
            found[at] = next(i for i in best if i != ids[at] and i not in special and i < len(tokenizer))
    return found


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
    if read.types and "token_type_ids" in inspect.signature(module.forward).parameters:
        given["token_type_ids"] = read.types + [0] * len(after)
    tensors = {key: torch.tensor([numbers]) for key, numbers in given.items()}
    if read.averaged:
        gone = read.averaged + [False] * len(after)
        tensors["inputs_embeds"] = averaged(module, tensors.pop("input_ids"), gone)
    out = module(**tensors)
    if shape == "question":
        ends = torch.stack([out.start_logits[0], out.end_logits[0]]).double().numpy()
        return np.stack([ends[:, now] if now is not None else np.full(2, -np.inf) for now in read.slots], 1)
    found = out.logits.double().numpy()
    if shape == "label":
        return found
    return found[0, read.slots] if shape in ("masked", "token-label") else found[0, -len(answer) :]


def averaged(module: Any, ids: torch.Tensor, gone: Sequence[bool]) -> torch.Tensor:
    """The embeddings of ids, shape (1, position, width), some of them the mean of all embeddings there are."""
    embed = module.get_input_embeddings()
    found = embed(ids)
    found[0, torch.tensor(gone)] = embed(torch.arange(len(embed.weight))).mean(0)
    return found
