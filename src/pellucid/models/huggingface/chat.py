"""Chats: messages as the model's own template writes them, and where in that string their contents stand.

The string is the one that the model reads; nothing is put together here, so tokens at the seams between template
and contents are the model's own. Contents are found by writing the chat a second time, with marks in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jinja2 import TemplateError

from pellucid.core.chat import Message, check_messages, names_of
from pellucid.core.errors import BadOption
from pellucid.core.text import Feature, Text

__all__ = ["ends_of_turn", "rendered"]

Render = Callable[[Sequence[Message]], str]


@dataclass(frozen=True)
class _Turn:
    """Where a message's content stands: ``string[start:end]``, which begins ``skipped`` characters into the content."""

    message: int
    start: int
    end: int
    skipped: int


def rendered(tokenizer: Any, name: str, messages: object, *, writes: bool) -> tuple[Text, str | None]:
    """The chat as the model reads it, and the answer that it holds already.

    For a model that ``writes``, a last message of the assistant is the answer, as the template writes it behind
    what comes before; the text ends where the model's own answer would begin. A model that does not write reads
    every message. Raises `BadOption` for messages that the template refuses, leaves out or changes.
    """
    chat = check_messages(messages)
    answered = writes and chat[-1]["role"] == "assistant"
    asked = chat[:-1] if answered else chat
    if not asked:
        raise BadOption("The chat is an answer alone. Put the message that it answers before it.")
    string, turns = _located(_template(tokenizer, name, prompt=writes), asked, name)
    if not answered:
        return _text(string, turns, chat), None
    whole, every = _located(_template(tokenizer, name, prompt=False), chat, name)
    answers = [turn for turn in every if turn.message == len(asked)]
    if not answers:
        raise BadOption("The last message, the answer that is to be explained, is empty.")
    answer = answers[-1]
    if whole[: answer.start].rstrip() != string.rstrip() or not whole.startswith(string):
        # More than white space stands in front of the answer: it belongs to what the model is asked.
        string, turns = whole[: answer.start], [turn for turn in every if turn.end <= answer.start]
    return _text(string, turns, chat), whole[len(string) : answer.end]


def ends_of_turn(tokenizer: Any) -> frozenset[int]:
    """The special token that the template writes behind what the assistant says; none if there is none."""
    chat = [{"role": "user", "content": "question"}, {"role": "assistant", "content": "answer"}]
    try:
        string, turns = _located(_template(tokenizer, "", prompt=False), chat, "")
    except BadOption:
        return frozenset()
    behind = tokenizer(string[turns[-1].end :], add_special_tokens=False)["input_ids"]
    special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
    return frozenset(next(([i] for i in behind if i in special), []))


def _template(tokenizer: Any, name: str, *, prompt: bool) -> Render:
    """What the template makes of messages; ``prompt``: with what the assistant's answer is to follow."""
    if not tokenizer.chat_template:
        raise BadOption(
            f"{name} has no chat template. Write its prompt out, "
            'Text.from_template("User: {user}\\nAssistant:", user="..."), or give its tokenizer the template: '
            "model.tokenizer.chat_template = ..."
        )

    def render(messages: Sequence[Message]) -> str:
        try:
            return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt))
        except (TemplateError, ValueError, TypeError) as error:
            raise BadOption(
                f"The chat template of {name} does not take these messages ({', '.join(names_of(messages))}): {error}"
            ) from error

    return render


def _located(render: Render, messages: Sequence[Message], name: str) -> tuple[str, list[_Turn]]:
    """The chat as a string, and each place where the content of a message stands in it."""
    said = [Text.of(m.get("content") or "").string for m in messages]
    plain = [
        {**m, "content": content} if m.get("content") else dict(m)
        for m, content in zip(messages, said, strict=True)
    ]
    string = render(plain)
    stem = "##"  # a template that changes letters leaves these as they are
    while stem in string:
        stem += "#"
    marked = [
        {**m, "content": f"{stem}{i}{stem}"} if content.strip() else m
        for i, (m, content) in enumerate(zip(plain, said, strict=True))
    ]
    pieces = re.split(f"{stem}(\\d+){stem}", render(marked))
    turns = list(_walked(string, pieces, said, names_of(messages), name))
    left_out = sorted(
        {i for i, content in enumerate(said) if content.strip()} - {turn.message for turn in turns}
    )
    if left_out:
        gone = ", ".join(names_of(messages)[i] for i in left_out)
        raise BadOption(
            f"The chat template of {name} leaves out what these messages say: {gone}. Leave them out, too."
        )
    return string, turns


def _walked(
    string: str, pieces: Sequence[str], said: Sequence[str], names: Sequence[str], name: str
) -> Iterator[_Turn]:
    """Each content in turn: what stands between the template's wording before it and that behind it."""
    at = len(pieces[0])
    known = string.startswith(pieces[0])
    for number, wording in zip(map(int, pieces[1::2]), pieces[2::2], strict=True):
        forms = dict.fromkeys(trim(said[number]) for trim in (str, str.rstrip, str.lstrip, str.strip))
        form = next((f for f in forms if known and string.startswith(f + wording, at)), None)
        if form is None:
            raise BadOption(
                f'The chat template of {name} changes what "{names[number]}" says, so it cannot be found in what the '
                "model reads. Give it as the template would write it."
            )
        yield _Turn(number, at, at + len(form), said[number].index(form))
        at += len(form) + len(wording)


def _text(string: str, turns: Sequence[_Turn], messages: Sequence[Message]) -> Text:
    """The chat as a text: its template frozen, and what is frozen in a message; its messages or their slots named."""
    names = names_of(messages)
    frozen, segments, at, in_slots = [], [], 0, False
    for turn in turns:
        content = Text.of(messages[turn.message]["content"])
        inside = _moved(content.frozen, turn)
        frozen += [*([(at, turn.start)] if at < turn.start else []), *inside]
        at = turn.end
        if content.unit == "segment":
            in_slots = True
            placed = ((f, _moved([(f.start, f.end)], turn)) for f in content.features)
            segments += [replace(f, start=a, end=b) for f, spans in placed for a, b in spans]
        else:
            segments.append(Feature(turn.start, turn.end, names[turn.message]))
    if at < len(string):
        frozen.append((at, len(string)))
    text = Text(string, frozen=tuple(frozen), turns=tuple(segments))
    return text.cut("segment") if in_slots else text


def _moved(spans: Sequence[tuple[int, int]], turn: _Turn) -> list[tuple[int, int]]:
    """Spans of a content where they stand in the chat, less what the template stripped off."""
    shift = turn.start - turn.skipped
    clipped = [(max(a + shift, turn.start), min(b + shift, turn.end)) for a, b in spans]
    return [(a, b) for a, b in clipped if a < b]
