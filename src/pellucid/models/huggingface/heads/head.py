"""What every head can do, and the padding they share."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.rows import Row, Together

__all__ = ["Head", "padded", "softmax_logprobs", "takes", "token_scores", "writes_greedily"]

Inputs = dict[str, Tensor]


class Head(Protocol):
    """One shape of output. ``T`` below is the number of ids of an answer: 1 for a label."""

    scale: ClassVar[Scale]
    ablate: ClassVar[Ablation]
    continues: ClassVar[bool]  # the answer stands behind the text, in the same context
    own_tokens: ClassVar[int]  # of the model's own answer, unless more are asked for
    closed: ClassVar[bool]  # the answers are a fixed list of labels

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None: ...

    @property
    def together(self) -> Together:
        """Which rows can be read in one batch."""
        ...

    def answer(self, encoding: Encoding, wanted: str) -> tuple[int, ...]:
        """The ids of an answer given as text."""
        ...

    def own_answer(self, encoding: Encoding, tokens: int) -> tuple[int, ...]:
        """The ids of the model's own answer, of at most ``tokens`` tokens where it writes."""
        ...

    def outputs(self, answer: tuple[int, ...]) -> tuple[str, ...]:
        """Each id of an answer as readable text."""
        ...

    def written(self, answer: tuple[int, ...]) -> str:
        """An answer as one text."""
        ...

    def extra_tokens(self, answer: tuple[int, ...]) -> int:
        """How many tokens of the answer share the context with the text."""
        ...

    def inputs(self, rows: Sequence[Row], answer: tuple[int, ...]) -> Inputs:
        """The tensors of one batch, on the model's device."""
        ...

    def logits(self, inputs: Inputs, answer: tuple[int, ...]) -> Tensor:
        """Logits at the answer's positions, shape (row, T, vocabulary or label)."""
        ...

    def logprobs(self, logits: Tensor, answer: tuple[int, ...]) -> Tensor:
        """Log-probabilities of the answer's ids, float32, shape (row, T)."""
        ...


def padded(rows: Sequence[np.ndarray], fill: int, *, left: bool) -> Tensor:
    """Arrays of shape (length,) as one int64 tensor of shape (row, longest)."""
    longest = max(len(r) for r in rows)
    out = np.full((len(rows), longest), fill, np.int64)
    for i, r in enumerate(rows):
        place = slice(longest - len(r), None) if left else slice(len(r))
        out[i, place] = r
    return torch.from_numpy(out)


def token_scores(head: Head, logits: Tensor, answer: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """The logit and the log-probability of each of the answer's ids, float32, shape (row, T) each."""
    ids = torch.tensor(answer, device=logits.device).expand(len(logits), -1)[..., None]
    return logits.gather(-1, ids)[..., 0].float(), head.logprobs(logits, answer)


def softmax_logprobs(logits: Tensor, answer: tuple[int, ...]) -> Tensor:
    """log softmax at the answer's ids, in float32, shape (row, T), one row of logits in memory at a time."""
    ids = torch.tensor(answer, device=logits.device)[:, None]
    rows = [
        row.float().gather(-1, ids)[:, 0] - torch.logsumexp(row.float(), -1)
        for row in logits  # a float32 copy of a whole batch of 16-bit logits would double the peak
    ]
    return torch.stack(rows)


def takes(module: Any, argument: str) -> bool:
    """Whether the model's forward has this argument."""
    return argument in inspect.signature(module.forward).parameters


def writes_greedily(module: Any, inputs: Inputs, tokens: int, tokenizer: Any) -> tuple[int, ...]:
    """The ids that the model writes after one input, end-of-text left out unless it is all there is.

    Nothing but the most likely token, one after the other: what a checkpoint says about sampling, beams and
    penalties is put aside, so that the answer is the one that the scores are about.
    """
    from transformers import GenerationConfig

    begun = inputs.get("decoder_input_ids", inputs["input_ids"])
    ends = _end_ids(module, tokenizer)
    plain = GenerationConfig(
        max_new_tokens=tokens,
        eos_token_id=sorted(ends) or None,
        pad_token_id=0 if tokenizer.pad_token_id is None else tokenizer.pad_token_id,
        decoder_start_token_id=int(begun[0, 0]),
    )
    theirs, module.generation_config = module.generation_config, plain
    try:
        with torch.no_grad():
            new = module.generate(**inputs)[0, begun.shape[1] :].tolist()
    finally:
        module.generation_config = theirs
    return tuple(new[:-1] if len(new) > 1 and new[-1] in ends else new)


def _end_ids(module: Any, tokenizer: Any) -> set[int]:
    """The tokens that end a text: the tokenizer's, and those that chat models have beside it."""
    said = module.generation_config.eos_token_id
    ends = {tokenizer.eos_token_id, *(said if isinstance(said, list) else [said])}
    return ends - {None}
