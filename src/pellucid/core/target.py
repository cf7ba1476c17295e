"""What is explained: a label or a continuation, on a scale, optionally against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

from pellucid.core.errors import BadOption

__all__ = ["SCALES", "Scale", "Target"]

Scale = Literal["logit", "logprob", "prob", "logodds"]
SCALES: tuple[str, ...] = get_args(Scale)
_TUPLES = ("outputs", "ids", "against_ids")


@dataclass(frozen=True, slots=True)
class Target:
    """One number of the output.

    ``answer``: a label, a continuation, or None for the model's own answer. ``against``: a second answer
    whose number is subtracted (why Paris *rather than* London). ``scale``: what the number is, in nats for
    ``logprob`` and ``logodds``; None is the model's default (``logit`` for encoders, ``logprob`` for
    models that write). ``answer_tokens``: how many tokens the model may write when ``answer`` is None.

    A *resolved* target (`GreyBox.resolve`) has answer and scale filled in, and the pieces the answer is
    scored by: ``ids`` (the number of a label, or token ids) and ``outputs`` (the same as text). The ids are
    kept because writing an answer out and reading it again need not give the same tokens.
    """

    answer: str | None = None
    against: str | None = None
    scale: Scale | None = None
    answer_tokens: int | None = None
    outputs: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    against_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.scale is not None and self.scale not in SCALES:
            raise BadOption(f'scale="{self.scale}" is not known. Scales: {", ".join(SCALES)}.')
        if self.answer_tokens is not None and self.answer_tokens < 1:
            raise BadOption(f"answer_tokens={self.answer_tokens}: a model's answer has at least one token.")

    @staticmethod
    def of(target: str | int | Target | None) -> Target:
        """``target`` itself, or the target of a plain answer (an int is the number of a label)."""
        if isinstance(target, Target):
            return target
        return Target(answer=None if target is None else str(target))

    def on(self, scale: Scale) -> Target:
        """The same target on another scale."""
        return replace(self, scale=scale)

    @property
    def resolved(self) -> bool:
        """Whether a model has filled in answer, scale and outputs."""
        return self.answer is not None and self.scale is not None and bool(self.ids)

    def __str__(self) -> str:
        answer = "the model's own answer" if self.answer is None else repr(self.answer)
        rather = f" rather than {self.against!r}" if self.against is not None else ""
        return f"{self.scale or 'score'} of {answer}{rather}"

    def as_dict(self) -> dict[str, object]:
        """Plain data for files."""
        return {**asdict(self), **{name: list(getattr(self, name)) for name in _TUPLES}}

    @staticmethod
    def from_dict(data: Mapping) -> Target:
        """The inverse of `as_dict`."""
        return Target(**{**data, **{name: tuple(data[name]) for name in _TUPLES}})
