"""What is explained: a text, or a chat, which a model's own template turns into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pellucid.core.chat import Message, check_messages
from pellucid.core.errors import BadOption
from pellucid.core.target import Target
from pellucid.core.text import Text

__all__ = ["Subject", "checked", "text_and_target"]

Subject = str | Text | Sequence[Message]


def checked(subject: Subject) -> Subject:
    """``subject`` if it can be read, as far as that is known without a model."""
    return subject if isinstance(subject, str | Text) else check_messages(subject)


def text_and_target(
    model: Any, subject: Subject, target: Target, freeze: str | Sequence[str]
) -> tuple[Text, Target]:
    """The text of a subject, less the named parts to ``freeze``, and what is asked of it.

    A chat that ends with an answer is asked about that answer.
    """
    names = (freeze,) if isinstance(freeze, str) else freeze
    if isinstance(subject, str | Text):
        return Text.of(subject).freeze_named(*names), target
    if not hasattr(model, "chat"):
        raise BadOption(f"{model.name} takes no chat. Give one text, with its messages written out.")
    text, answer = model.chat(subject)
    if answer is not None and target.answer is not None:
        raise BadOption(
            f"The chat ends with an answer, and the target is another, {target.answer!r}. Leave out one of them, or "
            "compare the two: against (--against) takes the second."
        )
    return text.freeze_named(*names), target if answer is None else replace(target, answer=answer)
