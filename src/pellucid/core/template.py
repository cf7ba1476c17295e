"""Templates: fixed wording with named slots, and the pieces they become when the slots are filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter

from pellucid.core.errors import BadOption

__all__ = ["DOCUMENTS", "Document", "Piece", "filled", "with_documents"]

# A stretch of text, and the name it has if it may be removed.
Piece = tuple[str, str | None]
Document = str | tuple[str, str]

# The wording around documents and a question, unless another is given.
DOCUMENTS = "{documents}\n\nQuestion: {question}\nAnswer:"
BETWEEN = "\n\n"


def filled(template: str, slots: Mapping[str, object]) -> list[Piece]:
    """The template's wording and the values of its slots, in order, the values with their names.

    Raises `BadOption` for a template that cannot be read, slots without a value and values without a slot.
    """
    parsed = _parsed(template)
    _check_slots([name for _, name in parsed if name is not None], slots)
    pieces: list[Piece] = []
    for literal, name in parsed:
        pieces += [(literal, None)] + ([] if name is None else [(str(slots[name]), name)])
    return pieces


def with_documents(
    question: str, documents: Sequence[Document], template: str, *, credit_question: bool
) -> list[Piece]:
    """The pieces of a question and its documents; see `Text.from_documents`."""
    told = [d if isinstance(d, tuple) else (f"document {i}", d) for i, d in enumerate(documents, 1)]
    if not told:
        raise BadOption("There is no document. Give at least one string, or pair of a name and a string.")
    empty = [name for name, content in told if not content.strip()]
    if empty:
        raise BadOption(f"There is nothing in {', '.join(empty)}. Leave empty documents out.")
    names = [name for name, _ in told]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice or "question" in names:
        raise BadOption(
            f"The name {', '.join(twice or ['question'])} stands for two parts: give each document its own."
        )
    between: list[Piece] = [(BETWEEN, None)]
    every = [piece for name, content in told for piece in (*between, (content, name))]
    pieces: list[Piece] = []
    for literal, name in filled(template, {"documents": "", "question": question}):
        if name == "documents":
            pieces += every[1:]
        else:
            pieces.append((literal, name if credit_question else None))
    return pieces


def _parsed(template: str) -> list[tuple[str, str | None]]:
    """The literal pieces of a template, each with the name of the slot after it."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise BadOption(
            f"The template cannot be read: {error}. Write a plain brace twice: {{{{ or }}}}."
        ) from error
    for _, name, form, conversion in parsed:
        if name is not None and (form or conversion or not name.isidentifier()):
            raise BadOption(f'The template has the slot "{{{name}}}": write a name alone, e.g. {{question}}.')
    return [(literal, name) for literal, name, _, _ in parsed]


def _check_slots(named: Sequence[str], slots: Mapping[str, object]) -> None:
    missing = [name for name in dict.fromkeys(named) if name not in slots]
    extra = [name for name in slots if name not in named]
    if missing or extra:
        faults = [f"no value for {', '.join(missing)}"] * bool(missing)
        faults += [f"no slot for the value of {', '.join(extra)}"] * bool(extra)
        there = ", ".join(dict.fromkeys(named)) or "none"
        raise BadOption(f"The template does not fit its values: {'; '.join(faults)}. Its slots: {there}.")
