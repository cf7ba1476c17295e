"""Texts whose parts have names: documents with a question, and slots that are frozen or cut further."""

from __future__ import annotations

import pytest

from pellucid.core.errors import BadOption, EmptyText
from pellucid.core.text import Feature, Text


def parts(text):
    return [(f.name, text.slice(f)) for f in text.features]


def test_documents_are_named_and_the_question_is_frozen():
    text = Text.from_documents("Who {was} it?", ["Ada.\n", ("weather.txt", "It {rains}.")])
    assert text.string == "Ada.\n\n\nIt {rains}.\n\nQuestion: Who {was} it?\nAnswer:"
    assert parts(text) == [("document 1", "Ada.\n"), ("weather.txt", "It {rains}.")]
    assert [text.string[a:b] for a, b in text.frozen] == ["\n\n", "\n\nQuestion: Who {was} it?\nAnswer:"]


def test_the_question_is_credited_on_request_and_the_wording_is_free():
    text = Text.from_documents(
        "Who?", ["Ada."], template="{{q}} {question}|{documents}", credit_question=True
    )
    assert text.string == "{q} Who?|Ada."
    assert parts(text) == [("question", "Who?"), ("document 1", "Ada.")]


def test_sentences_of_documents_keep_the_name_of_their_document_and_nothing_of_the_question():
    text = Text.from_documents("Was it Ada? Or not?", ["It was Ada. It rained", "Mary\nJohn."])
    assert parts(text.cut("sentence")) == [
        ("document 1", "It was Ada."), ("document 1", "It rained"), ("document 2", "Mary"), ("document 2", "John."),
    ]  # fmt: skip
    assert [text.slice(f) for f in text.cut("word").features][:4] == ["It", "was", "Ada", "."]


def test_a_sentence_ends_where_its_slot_does():
    text = Text.from_template("Is {what} good?", what="the film. the cast")
    assert parts(text.cut("sentence")) == [("what", "the film."), ("what", "the cast")]
    glued = Text.from_template("re{what}ing", what="view")
    assert parts(glued.cut("word")) == [("", "view")]


@pytest.mark.parametrize(
    ("documents", "template", "says"),
    [
        ([], None, "There is no document"),
        (["a", " "], None, "There is nothing in document 2"),
        ([("a", "x"), ("a", "y")], None, "The name a stands for two parts"),
        ([("question", "x")], None, "The name question stands for two parts"),
        (["x"], "{question}", "no slot for the value of documents"),
        (["x"], "{documents}", "no slot for the value of question"),
        (["x"], "{documents} {question} {more}", "no value for more"),
    ],
)
def test_documents_that_do_not_fit_are_refused(documents, template, says):
    with pytest.raises(BadOption) as caught:
        Text.from_documents("Who?", documents, **({} if template is None else {"template": template}))
    assert says in str(caught.value)


def test_names_are_frozen():
    text = Text.from_documents("Who?", ["Ada.", "Bob.", ("weather", "It rains.")])
    assert parts(text.freeze_named("document 2")) == [("document 1", "Ada."), ("weather", "It rains.")]
    assert parts(text.freeze_named("document")) == [("weather", "It rains.")]
    assert parts(text.freeze_named("document 1", "weather")) == [("document 2", "Bob.")]
    assert text.freeze_named() is text
    with pytest.raises(EmptyText, match="no feature that may change"):
        text.freeze_named("document", "weather")
    with pytest.raises(BadOption, match=r'called "2".*Names: document 1, document 2, weather'):
        text.freeze_named("2")
    with pytest.raises(BadOption, match="Names: none"):
        Text("Who?").freeze_named("Who?")


def test_the_parts_of_a_chat_are_kept_in_files_and_must_lie_in_the_text():
    text = Text("<s>Hi!</s>", frozen=((0, 3), (6, 10)), turns=(Feature(3, 6, "user", ("Ho!",)),))
    assert Text.from_dict(text.as_dict()) == text
    assert parts(text.cut("segment")) == [("user", "Hi!")]
    assert parts(text.cut("word").cut("segment")) == [("user", "Hi!")]
    with pytest.raises(BadOption, match="not inside a text"):
        Text("Hi", turns=(Feature(0, 3, "user"),))
    old = {name: value for name, value in Text("Hi").as_dict().items() if name != "turns"}
    assert Text.from_dict(old) == Text("Hi")
