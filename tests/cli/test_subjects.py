"""Chats, documents and templates on the command line: what Python explains, and mistakes found before loading."""

from __future__ import annotations

import json

import numpy as np
import pytest

import pellucid
from pellucid.core.text import Text
from tests.models.huggingface.chats import chat_model

CHAT = [{"role": "system", "content": "The film is good."}, {"role": "user", "content": "Who was in Paris?"}]


@pytest.fixture
def chatty(monkeypatch):
    """A tiny chat model under the name ``chatty``."""
    model = chat_model("llama")

    def load(name, **options):
        assert name == "chatty"
        return model

    monkeypatch.setattr("pellucid.models.load.load", load)
    return model


def same(path, why):
    read = pellucid.read(path)
    assert (read.text, read.target) == (why.text, why.target)
    np.testing.assert_array_equal(read.credit(), why.credit())


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_chat_from_a_file_or_standard_input(cli, tmp_path, chatty, wrapped):
    content = json.dumps({"model": "x", "messages": CHAT} if wrapped else CHAT)
    (tmp_path / "chat.json").write_text(content, encoding="utf-8")
    words = ("-m", "chatty", "--target", " Mary", "--unit", "segment", "--no-evaluate", "-q")
    done = cli("explain", "--chat", "chat.json", *words, "--out", "a.json")
    assert done.code == 0, done.err
    assert "system: The film is good." in done.out
    assert cli("explain", "--chat", "-", *words, "--out", "b.json", stdin=content.encode()).code == 0
    why = pellucid.explain(chatty, CHAT, target=" Mary", unit="segment")
    same(tmp_path / "a.json", why)
    same(tmp_path / "b.json", why)


def test_roles_are_frozen_and_the_last_answer_is_the_target(cli, tmp_path, chatty):
    messages = [*CHAT, {"role": "assistant", "content": "It was Mary."}]
    (tmp_path / "chat.json").write_text(json.dumps(messages), encoding="utf-8")
    done = cli(
        "explain", "--chat", "chat.json", "-m", "chatty", "--freeze", "system", "--out", "a.json", "-q"
    )
    assert done.code == 0, done.err
    why = pellucid.explain(chatty, messages, freeze=["system"])
    same(tmp_path / "a.json", why)
    assert why.target.answer == "It was Mary."
    assert "".join(why.data["input_text"].values) == "Who was in Paris?"


def test_documents_beside_a_question(cli, tmp_path, loaded, demo_lm):
    (tmp_path / "a.txt").write_text("The Eiffel Tower is in Paris.\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("The cat is in London.", encoding="utf-8")
    asked = ("--document", "a.txt", "--document", "b.txt", "--target", " Paris", "--no-evaluate", "-q")
    done = cli("explain", "Where is it?", *asked, "--out", "a.json")
    assert done.code == 0, done.err
    assert "b.txt: The cat is in Lond…" in done.out
    documents = [("a.txt", "The Eiffel Tower is in Paris."), ("b.txt", "The cat is in London.")]
    same(
        tmp_path / "a.json",
        pellucid.explain(demo_lm, Text.from_documents("Where is it?", documents), target=" Paris"),
    )
    worded = ("--template", "{question}\\n{documents}\\nA:", "--unit", "sentence", "--out", "b.json")
    assert cli("explain", "Where is it?", *asked, *worded).code == 0
    text = Text.from_documents("Where is it?", documents, template="{question}\n{documents}\nA:")
    same(tmp_path / "b.json", pellucid.explain(demo_lm, text, target=" Paris", unit="sentence"))


def test_documents_in_a_chat_stand_before_what_the_user_says_last(cli, tmp_path, chatty):
    (tmp_path / "chat.json").write_text(json.dumps(CHAT), encoding="utf-8")
    (tmp_path / "a.txt").write_text("Mary was in Paris.", encoding="utf-8")
    words = ("--document", "a.txt", "-m", "chatty", "--target", " Mary", "--no-evaluate", "-q")
    done = cli("explain", "--chat", "chat.json", *words, "--out", "a.json")
    assert done.code == 0, done.err
    read = pellucid.read(tmp_path / "a.json")
    assert read.data["input_name"].values.tolist() == ["system", "a.txt"]
    plain = [CHAT[0], {"role": "user", "content": "Mary was in Paris.\n\nWho was in Paris?"}]
    assert read.text.string == chatty.chat(plain)[0].string


def test_a_template_and_its_slots(cli, tmp_path, loaded, demo_lm):
    words = (
        "--template",
        "The {thing} is located in the {what} of",
        "--slot",
        "thing=Eiffel Tower",
        "--slot",
    )
    done = cli(
        "explain", *words, "what=city = x", "--target", " Paris", "--no-evaluate", "--out", "a.json", "-q"
    )
    assert done.code == 0, done.err
    text = Text.from_template(
        "The {thing} is located in the {what} of", thing="Eiffel Tower", what="city = x"
    )
    same(tmp_path / "a.json", pellucid.explain(demo_lm, text, target=" Paris"))
    again = cli(
        "explain", *words, "what=city", "--freeze", "what", "--no-evaluate", "--format", "json", "-q"
    ).out
    assert [f[2] for f in json.loads(again)["text"]["features"]] == ["thing"]


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[{]", ["Cannot read chat.json", "no JSON", "line 1, column 3"]),
        ("\n[1,\n]", ["no JSON", "line 3"]),
        ("", ["The text is empty"]),
        ("[]", ["The chat has no message"]),
        ("3", ["A chat is a list of messages"]),
        ('{"role": "user", "content": "x"}', ["A chat is a list of messages"]),
        ('["x"]', ["Message 1 of the chat is not like"]),
        ('[{"role": "bot", "content": "x"}]', ["has the role 'bot'", "system, developer, user, assistant, tool"]),
        ('[{"role": "user", "content": [{"type": "image"}]}]', ["a content of several parts"]),
        ('[{"role": "user", "content": {"a": 1}}]', ["no string but a dict"]),
        ('[{"role": ["user"], "content": "x"}]', ["has the role ['user']"]),
        ('[{"role": "user", "content": "\\udcff"}]', ["chat.json", "not UTF-8"]),
        ("[" * 100_000, ["nested too deeply"]),
    ],
)  # fmt: skip
def test_a_file_that_is_no_chat_is_refused_before_loading(cli, tmp_path, content, says):
    (tmp_path / "chat.json").write_text(content, encoding="utf-8")
    mistake = cli("explain", "--chat", "chat.json").mistake
    for words in says:
        assert words in mistake


@pytest.mark.usefixtures("no_model")
@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--chat", "gone.json"], ["Cannot read gone.json"]),
        (["x", "--chat", "chat.json"], ["--chat does not go together with TEXT"]),
        (["--file", "x", "--slot", "a=b", "--chat", "chat.json"], ["with --file, --slot"]),
        (["--chat", "chat.json", "--template", "{a}"], ["--chat goes with --template only where --document"]),
        (["--document", "a.txt"], ["Give one text"]),
        (["x", "--document", "gone.txt"], ["Cannot read gone.txt"]),
        (["x", "--document", "blank.txt"], ["The text is empty"]),
        (["x", "--document", "a.txt", "--document", "a.txt"], ["The name a.txt stands for two parts"]),
        (["x", "--document", "a.txt", "--second", "y"], ["--document does not go together with --second"]),
        (["x", "--document", "a.txt", "--template", "{a}"], ["no slot for the value of documents, question"]),
        (["--document", "a.txt", "--chat", "system.json"], ["--document needs a question"]),
        (["x", "--template", "{a}", "--slot", "a=b"], ["--template does not go together with TEXT"]),
        (["--template", "{a}"], ["no value for a"]),
        (["--template", "{a}", "--slot", "a"], ["--slot 'a'", "NAME=VALUE"]),
        (["--template", "{a}", "--slot", "a=1", "--slot", "a=2"], ["--slot a is given twice"]),
        (["x", "--slot", "a=b"], ["--slot fills a slot of --template"]),
        (["--template", "{a", "--slot", "a=b"], ["The template cannot be read"]),
    ],
)
def test_flags_that_do_not_go_together_are_refused_before_loading(cli, tmp_path, argv, says):
    (tmp_path / "chat.json").write_text(json.dumps(CHAT), encoding="utf-8")
    (tmp_path / "system.json").write_text(json.dumps(CHAT[:1]), encoding="utf-8")
    (tmp_path / "a.txt").write_text("Mary.", encoding="utf-8")
    (tmp_path / "blank.txt").write_text("\n", encoding="utf-8")
    mistake = cli("explain", *argv).mistake
    for words in says:
        assert words in mistake


@pytest.mark.usefixtures("loaded")
def test_what_only_the_model_knows_is_one_line_too(cli, tmp_path):
    (tmp_path / "chat.json").write_text(json.dumps(CHAT), encoding="utf-8")
    assert "demo-lm has no chat template" in cli("explain", "--chat", "chat.json").mistake
    assert 'Nothing in the text is called "system"' in cli("explain", "a b", "--freeze", "system").mistake
