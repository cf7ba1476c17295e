"""The bundled classifier: reads typography, knows its offsets, and is as accurate as its card says."""

import json
import random
import re
from pathlib import Path

import pytest
import torch

from training.demo_sentiment import distil, evaluate, evaluation, grammar, missing, spelling, sst2
from training.demo_sentiment.verified import verified

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "src/pellucid/models/bundled/demo_sentiment"
DEV = ROOT.parent / "shared/data/sst2/dev.tsv"
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")
ROUNDING = 0.0006  # the card gives tenths of a percent
TYPOGRAPHIC = "“Amélie” — a café tale… isn’t it ‘naïve’ – or cut–rate? Ægir’s smørrebrød costs 5 €."


@pytest.fixture(scope="module")
def classifier() -> evaluate.Classifier:
    return evaluate.load(FOLDER)


def carded(name: str) -> float:
    """A percentage the card states in the row `| name | ... % |`, as a share."""
    found = re.search(rf"^\| {re.escape(name)} \|.*?([\d.]+)% \|$", CARD, re.MULTILINE)
    assert found, f"the card has no row {name!r}"
    return float(found[1]) / 100


def test_offsets_point_at_the_very_characters(classifier: evaluate.Classifier) -> None:
    encoded = classifier.tokenizer(TYPOGRAPHIC, return_offsets_mapping=True, add_special_tokens=False)
    spans = encoded["offset_mapping"]
    covered = "".join(TYPOGRAPHIC[start:end] for start, end in spans)
    assert covered == TYPOGRAPHIC.replace(" ", "")
    assert [TYPOGRAPHIC[start:end] for start, end in spans if end - start == 1 and TYPOGRAPHIC[start] in "“”—…’‘–"] == [
        "“", "”", "—", "…", "’", "‘", "’", "–", "–", "’",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["—", "–", "“", "”", "‘", "’", "…", "é", "café", "naïve", "ø", "œ", "·", "€", "•", "½"]
)
def test_printed_characters_are_known(classifier: evaluate.Classifier, text: str) -> None:
    pieces = classifier.tokenizer.tokenize(f"so {text} then")
    assert len(pieces) >= 3
    assert "[UNK]" not in pieces


def test_what_no_english_text_holds_is_unknown(classifier: evaluate.Classifier) -> None:
    assert classifier.tokenizer.tokenize("好") == ["[UNK]"]


def test_long_text_is_not_cut_without_being_asked(classifier: evaluate.Classifier) -> None:
    assert len(classifier.tokenizer("good " * 300)["input_ids"]) == 302


def test_every_frame_marks_the_words_it_means() -> None:
    for opinion in grammar.evaluation(evaluation.SEED, evaluation.EACH):
        words = [opinion.prompt[start:end] for start, end in opinion.rationale]
        lexicon = grammar.EVALUATION_WORDS.adjectives
        deciding = [label for label in (0, 1) for word in words if word in lexicon[label]]
        assert deciding, opinion
        turned = opinion.kind in ("negation", "new negator")
        assert set(deciding) == {1 - opinion.label if turned else opinion.label}, opinion
        if turned:
            assert re.fullmatch(r"not|wasn't|isn’t|never|nothing|by no means|anything but", words[0])
        if opinion.kind in ("contrast", "concession"):
            assert {"but", "Although", "even though"} & set(words)


def test_training_and_evaluation_share_no_word_frame_or_noun() -> None:
    for label in (0, 1):
        assert not set(grammar.TRAINING_WORDS.adjectives[label]) & set(
            grammar.EVALUATION_WORDS.adjectives[label]
        )
    assert not set(grammar.TRAINING_WORDS.nouns) & set(grammar.EVALUATION_WORDS.nouns)
    assert not {f.text.lower() for f in grammar.TRAINING_FRAMES} & {
        f.text.lower() for f in grammar.EVALUATION_FRAMES
    }


def test_the_bundled_rows_are_what_the_grammar_writes() -> None:
    lines = (FOLDER / "evaluation.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    written = evaluation.rows(lambda texts: texts)  # answers that are no labels: nothing is verified
    assert [{**row, "verified": False} for row in rows] == written
    assert len({row["prompt"] for row in rows}) == len(rows)


def test_the_bundled_rows_say_which_rationales_hold(demo_sentiment) -> None:
    """The first rows again, by the shipped model; a model that never turns has none."""
    some = grammar.evaluation(evaluation.SEED, evaluation.EACH)[:12]
    lines = (FOLDER / "evaluation.jsonl").read_text(encoding="utf-8").splitlines()
    kept = [json.loads(line)["verified"] for line in lines]
    assert verified(some, demo_sentiment.generate) == kept[:12]
    assert sum(kept) == 137
    assert not any(verified(some, lambda texts: ["NEGATIVE"] * len(texts)))


def test_generated_accuracy_is_the_card_s(classifier: evaluate.Classifier) -> None:
    measured = evaluate.on_generated(classifier)
    assert len(measured) == 8
    for kind, figures in measured.items():
        assert figures["accuracy"] == pytest.approx(carded(kind), abs=ROUNDING), kind


def test_with_everything_masked_the_answer_is_near_neutral(classifier: evaluate.Classifier) -> None:
    positive = evaluate.nothing_left(classifier)
    assert all(0.3 < p < 0.7 for p in positive.values()), positive


def test_one_row_of_a_padded_batch_answers_as_alone(classifier: evaluate.Classifier) -> None:
    together = distil.logits(*classifier, ["Dull.", "A long and rather lovely evening — with friends."])
    assert torch.allclose(together[:1], distil.logits(*classifier, ["Dull."]), atol=1e-5)


def test_respelling_changes_marks_and_never_words() -> None:
    sentence = "i do n't mind `` it '' much , it 's fine"
    assert spelling.natural(sentence) == "i don't mind \"it\" much, it's fine"
    assert spelling.natural(spelling.typographic(sentence)) == "i don’t mind “it” much, it’s fine"
    assert spelling.dashed("slow , but good") == "slow — but good …"


def test_masking_hides_whole_words_and_no_special_piece(classifier: evaluate.Classifier) -> None:
    encoded = classifier.tokenizer(["a smørrebrød", "dull"], padding=True, return_tensors="pt")
    mask = classifier.tokenizer.mask_token_id
    ids = missing.mask_words(encoded, [1.0, 0.0], mask, random.Random(0))
    special = torch.isin(encoded["input_ids"], torch.tensor(classifier.tokenizer.all_special_ids))
    assert (ids[0][~special[0]] == mask).all()
    assert (ids[special] == encoded["input_ids"][special]).all()
    assert (ids[1] == encoded["input_ids"][1]).all()


@pytest.mark.skipif(not DEV.exists(), reason="SST-2 is not part of the repository")
def test_dev_accuracy_is_the_card_s(classifier: evaluate.Classifier) -> None:
    dev = sst2.read(DEV)
    measured = evaluate.by_spelling(classifier, dev, ["as SST-2 writes", "typographic"])
    assert len(measured) == 2
    for name, figures in measured.items():
        assert figures["accuracy"] == pytest.approx(carded(name), abs=ROUNDING + 1 / len(dev)), name
        assert figures["unknown"] == 0.0
    assert measured["typographic"]["agreement"] > 0.98


def test_the_folder_is_small_enough_to_bundle() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 28_000_000
    assert (FOLDER / "evaluation.jsonl").stat().st_size < 60_000
