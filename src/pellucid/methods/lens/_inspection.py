"""An inspection prompt: what a model goes on with when a state of another text stands at its slot."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pellucid.core.errors import BadOption
from pellucid.core.protocols import WhiteBox
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["Inspection", "inspection"]


@dataclass(frozen=True)
class Inspection:
    """``position``: where states are put. ``own``: what the model says to the prompt as it is, resolved."""

    text: Text
    position: int
    own: Target

    @property
    def note(self) -> str:
        """What the prompt says by itself."""
        return f"Behind the prompt as it is the model says {self.own.answer!r}: a state that is not read leaves that."


def inspection(model: WhiteBox, prompt: str, placeholder: str) -> Inspection:
    """The prompt, with its slot found: a word of one token that stands there once, or the last token.

    Raises `BadOption` for another slot, and whatever the model refuses of the prompt as a text.
    """
    if not placeholder and not model.continues:
        raise BadOption(
            f"{model.name} fills masks: give a prompt with one, and the word in whose place states are put "
            '(prompt="cat is cat, hello is hello, x is [MASK]", placeholder="x", with the mask as the model spells it).'
        )
    text = model.cut(prompt, "token")
    position = _position(model, text, placeholder) if placeholder else len(model.tokens(text)) - 1
    return Inspection(text, position, model.resolve(text, Target(scale="logit")))


def _position(model: WhiteBox, text: Text, placeholder: str) -> int:
    """The one position of a word."""
    found = list(re.finditer(rf"(?<!\w){re.escape(placeholder)}(?!\w)", text.string))
    if len(found) != 1:
        raise BadOption(f"placeholder={placeholder!r} must stand in the prompt once: {text.string!r}.")
    start, end = found[0].span()
    inside = [i for i, f in enumerate(text.features) if f.start < end and start < f.end]
    places = [at for at, owner in enumerate(model.owners(text)) if owner in inside]
    if len(places) != 1:
        raise BadOption(
            f"placeholder={placeholder!r} is {len(places)} tokens of {model.name}, and a state stands at one. "
            "Take a word of one token, such as x."
        )
    return places[0]
