"""What `pellucid explain` is asked about: a text, a chat, a question with documents, a filled template."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pellucid.cli.inputs import given_pair, given_text, valid
from pellucid.core.chat import Message, check_messages
from pellucid.core.errors import BadOption, CannotRead
from pellucid.core.template import DOCUMENTS
from pellucid.core.text import Text

__all__ = ["Chat", "Documents", "Freeze", "Slots", "Template", "subject"]

_PANEL = "Chats, documents and templates"
# In a chat the template of the model says whose turn it is.
IN_CHAT = "{documents}\n\n{question}"

Chat = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help='A JSON list of {"role": ..., "content": ...}, "-" for standard input. A last assistant message is the '
        "target.",
        rich_help_panel=_PANEL,
    ),
]
Documents = Annotated[
    list[Path] | None,
    typer.Option(
        "--document",
        metavar="PATH",
        help="A document that TEXT is a question about, or the chat's last user message. Repeat it for several.",
        rich_help_panel=_PANEL,
    ),
]
Template = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help='Fixed wording with slots, "Review: {review} It is", or with {documents} and {question}.',
        rich_help_panel=_PANEL,
    ),
]
Slots = Annotated[
    list[str] | None,
    typer.Option(
        "--slot",
        metavar="NAME=VALUE",
        help="What fills a slot of the template. Repeat it for several.",
        rich_help_panel=_PANEL,
    ),
]
Freeze = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A slot, document or role (system) that is always there and gets no credit. Repeat it for several.",
        rich_help_panel=_PANEL,
    ),
]


def subject(
    text: str | None,
    file: Path | None,
    second: str | None,
    chat: Path | None,
    documents: Sequence[Path],
    template: str | None,
    slots: Sequence[str],
) -> Text | Sequence[Message]:
    """What the flags of a command ask about. Raises a `PellucidError` for flags that do not go together."""
    if template is not None:
        template = valid(template, "--template").replace("\\n", "\n")
    if chat is not None:
        _refuse("--chat", {"TEXT": text, "--file": file, "--second": second, "--slot": slots})
        if template is not None and not documents:
            raise BadOption(
                "--chat goes with --template only where --document gives the documents of the question."
            )
        return _with_documents(_messages(chat), documents, template or IN_CHAT)
    if documents:
        _refuse("--document", {"--second": second, "--slot": slots})
        return Text.from_documents(given_text(text, file), _read(documents), template=template or DOCUMENTS)
    if template is not None:
        _refuse("--template", {"TEXT": text, "--file": file, "--second": second})
        return Text.from_template(template, **_filling(slots))
    if slots:
        raise BadOption('--slot fills a slot of --template: add --template "... {name} ...".')
    return given_pair(given_text(text, file), second)


def _refuse(flag: str, others: dict[str, object]) -> None:
    given = [name for name, value in others.items() if value]
    if given:
        raise BadOption(f"{flag} does not go together with {', '.join(given)}: give one or the other.")


def _messages(path: Path) -> Sequence[Message]:
    typed = given_text("-", None) if str(path) == "-" else given_text(None, path)
    where = "standard input" if str(path) == "-" else str(path)
    try:
        found: Any = json.loads(typed)
    except json.JSONDecodeError as error:
        raise CannotRead(
            where, f"it is no JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise CannotRead(where, "its JSON is nested too deeply.") from error
    if isinstance(found, dict) and "messages" in found:
        found = found["messages"]
    for message in check_messages(found):
        valid(message.get("content") or "", where)
    return found


def _with_documents(
    messages: Sequence[Message], documents: Sequence[Path], template: str
) -> Sequence[Message]:
    """The chat with the documents in front of what the user says last."""
    if not documents:
        return messages
    asked = [i for i, message in enumerate(messages) if message["role"] == "user"]
    if not asked:
        raise BadOption("--document needs a question: the chat has no message of the user.")
    question = messages[asked[-1]]
    content = Text.from_documents(question["content"], _read(documents), template=template)
    return [*messages[: asked[-1]], {**question, "content": content}, *messages[asked[-1] + 1 :]]


def _read(documents: Sequence[Path]) -> list[tuple[str, str]]:
    """Each document with its name: that of its file, or the whole path where two files have one name."""
    names = [path.name for path in documents]
    told = [path.name if names.count(path.name) == 1 else str(path) for path in documents]
    return [(name, given_text(None, path)) for name, path in zip(told, documents, strict=True)]


def _filling(slots: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for slot in slots:
        name, equals, value = valid(slot, "--slot").partition("=")
        if not equals or not name.isidentifier():
            raise BadOption(f"--slot {slot!r}: write it as NAME=VALUE, e.g. --slot review='A good film'.")
        if name in values:
            raise BadOption(f"--slot {name} is given twice.")
        values[name] = value
    return values
