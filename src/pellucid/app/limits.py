"""The one guard of how much text is read: before any work, the same for whatever is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pellucid.app.refused import Refused
from pellucid.core.errors import CannotRead, EmptyText
from pellucid.core.text import Text

__all__ = ["Limits", "TooLong", "TooMuch"]

AT_ONCE = {"samples": 20_000_000, "steps": 500_000, "top_k": 50_000}
"""Options whose work fills memory with so much for each token of the text, and the most of both multiplied."""


class TooLong(Refused):
    """More text than this server reads."""

    def __init__(self, found: int, most: int, what: str, tokens: int) -> None:
        super().__init__(
            f"The text and its answers are {found:,} {what}, and this server reads at most {most:,} of them. "
            f"Shorten the text; whoever starts the server allows more with: pellucid serve --max-tokens {tokens}."
        )


class TooMuch(Refused):
    """An option that is possible, but not on a text as long as this."""

    def __init__(self, option: str, given: int, tokens: int) -> None:
        super().__init__(
            f"{option}={given} on a text of {tokens:,} tokens is more than this server does at once: up to "
            f"{AT_ONCE[option] // tokens:,} are possible here. Shorten the text, or use Python."
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

    def check_tokens(
        self, model: Any, text: Text, *answers: str | None, options: Mapping[str, Any] | None = None
    ) -> None:
        """Refuse a text of too many tokens of this model, together with its answers; and options of too much work."""
        whole = Text(text.string, seam=text.seam)
        found = read = len(model.cut(whole, "token").features)
        # A label may be no text of its own; an answer of white space is read as one token.
        found += sum(len(model.cut(one, "token").features) if one.strip() else 1 for one in answers if one)
        if found > self.tokens:
            raise TooLong(found, self.tokens, "tokens", found)
        for option, most in AT_ONCE.items():
            given = (options or {}).get(option)
            if isinstance(given, int) and given * read > most:
                raise TooMuch(option, given, read)


def check_characters_of(text: str) -> None:
    """Refuse what is no text: half of a surrogate pair, which no tokenizer takes."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CannotRead("the text", f"its character {error.start + 1} is half of a character.") from error
