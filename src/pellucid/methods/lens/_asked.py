"""What a lens looks for: one token of the answer, and the position where the model says it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pellucid.core.errors import BadOption, TargetImpossible
from pellucid.core.protocols import WhiteBox
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["Asked", "asked", "check_count"]


@dataclass(frozen=True)
class Asked:
    """``target`` is of one token, on the scale logit; ``read`` is what a trace has to read so that it is said."""

    position: int
    target: Target
    read: Target
    notes: tuple[str, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """The token, and that of the other answer if there is one."""
        return (*self.target.ids, *self.target.against_ids)


def asked(model: WhiteBox, text: Text, target: Target, by: str) -> Asked:
    """The first token that is explained of a resolved target, and where it is said.

    Raises `TargetImpossible` for answers that are no tokens, and for two that begin with the same one.
    """
    target.check_answer(by)
    if "" not in model.blocks:
        raise TargetImpossible(
            f"{model.name} reads with an encoder and writes with a decoder: no states at the text's positions are on "
            f"their way to a token of the answer. Use a model of one stack with {by}."
        )
    first = target.tokens.start or 0
    position = model.answer_positions(text, target)[first]
    against = target.against_ids[first : first + 1]
    ids = target.ids[first : first + 1]
    if ids == against:
        raise TargetImpossible(
            f"{by} looks at one token, and {target.answer!r} and {target.against!r} begin with the same one. Put what "
            "they share at the end of the text."
        )
    said = target.outputs[0].strip()
    notes = (f'Of the answer its token "{said}" is looked at.',) if len(target.outputs) > 1 else ()
    one = replace(target, ids=ids, against_ids=against, span=None, span_tokens=None, scale="logit")
    whole = replace(target, against=None, against_ids=(), span=None, span_tokens=None, scale="logit")
    return Asked(position, one, whole, notes)


def check_count(top_k: int) -> None:
    """Refuse to name fewer than one."""
    if top_k < 1:
        raise BadOption(f"top_k={top_k}: name at least one.")
