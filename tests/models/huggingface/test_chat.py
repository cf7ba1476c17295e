"""Chats: what the model reads is what its template writes, and every content is found in it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption, EmptyText
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.chat import ends_of_turn
from tests.families import fresh
from tests.models.huggingface.chats import CHATS, REFUSES_SYSTEM, chat_model

SYSTEM = {"role": "system", "content": "The film is good. "}
FIRST = {"role": "user", "content": " Who was in Paris?\nMary 🙂 or\tJohn?\n"}
REPLY = {"role": "assistant", "content": "It was Mary."}
SECOND = {"role": "user", "content": "the old film, was it good?"}
# As its own tokens, a content is merged with nothing; these could merge with template and neighbours.
HARD = [
    {"role": "user", "content": content}
    for content in ("the", "?", "]", "\n<|", " é", "good\n\n", "‏مرحبا", "</s>x")
]


@pytest.fixture(scope="module")
def models():
    return {kind: chat_model(kind) for kind in CHATS}


def long(kind):
    return [*([] if kind in REFUSES_SYSTEM else [SYSTEM]), FIRST, REPLY, SECOND]


def theirs(model, messages, prompt=True):
    """What transformers reads of the chat."""
    return model.tokenizer.apply_chat_template(messages, add_generation_prompt=prompt, tokenize=True)[
        "input_ids"
    ]


def read(model, text, unit):
    cut = model.cut(text, unit)
    return cut, model.encoding(cut)


@pytest.mark.parametrize("unit", ["token", "word", "sentence", "segment"])
@pytest.mark.parametrize("kind", CHATS)
def test_the_model_reads_the_ids_of_its_template(models, kind, unit):
    model = models[kind]
    for messages in ([FIRST], long(kind), *([m] for m in HARD)):
        text, answer = model.chat(messages)
        cut, encoding = read(model, text, unit)
        assert encoding.ids.tolist() == theirs(model, messages), messages
        assert answer is None
        inside = {i for f in text.turns for i in range(f.start, f.end)}
        assert all(inside.issuperset(range(f.start, f.end)) for f in cut.features)
        assert set(encoding.feature_of) == {-1, *range(len(cut.features))}


@pytest.mark.parametrize("kind", ["llama", "gemma3", "mistral"])
def test_the_start_of_text_stands_once(models, kind):
    model = models[kind]
    _, encoding = read(model, model.chat([FIRST])[0], "token")
    assert encoding.ids.tolist().count(model.tokenizer.bos_token_id) == 1
    assert encoding.ids[0] == model.tokenizer.bos_token_id


@pytest.mark.parametrize("kind", CHATS)
def test_every_content_is_a_named_part(models, kind):
    text = models[kind].chat(long(kind))[0]
    names = [f.name for f in text.turns]
    system = [] if kind in REFUSES_SYSTEM else ["system"]
    assert names == [*system, "user 1", "assistant", "user 2"]
    said = [m["content"] for m in long(kind)]
    assert [text.slice(f).strip() for f in text.turns] == [content.strip() for content in said]
    if kind == "qwen3":
        assert [text.slice(f) for f in text.turns] == said
    covered = sorted([*text.frozen, *((f.start, f.end) for f in text.turns)])
    assert [a for a, _ in covered] == [0, *(b for _, b in covered[:-1])]
    assert covered[-1][1] == len(text.string)


def test_no_token_of_the_template_is_credited(models):
    model = models["llama"]
    cut, encoding = read(model, model.chat([SYSTEM, SECOND])[0], "word")
    credited = model.tokenizer.decode(encoding.ids[encoding.feature_of >= 0]).split()
    assert credited == "The film is good. the old film, was it good?".split()
    assert [cut.slice(f) for f in cut.features][:5] == ["The", "film", "is", "good", "."]


@pytest.mark.parametrize("kind", CHATS)
def test_a_value_is_that_of_the_ids_without_what_is_removed(models, kind):
    model = models[kind]
    text = model.cut(model.chat(long(kind))[0], "segment")
    target = model.resolve(text, Target(answer="the film"))
    value = model.value(text, target, "delete")
    encoding = model.encoding(text)
    for mask in np.eye(len(text.features), dtype=bool):
        ids = encoding.ids[np.append(mask, True)[encoding.feature_of]].tolist()
        with torch.no_grad():
            logits = model.module(torch.tensor([ids + list(target.ids)])).logits[0].double()
        logprobs = logits.log_softmax(-1)[len(ids) - 1 : -1]
        expected = logprobs[range(len(target.ids)), list(target.ids)].numpy()
        np.testing.assert_allclose(value(mask[None])[0], expected, atol=1e-5)


@pytest.mark.parametrize("kind", CHATS)
def test_a_last_answer_is_the_target_as_the_template_writes_it(models, kind):
    model = models[kind]
    for content in ("Mary, the good.", " was it good?\n"):
        messages = [*long(kind), {"role": "assistant", "content": content}]
        text, answer = model.chat(messages)
        cut, encoding = read(model, text, "token")
        ids = model.resolve(cut, Target(answer=answer)).ids
        whole = theirs(model, messages, prompt=False)
        together = [*encoding.ids.tolist(), *ids]
        assert together == whole[: len(together)]
        assert answer.strip() == content.strip()
        assert encoding.ids.tolist() == theirs(model, long(kind))
    assert (answer[0] == " ") == (kind in ("mistral", "qwen3"))


def test_what_a_template_puts_in_front_of_an_answer_is_no_part_of_it():
    thinks = (
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
        "{% if loop.last and m['role'] == 'assistant' %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
        "{{ m['content'] + '<|im_end|>\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )
    model = chat_model("qwen3", thinks)
    text, answer = model.chat([FIRST, REPLY])
    assert answer == REPLY["content"]
    assert text.string.endswith("assistant\n<think>\n\n</think>\n\n")
    assert [f.name for f in text.turns] == ["user"]


def test_the_models_own_answer_ends_where_its_turn_does(models):
    for kind, end in {
        "llama": "<|eot|>",
        "qwen3": "<|im_end|>",
        "gemma3": "<end_of_turn>",
        "mistral": "</s>",
    }.items():
        tokenizer = models[kind].tokenizer
        assert ends_of_turn(tokenizer) == {tokenizer.convert_tokens_to_ids(end)}
    plain = "{% for m in messages %}{{ m['content'] + '\n' }}{% endfor %}"
    model = chat_model("llama", plain)
    cut = model.cut(model.chat([SECOND])[0], "token")
    free = model.resolve(cut, Target(answer_tokens=12)).ids
    assert len(free) == 12
    third = next(i for i in range(2, 12) if free[i] not in free[:i])
    word = model.tokenizer.convert_ids_to_tokens(free[third])
    assert isinstance(model.tokenizer.eos_token, str)
    model.tokenizer.add_special_tokens({"additional_special_tokens": [word]})
    model.tokenizer.chat_template = (
        "{% for m in messages %}{{ m['content'] }}{{ '"
        + word
        + "' if m['role'] == 'assistant' else '\n' }}{% endfor %}"
    )
    assert model.resolve(cut, Target(answer_tokens=12)).ids[:third] == free[:third]
    assert len(model.resolve(cut, Target(answer_tokens=12)).ids) == third


def test_an_answer_of_a_chat_has_room_for_a_sentence(models):
    model = models["llama"]
    assert 1 < len(model.resolve(model.cut(model.chat([SECOND])[0], "token"), Target()).ids) <= 32


def test_documents_stand_inside_a_message(models):
    model = models["llama"]
    content = Text.from_documents(
        "Who was it? ", ["The film is good. It was old.", ("ada.txt", "Mary went to Paris.")],
        template="{documents}\n\n{question}",
    )  # fmt: skip
    messages = [SYSTEM, {"role": "user", "content": content}]
    text, _ = model.chat(messages)
    cut, encoding = read(model, text, None)
    assert [(f.name, cut.slice(f)) for f in cut.features] == [
        ("system", "The film is good."),
        ("document 1", "The film is good. It was old."),
        ("ada.txt", "Mary went to Paris."),
    ]
    plain = [SYSTEM, {"role": "user", "content": content.string}]
    assert encoding.ids.tolist() == theirs(model, plain)
    sentences = model.cut(text.freeze_named("system"), "sentence")
    assert [(f.name, sentences.slice(f)) for f in sentences.features] == [
        ("document 1", "The film is good."), ("document 1", "It was old."), ("ada.txt", "Mary went to Paris."),
    ]  # fmt: skip
    for by in ("leave_one_out", "context_cite"):
        why = pellucid.explain(model, messages, by=by, target=" Mary", freeze=["system"])
        assert why.data["input_name"].values.tolist() == ["document 1", "ada.txt"]


def test_what_is_frozen_in_a_message_stays_so_where_the_template_strips_it(models):
    content = Text("  Hello old film  ").freeze((0, 7), "film  ")
    text = models["llama"].chat([{"role": "user", "content": content}])[0]
    assert [text.slice(f) for f in text.cut("word").features] == ["old"]


def test_roles_can_be_frozen(models):
    text = models["llama"].chat(long("llama"))[0]
    kept = text.freeze_named("user", "assistant").cut("segment")
    assert [f.name for f in kept.features] == ["system"]
    assert [f.name for f in text.freeze_named("user 2").cut("segment").features] == [
        "system",
        "user 1",
        "assistant",
    ]
    with pytest.raises(BadOption, match=r'"users".*Names: system, user 1, assistant, user 2'):
        text.freeze_named("users")


def test_one_role_may_be_frozen_as_a_word(models):
    why = pellucid.explain(models["llama"], [SYSTEM, SECOND], unit="segment", target="the", freeze="system")
    assert why.data["input_name"].values.tolist() == ["user"]


def test_what_is_no_content_is_left_to_the_template():
    calls = (
        "{% for m in messages %}{{ m['role'] + ':' }}"
        "{{ (m['content'] or '') + (m['tool_calls'] or '') + '\n' }}{% endfor %}"
    )
    model = chat_model("llama", calls)
    messages = [
        SECOND,
        {"role": "assistant", "content": None, "tool_calls": "look()"},
        {"role": "tool", "content": "12"},
    ]
    text, answer = model.chat(messages)
    assert answer is None
    assert text.string == "user:the old film, was it good?\nassistant:look()\ntool:12\n"
    assert [(f.name, text.slice(f)) for f in text.turns] == [("user", SECOND["content"]), ("tool", "12")]


def test_a_content_that_is_written_twice_is_found_twice():
    twice = "{% for m in messages %}{{ '<|start|>' + m['content'] + '<|end|>' + m['content'] + '<|eot|>' }}{% endfor %}"
    model = chat_model("llama", twice)
    text = model.chat([SECOND])[0]
    assert [(f.name, text.slice(f)) for f in text.turns] == [("user", SECOND["content"])] * 2


def test_equal_contents_are_told_apart(models):
    model = models["mistral"]
    same = [{"role": role, "content": "[INST] the"} for role in ("user", "assistant", "user")]
    text = model.chat(same)[0]
    assert text.string == "<s>[INST] [INST] the [/INST] [INST] the</s>[INST] [INST] the [/INST]"
    assert [(f.start, f.end) for f in text.turns] == [(10, 20), (29, 39), (50, 60)]


@pytest.mark.parametrize(
    ("template", "messages", "says"),
    [
        ("{{ messages[-1]['content'] }}", [SYSTEM, SECOND], "leaves out what these messages say: system"),
        ("{{ messages[-1]['content'] | upper }}", [SECOND], 'changes what "user" says'),
        ("{{ messages[-1]['content'] | tojson }}", [FIRST], 'changes what "user" says'),
        ("{{ raise_exception('only users') }}", [SYSTEM, SECOND], "does not take these messages (system, user): only"),
        ("{{ messages[0]['name'] + 1 }}", [SECOND], "does not take these messages (user)"),
        ("{% if %}", [SECOND], "does not take these messages (user)"),
    ],
)  # fmt: skip
def test_templates_that_do_not_fit_are_refused(template, messages, says):
    with pytest.raises(BadOption) as caught:
        chat_model("llama", template).chat(messages)
    assert says in str(caught.value)


IMAGE = [{"type": "image"}, {"type": "text", "text": "What is it?"}]


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        (SECOND, "A chat is a list of messages"),
        ([], "The chat has no message"),
        (["Hello"], 'Message 1 of the chat is not like {"role": "user"'),
        ([SECOND, {"content": "x"}], "Message 2 of the chat is not like"),
        (
            [{"role": "usr", "content": "x"}],
            "has the role 'usr'. Roles: system, developer, user, assistant, tool",
        ),
        ([{"role": "user", "content": IMAGE}], "has a content of several parts: only text"),
        ([{"role": "user"}], "has no content"),
        ([{"role": "user", "content": 3}], "no string but a int"),
        ([{"role": "user", "content": Text.pair("a", "b")}], "holds a pair"),
        ([{"role": "user", "content": " "}], "Every message of the chat is empty"),
        ([REPLY], "The chat is an answer alone"),
        ([SECOND, {"role": "assistant", "content": ""}], "the answer that is to be explained, is empty"),
    ],
)
def test_what_is_no_chat_is_refused(models, messages, says):
    with pytest.raises((BadOption, EmptyText)) as caught:
        models["llama"].chat(messages)
    assert says in str(caught.value)


def test_a_model_without_a_template_says_what_to_type():
    with pytest.raises(BadOption, match=r"gpt2 has no chat template.*Text\.from_template"):
        fresh("gpt2").chat([SECOND])


def test_a_chat_is_not_truncated(models):
    with pytest.raises(BadOption, match="A chat is read whole"):
        pellucid.explain(models["llama"], [SECOND], truncate=True)


def test_two_answers_are_refused(models):
    with pytest.raises(BadOption, match="The chat ends with an answer, and the target is another, 'a'"):
        pellucid.explain(models["llama"], [SECOND, REPLY], target="a")
    why = pellucid.explain(models["llama"], [SECOND, REPLY], unit="segment", against="the film")
    assert (why.target.answer, why.target.against) == ("It was Mary.", "the film")


def test_a_model_of_labels_reads_the_answer_too():
    model = chat_model("llama", family="llama-label")
    text, answer = model.chat([SECOND, REPLY])
    _, encoding = read(model, text, "token")
    assert answer is None
    assert encoding.ids.tolist() == theirs(model, [SECOND, REPLY], prompt=False)
    why = pellucid.explain(model, [SECOND, REPLY], unit="segment", target="good")
    assert why.data["input_name"].values.tolist() == ["user", "assistant"]


def test_an_encoder_reads_what_its_template_writes():
    model = fresh("t5")
    model.tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{{ eos_token }}{% endfor %}"
    text, answer = model.chat([SECOND, {"role": "assistant", "content": "the film"}])
    _, encoding = read(model, text, "word")
    assert encoding.ids.tolist() == theirs(model, [SECOND])
    assert answer == "the film"


@pytest.mark.parametrize("by", ["leave_one_out", "integrated_gradients", "shapley_sampling"])
@pytest.mark.parametrize("ablate", ["delete", "attention", "baseline"])
def test_explained_kept_and_measured(models, tmp_path, by, ablate):
    model = models["qwen3"]
    options = {} if by == "integrated_gradients" else {"ablate": ablate}
    subject = [SYSTEM, SECOND]
    if ablate == "baseline":
        slots = Text.from_template("the {kind} film, was it good?", kind="old").with_baselines(
            kind=["good", "weak"]
        )
        subject = [{"role": "user", "content": slots}]
    why = pellucid.explain(model, subject, by=by, target="the", **options)
    pellucid.save(why, tmp_path / "why.json")
    kept = pellucid.read(tmp_path / "why.json")
    assert kept.text == why.text
    assert kept.text.turns
    before = [s.value for s in pellucid.evaluate(why, model, by="comprehensiveness", draws=9)]
    assert before == [s.value for s in pellucid.evaluate(kept, model, by="comprehensiveness", draws=9)]
