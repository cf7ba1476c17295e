"""What every head can do, and the padding they share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import TargetImpossible
from pellucid.core.protocols import Ablation
from pellucid.core.target import Scale, Target
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.rows import Row, Together

__all__ = [
    "Head", "OfWholeText", "exact", "in_pieces", "padded", "softmax_distribution", "softmax_logprobs", "takes",
    "token_scores", "writes_greedily",
]  # fmt: skip

Inputs = dict[str, Tensor]

# Logits that are worked on at a time, in numbers: as float64 they are 32 MB.
PIECE = 2**22


class Head(Protocol):
    """One shape of output. ``T`` below is the number of ids of an answer: 1 for a label."""

    scale: ClassVar[Scale]
    ablate: ClassVar[Ablation]
    continues: ClassVar[bool]  # the answer stands behind the text, in the same context
    own_tokens: ClassVar[int]  # of the model's own answer, unless more are asked for
    closed: ClassVar[bool]  # the answers are a fixed list, of labels or of spans of the text
    pairs: ClassVar[bool]  # reads texts of two parts as its tokenizer joins them

    def __init__(self, module: Any, tokenizer: Any, name: str) -> None: ...

    @property
    def together(self) -> Together:
        """Which rows can be read in one batch."""
        ...

    def placed(self, encoding: Encoding, target: Target) -> Encoding:
        """The encoding with what a target needs of it: ``slots``, ``at`` and ``needed``."""
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

    def written(self, encoding: Encoding, answer: tuple[int, ...]) -> str:
        """An answer as one text."""
        ...

    def at(self, encoding: Encoding, answer: tuple[int, ...]) -> tuple[int, int] | None:
        """The range of characters that an answer is about; None where it is the whole text."""
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
        """Log-probabilities of the answer's ids, float64, shape (row, T)."""
        ...

    def distribution(self, logits: Tensor) -> Tensor:
        """Log-probabilities of all that could be said, shape (..., choice, outcome).

        The choices are independent of each other: one of all tokens or labels, or a yes or no for each label.
        """
        ...


class OfWholeText:
    """What heads share whose answer is about the text as a whole: it has no place there."""

    name: str

    def placed(self, encoding: Encoding, target: Target) -> Encoding:
        """The encoding as it is. Raises `TargetImpossible` for a target with a place."""
        if target.at is not None:
            raise TargetImpossible(
                f"{self.name} answers for the text as a whole, not at {target.at!r}: leave out at. "
                "Places are for models that label tokens or find an answer in a context."
            )
        return encoding

    def at(self, encoding: Encoding, answer: tuple[int, ...]) -> tuple[int, int] | None:
        """None: the whole text."""
        return None


def padded(rows: Sequence[np.ndarray], fill: int, *, left: bool) -> Tensor:
    """Arrays of shape (length,) as one int64 tensor of shape (row, longest)."""
    longest = max(len(r) for r in rows)
    out = np.full((len(rows), longest), fill, np.int64)
    for i, r in enumerate(rows):
        place = slice(longest - len(r), None) if left else slice(len(r))
        out[i, place] = r
    return torch.from_numpy(out)


def token_scores(head: Head, logits: Tensor, answer: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """The logit and the log-probability of each of the answer's ids, float64, shape (row, T) each."""
    ids = torch.tensor(answer, device=logits.device).expand(len(logits), -1)[..., None]
    return exact(logits.gather(-1, ids)[..., 0]), head.logprobs(logits, answer)


def softmax_logprobs(logits: Tensor, answer: tuple[int, ...]) -> Tensor:
    """log softmax at the answer's ids, in float64, shape (row, T).

    In float32 the difference of two numbers of about 20 has a noise of 1e-6: near certainty that is as much as the
    log-probability itself, and its gradient.
    """
    ids = torch.tensor(answer, device=logits.device)[:, None]

    def logprobs(some: Tensor, at: slice) -> Tensor:
        return some.gather(-1, ids[at].expand(len(some), -1, -1))[..., 0] - torch.logsumexp(some, -1)

    return in_pieces(logits, logprobs)


def softmax_distribution(logits: Tensor) -> Tensor:
    """log softmax: one choice among all outcomes."""
    return torch.log_softmax(logits, -1)[..., None, :]


def in_pieces(logits: Tensor, work: Callable[[Tensor, slice], Tensor]) -> Tensor:
    """``work`` on float64 copies of at most `PIECE` logits and the positions they are of, shape (row, T).

    A copy of a whole batch would be twice as large as the batch, of 16-bit logits four times.
    """
    _, positions, outcomes = logits.shape
    wide = max(1, min(positions, PIECE // outcomes))
    rows = max(1, PIECE // (wide * outcomes))
    places = [slice(start, start + wide) for start in range(0, positions, wide)]
    parts = [torch.cat([work(exact(some), at) for some in logits[:, at].split(rows)]) for at in places]
    return torch.cat(parts, 1)


def exact(numbers: Tensor) -> Tensor:
    """The numbers as float64; as float32 where a device has nothing finer."""
    return numbers.float() if numbers.device.type == "mps" else numbers.double()


def takes(module: Any, argument: str) -> bool:
    """Whether the model's forward has this argument."""
    return argument in inspect.signature(module.forward).parameters


def writes_greedily(
    module: Any, inputs: Inputs, tokens: int, tokenizer: Any, ends_too: frozenset[int] = frozenset()
) -> tuple[int, ...]:
    """The ids that the model writes after one input, end-of-text or of ``ends_too`` left out unless it is all there is.

    Nothing but the most likely token, one after the other: what a checkpoint says about sampling, beams and
    penalties is put aside, so that the answer is the one that the scores are about.
    """
    from transformers import GenerationConfig

    begun = inputs.get("decoder_input_ids", inputs["input_ids"])
    ends = _end_ids(module, tokenizer) | ends_too
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
