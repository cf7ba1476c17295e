"""The messages of a chat: who says what, in order. Nothing here knows how a model is given them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pellucid.core.errors import BadOption, EmptyText
from pellucid.core.text import Text

__all__ = ["ROLES", "Message", "check_messages", "names_of"]

# {"role": ..., "content": a str or a Text}; what else a message holds is for the template.
Message = Mapping[str, Any]
ROLES = ("system", "developer", "user", "assistant", "tool")


def check_messages(messages: object) -> Sequence[Message]:
    """``messages`` if they are a chat. Raises `BadOption` that names the first message that is wrong, and how."""
    if isinstance(messages, str | bytes | Mapping) or not isinstance(messages, Sequence):
        raise BadOption(f"A chat is a list of messages {_EXAMPLE}; found {_kind(messages)}.")
    if not messages:
        raise EmptyText("The chat has no message")
    for number, message in enumerate(messages, 1):
        if fault := _fault(message):
            raise BadOption(f"Message {number} of the chat {fault}.")
    if not any(_string(m).strip() for m in messages):
        raise EmptyText("Every message of the chat is empty")
    return messages


def names_of(messages: Sequence[Message]) -> list[str]:
    """What each message is called: its role, with a number where the role speaks more than once."""
    often = Counter(m["role"] for m in messages)
    so_far: Counter[str] = Counter()
    names = []
    for role in (m["role"] for m in messages):
        so_far[role] += 1
        names.append(f"{role} {so_far[role]}" if often[role] > 1 else role)
    return names


_EXAMPLE = '{"role": "user", "content": "..."}'


def _fault(message: object) -> str:
    if not isinstance(message, Mapping) or "role" not in message:
        return f"is not like {_EXAMPLE}"
    role, content = message["role"], message.get("content")
    if role not in ROLES:
        return f"has the role {role!r}. Roles: {', '.join(ROLES)}"
    if isinstance(content, list | tuple):
        return "has a content of several parts: only text can be explained. Give one string"
    if content is None and not message.get("tool_calls"):
        return "has no content"
    if not isinstance(content, str | Text | None):
        return f"has a content that is no string but {_kind(content)}"
    if isinstance(content, Text) and (content.seam is not None or content.turns is not None):
        return "holds a pair or another chat. Give one string, or a Text of one part"
    return ""


def _string(message: Message) -> str:
    return Text.of(message.get("content") or "").string


def _kind(value: object) -> str:
    return f"a {type(value).__name__}"
