"""The one guard of how much text is read: before any work, the same for whatever is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pellucid.app.refused import Refused
from pellucid.core.errors import CannotRead, EmptyText
from pellucid.core.text import Text

__all__ = ["Limits", "TooLong"]


class TooLong(Refused):
    """More text than this server reads."""

    def __init__(self, found: int, most: int, what: str, tokens: int) -> None:
        super().__init__(
            f"The text and its answers are {found:,} {what}, and this server reads at most {most:,} of them. "
            f"Shorten the text; whoever starts the server allows more with: pellucid serve --max-tokens {tokens}."
        )


@dataclass(frozen=True)
class Limits:
    """The most ``tokens`` and ``characters`` of a text and its answers together."""

    tokens: int
    characters: int

    def check(self, text: str | None, *others: str | None) -> None:
        """Refuse a text before a model is asked: empty, no text at all, or too long in any language."""
        for one in (text, *others):
            check_characters_of(one or "")
        if text is not None and not text.strip():
            raise EmptyText
        found = sum(len(one or "") for one in (text, *others))
        if found > self.characters:
            raise TooLong(found, self.characters, "characters", 2 * self.tokens)

    def check_tokens(self, model: Any, text: Text, *answers: str | None) -> None:
        """Refuse a text of too many tokens of this model, together with its answers."""
        whole = Text(text.string, seam=text.seam)
        found = len(model.cut(whole, "token").features)
        # A label may be no text of its own; an answer of white space is read as one token.
        found += sum(len(model.cut(one, "token").features) if one.strip() else 1 for one in answers if one)
        if found > self.tokens:
            raise TooLong(found, self.tokens, "tokens", found)


def check_characters_of(text: str) -> None:
    """Refuse what is no text: half of a surrogate pair, which no tokenizer takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CannotRead("the text", f"its character {error.start + 1} is half of a character.") from error
