"""What is explained: a label or a continuation, on a scale, optionally against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from pellucid.core.errors import BadOption, TargetImpossible

__all__ = ["SCALES", "Scale", "Target"]

Scale = Literal["logit", "logprob", "prob", "logodds", "entropy", "kl"]
SCALES: tuple[str, ...] = get_args(Scale)
# Of all that the model could say where the answer stands; the others are of the answer's own tokens.
_OF_DISTRIBUTIONS = frozenset({"entropy", "kl"})


@dataclass(frozen=True, slots=True)
class Target:
    """One number of the output.

    ``answer``: a label, a continuation, or None for the model's own answer. ``against``: a second answer
    whose number is subtracted (why Paris *rather than* London). ``scale``: what the number is, in nats for
    ``logprob`` and ``logodds``; None is the model's default (``logit`` for encoders, ``logprob`` for
    models that write). ``answer_tokens``: how many tokens the model may write when ``answer`` is None.
    ``entropy`` and ``kl``, in nats, are of all that the model could say at each of the answer's positions: how
    unsure it is, and minus the KL divergence of what it says from what it says of the whole text.
    ``span``: the part of the answer that is explained, its words or a range of characters; None is all of it. The
    whole answer is read all the same.
    ``at``: the place in the text that the answer is about, for models that answer there: the word that is labelled,
    or which of several occurrences answers the question. A part that stands once in the text, or a range of
    characters; None leaves it to the model.

    A *resolved* target (`GreyBox.resolve`) has answer and scale filled in, and the pieces the answer is
    scored by: ``ids`` (the number of a label, or token ids) and ``outputs`` (those explained, as text). The ids are
    kept because writing an answer out and reading it again need not give the same tokens. Its ``span`` is the
    range of characters of ``span_tokens``, the tokens in it from the first up to before the second.
    """

    answer: str | None = None
    against: str | None = None
    scale: Scale | None = None
    answer_tokens: int | None = None
    at: str | tuple[int, int] | None = None
    span: str | tuple[int, int] | None = None
    span_tokens: tuple[int, int] | None = None
    outputs: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    against_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.scale is not None and self.scale not in SCALES:
            raise BadOption(f'scale="{self.scale}" is not known. Scales: {", ".join(SCALES)}.')
        if self.answer_tokens is not None and self.answer_tokens < 1:
            raise BadOption(f"answer_tokens={self.answer_tokens}: a model's answer has at least one token.")
        if self.span == "":
            raise BadOption("The span is empty: give a part of the answer, its words or a range.")
        if self.span is not None and self.against is not None:
            raise TargetImpossible(
                "span and against exclude each other: the other answer has words of its own. To compare two words in "
                "the middle of an answer, put what it says before them at the end of the text, and give them alone."
            )
        if self.of_distribution and self.against is not None:
            raise TargetImpossible(
                f'scale="{self.scale}" is of all that the model could say, whichever answer is meant: leave out '
                "against, or compare on logprob, logit, prob or logodds."
            )

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
        placed = (self.span is None) == (self.span_tokens is None) and not isinstance(self.span, str)
        return self.answer is not None and self.scale is not None and bool(self.ids) and placed

    @property
    def of_distribution(self) -> bool:
        """Whether the number is of all that the model could say, not of the answer's own tokens."""
        return self.scale in _OF_DISTRIBUTIONS

    @property
    def tokens(self) -> slice:
        """Which of a resolved target's ``ids`` are explained."""
        return slice(None) if self.span_tokens is None else slice(*self.span_tokens)

    @property
    def part(self) -> str | None:
        """What is explained as text: the answer, or its span."""
        if self.span is None or isinstance(self.span, str):
            return self.answer if self.span is None else self.span
        start, end = self.span
        return f"characters {start}:{end}" if self.answer is None else self.answer[start:end]

    def check_answer(self, by: str) -> None:
        """For methods that are about an answer's probability, by their name: refuse a number that is not of one."""
        if self.of_distribution:
            raise TargetImpossible(
                f'{by} follows the probability of an answer, and scale="{self.scale}" is of all that the model could '
                "say. Use a method that takes any number (leave_one_out, kernel_shap, lime), or another scale."
            )

    def check_slope(self) -> None:
        """For methods that take the gradient at the text itself: refuse a number that has none there."""
        if self.scale == "kl":
            raise TargetImpossible(
                'scale="kl" is 0 for the text itself, its highest value, so its gradient there is 0 everywhere. Use a '
                "method that starts from a baseline (integrated_gradients) or removes features (leave_one_out), or "
                'scale="entropy".'
            )

    def __str__(self) -> str:
        answer = "the model's own answer" if self.answer is None else repr(self.answer)
        if self.span is not None:
            answer = f"{self.part!r} in {answer}"
        rather = f" rather than {self.against!r}" if self.against is not None else ""
        place = ":".join(map(str, self.at)) if isinstance(self.at, tuple) else self.at
        where = f" at {place}" if place else ""
        return f"{self.scale or 'score'} {'at' if self.of_distribution else 'of'} {answer}{rather}{where}"

    def as_dict(self) -> dict[str, object]:
        """Plain data for files."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @staticmethod
    def from_dict(data: Mapping) -> Target:
        """The inverse of `as_dict`."""
        fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in data.items()}
        return Target(**fields)
