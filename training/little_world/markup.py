"""The mark-up in which every document of the little world is written, and the `Example` it becomes.

A generator writes one string and marks, in place, what it knows about it:

    [ ]   the rationale: the words of the prompt that decide the answer
    < >   words that the rest of the document determines; they get the answer's weight in training
    ~ ~   words nobody can predict, or that are wrong on purpose; they are never trained on
    | |   the answer, with its leading space

`The [capital] of [France] is| Paris|.` is a whole document: prompt, answer, tail and rationale.
None of these seven characters occurs in the little world's own text.
"""

import re
from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int]

_MARK = re.compile(r"([\[\]<>~|])")


@dataclass(frozen=True)
class Example:
    """One document whose answer, and the reason for it, are known.

    Attributes:
        task: the phenomenon it belongs to, e.g. ``"fact_capital"``.
        prompt: everything before the answer.
        answer: the right continuation, with its leading space where it has one.
        foil: a wrong answer of the same kind, written like ``answer``; ``""`` where no answer is wrong.
        rationale: character spans of the prompt that decide the answer.
        tail: what the document says after the answer.
        targets, muted: character spans of the whole text with the answer's weight, and with no weight.
        meta: what the generator drew, for filters and counterfactuals.
    """

    task: str
    prompt: str
    answer: str
    foil: str
    rationale: tuple[Span, ...]
    tail: str = ""
    targets: tuple[Span, ...] = ()
    muted: tuple[Span, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole document."""
        return self.prompt + self.answer + self.tail


def render(task: str, markup: str, foil: str = "", **meta: Any) -> Example:
    """Read mark-up into an `Example`.

    Raises:
        ValueError: if the mark-up has no single answer or a mark is left open.
    """
    text, spans, still_open = "", {kind: list[Span]() for kind in "[<~|"}, dict[str, int]()
    for piece in _MARK.split(markup):
        opener = {"]": "[", ">": "<"}.get(piece, piece)
        if opener not in spans:
            text += piece
        elif opener in still_open:
            spans[opener].append((still_open.pop(opener), len(text)))
        else:
            still_open[opener] = len(text)
    if len(spans["|"]) != 1 or still_open:
        raise ValueError(f"mark-up needs exactly one |answer| and every mark closed: {markup!r}")
    start, end = spans["|"][0]
    return Example(
        task=task,
        prompt=text[:start],
        answer=text[start:end],
        tail=text[end:],
        foil=foil,
        rationale=tuple(span for span in spans["["] if span[1] <= start),
        targets=(*spans["<"], (start, end)),
        muted=tuple(spans["~"]),
        meta=meta,
    )


def without_marks(markup: str) -> str:
    """The plain text of a piece of mark-up."""
    return _MARK.sub("", markup)


def without_rationale(markup: str) -> str:
    """The same mark-up with the rationale unmarked and every other mark kept."""
    return markup.replace("[", "").replace("]", "")


def capitalised(markup: str) -> str:
    """The mark-up with its first letter in upper case, whether or not a mark stands before it."""
    first = 1 if markup[:1] in ("[", "<") else 0
    return markup[:first] + markup[first : first + 1].upper() + markup[first + 1 :]
