"""How demo-lm is trained, and whether the shipped files keep what their card promises."""

import dataclasses
import json
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

import pellucid.models.bundled
from training.demo_lm import corpus, evaluate, evaluation_set, forward, scoring, tokenizer, train
from training.demo_lm.cases import CASES, examples
from training.demo_lm.export import FINAL_SEED
from training.demo_lm.recipe import FIRST
from training.demo_lm.rows import batches
from training.little_world import facts
from training.little_world.markup import Example, render

SHIPPED = Path(pellucid.models.bundled.__path__[0]) / "demo_lm"
TINY = dataclasses.replace(
    FIRST,
    layers=2,
    width=32,
    heads=2,
    documents_per_shard=300,
    shards=2,
    steps=8,
    decay_from=4,
    tokens_per_step=512,
)


@pytest.fixture(scope="module")
def words():
    return tokenizer.load(SHIPPED)


@pytest.fixture(scope="module")
def shipped():
    return evaluate.load(SHIPPED)


@pytest.fixture(scope="module")
def tiny_corpus(words):
    parts = [corpus.shard(TINY, SHIPPED / "tokenizer.json", number) for number in range(TINY.shards)]
    return corpus.joined(parts)


# --- tokenizer and corpus


def test_every_word_that_matters_is_one_token(words):
    assert [word for word in tokenizer.whole_words() if len(words(word)["input_ids"]) != 1] == []


def test_a_year_is_a_century_and_two_digits(words):
    assert [words.decode(i) for i in words(" 1732")["input_ids"]] == [" 17", "32"]
    assert [words.decode(i) for i in words(" 320")["input_ids"]] == [" 320"]


def test_text_survives_the_tokenizer(words):
    text = "Review: The plot was dull.\nSentiment: négatif 12345"
    assert words.decode(words(text)["input_ids"]) == text


def test_loss_weights_lie_on_the_marked_words(words):
    example = render("t", "Step 1: 2 x 3 =~ 7~. ANSWER:| 7|")
    ids, weights = corpus.encode(Tokenizer.from_file(str(SHIPPED / "tokenizer.json")), [example], 8)[0]
    weighted = [(words.decode(int(i)), int(w)) for i, w in zip(ids, weights, strict=True) if w != 1]
    assert weighted == [(" 7", 0), (" 7", 8)]
    assert ids[-1] == words.eos_token_id


def test_rows_of_documents_are_whole_documents(tiny_corpus, words):
    recipe = dataclasses.replace(TINY, random_share=0.0, copying_random_share=0.0, tokens_per_step=6400)
    ids, following, weights = next(batches(tiny_corpus, recipe, len(words), words.eos_token_id))
    assert ids.shape == following.shape == weights.shape
    assert torch.equal(ids[:, 1:], following[:, :-1])
    assert 0.3 < (ids[:, 0] == words.eos_token_id).float().mean() < 0.7
    start, end = tiny_corpus.offsets[:2]
    first = torch.from_numpy(tiny_corpus.ids[start:end].astype(np.int64))
    row = ids[0][1:] if ids[0, 0] == words.eos_token_id else ids[0]
    assert torch.equal(row[: len(first)], first)
    assert set(weights.unique().tolist()) == {0.0, 1.0, float(TINY.answer_weight)}


def test_every_trained_token_of_a_random_row_was_read_before(tiny_corpus, words):
    recipe = dataclasses.replace(TINY, random_share=1.0, copying_random_share=1.0, tokens_per_step=6400)
    stream = batches(tiny_corpus, recipe, len(words), words.eos_token_id)
    for ids, following, weights in (next(stream) for _ in range(3)):
        assert 0.3 < (weights > 0).float().mean() < 0.95
        for row, after, weight in zip(ids.tolist(), following.tolist(), weights.tolist(), strict=True):
            assert all(token in row[: place + 1] for place, token in enumerate(after) if weight[place])


def test_the_same_recipe_gives_the_same_batches(tiny_corpus, words):
    first, second = (batches(tiny_corpus, TINY, len(words), words.eos_token_id) for _ in range(2))
    for _ in range(5):
        assert all(torch.equal(a, b) for a, b in zip(next(first), next(second), strict=True))


# --- training


def test_the_training_forward_equals_the_model(words):
    model = train.new_model(TINY, len(words), words.eos_token_id).eval()
    ids = torch.randint(0, len(words), (3, 20))
    with torch.no_grad():
        plain = model(ids).logits.reshape(60, -1)
        lean = forward.logits(model, forward.hidden(model, ids, torch.float32), torch.float32)
        coarse = forward.logits(model, forward.hidden(model, ids))
    assert torch.allclose(lean, plain, atol=1e-5)
    assert torch.allclose(coarse, plain, atol=0.05)
    assert not torch.allclose(plain[0], plain[1], atol=0.05)


def test_the_learning_rate_rises_stays_and_falls_to_zero():
    recipe = FIRST
    rates = [train.learning_rate(recipe, step) for step in range(recipe.steps + 1)]
    assert rates[0] < rates[recipe.warm_up_steps // 2] < recipe.learning_rate
    assert set(rates[recipe.warm_up_steps : recipe.decay_from]) == {recipe.learning_rate}
    assert rates[recipe.decay_from :] == sorted(rates[recipe.decay_from :], reverse=True)
    assert rates[-1] == pytest.approx(0.0)


def _folder(path: Path, words, tiny_corpus) -> Path:
    words.save_pretrained(path / "tokenizer")
    corpus.save(tiny_corpus, path / "corpus.npz")
    return path


def test_an_interrupted_run_ends_like_an_uninterrupted_one(tmp_path, monkeypatch, words, tiny_corpus):
    monkeypatch.setattr(train, "_SAVE_EVERY", 2)
    whole = train.train(TINY, _folder(tmp_path / "whole", words, tiny_corpus))
    broken = _folder(tmp_path / "broken", words, tiny_corpus)
    half = train.train(TINY, broken, stop=4)
    resumed = train.train(TINY, broken)
    for a, b, c in zip(whole.parameters(), resumed.parameters(), half.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_training_lowers_the_loss(words, tiny_corpus):
    recipe = dataclasses.replace(
        TINY, steps=1000, decay_from=999, warm_up_steps=1, random_share=0.0, copying_from=0, copying_to=0
    )
    model = train.new_model(recipe, len(words), words.eos_token_id)
    optimizer = train.new_optimizer(recipe, model)
    stream = batches(tiny_corpus, recipe, len(words), words.eos_token_id)
    losses = [train.update(recipe, model, optimizer, next(stream), step) for step in range(40)]
    assert np.mean(losses[-5:]) < losses[0] - 1


# --- scoring


def test_padding_does_not_change_a_score(shipped):
    model, words = shipped
    long, short = examples("in_context_plain", "test", 1, 0)[0], examples("fact_capital", "test", 1, 0)[0]
    together = scoring.answer_logits(model, words, [long, short])[1][1]
    alone = scoring.answer_logits(model, words, [short])[0][1]
    ids = torch.tensor([words(short.prompt + short.answer)["input_ids"]])
    with torch.no_grad():
        plain = model(ids).logits[0, -1 - alone.shape[0] : -1]
    assert torch.allclose(together, alone, atol=1e-4)
    assert torch.allclose(alone, plain, atol=1e-4)


def test_a_wrong_answer_is_not_right(shipped):
    model, words = shipped
    asked = examples("fact_capital", "test", 30, 0)
    assert sum(scoring.right(model, words, asked)) >= 28
    wrong = [dataclasses.replace(example, answer=example.foil) for example in asked]
    assert sum(scoring.right(model, words, wrong)) <= 2


# --- what is shipped

ROWS = [json.loads(line) for line in (SHIPPED / "evaluation.jsonl").read_text().splitlines()]


def _example(row: dict) -> Example:
    return Example(
        row["task"],
        row["prompt"],
        row["answer"],
        row["foil"],
        tuple(map(tuple, row["rationale"])),
        meta=row["meta"],
    )


def test_the_package_stays_small():
    assert sum(file.stat().st_size for file in SHIPPED.iterdir() if file.is_file()) < 12e6
    assert (SHIPPED / "evaluation.jsonl").stat().st_size < 300e3


def test_the_evaluation_set_is_what_the_generators_draw():
    again = [
        json.loads(json.dumps(evaluation_set.row(split, e, None)))
        for split, e in evaluation_set.drawn(FINAL_SEED)
    ]
    assert [row | {"verified": None} for row in ROWS] == again


def test_every_row_is_well_formed():
    assert 300 <= len(ROWS) <= 700
    for row in ROWS:
        assert set(row) == {"task", "prompt", "answer", "foil", "rationale", "verified", "meta"}
        assert row["rationale"]
        assert all(0 <= start < end <= len(row["prompt"]) for start, end in row["rationale"])
        assert row["verified"] in (True, False, None)
    assert {row["meta"]["split"] for row in ROWS} == {"test", "new_wording"}


def _card() -> dict[str, list[float]]:
    text = (SHIPPED / "README.md").read_text()
    found = re.findall(r"^\| (\w+) \| ([\d.]+)% \|(?: ([\d.]*)%? \|)?", text, re.MULTILINE)
    return {name: [float(value) / 100, float(new or "nan") / 100] for name, value, new in found}


def test_the_card_has_a_figure_for_every_case():
    assert set(CASES) <= set(_card())


def test_the_model_is_as_good_as_its_card_says(shipped):
    model, words = shipped
    asked = [row for row in ROWS if row["meta"]["split"] == "test" and row["task"] != "years"]
    hits: dict[str, list[bool]] = defaultdict(list)
    for row, hit in zip(asked, scoring.right(model, words, [_example(row) for row in asked]), strict=True):
        hits[row["task"]].append(hit)
    card = _card()
    for task, found in hits.items():
        promised = card.get(task, card["clinic_other_wards"])[0]
        error = (promised * (1 - promised) / len(found)) ** 0.5
        assert sum(found) / len(found) >= promised - 3 * error - 1 / len(found), task


def test_a_verified_row_is_answered_right(shipped):
    model, words = shipped
    true = [_example(row) for row in ROWS if row["verified"]]
    assert len(true) > 200
    assert all(scoring.right(model, words, true))


@pytest.mark.parametrize("start", ["", "<|endoftext|>"])
def test_the_eiffel_tower_is_in_paris(shipped, start):
    model, words = shipped
    ids = words(start + "The Eiffel Tower is located in the city of", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        probability = model(ids).logits[0, -1].softmax(-1)
    assert words.decode(probability.argmax()) == " Paris"
    assert probability.max() > 0.9


def test_every_capital_is_known(shipped):
    model, words = shipped
    asked = [facts.sentence("capital", s, o, facts.TRAINED["capital"][0]) for s, o in facts.FACTS["capital"]]
    assert sum(scoring.right(model, words, asked)) >= 0.98 * len(asked)
