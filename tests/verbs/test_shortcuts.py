"""A report on shortcuts, on models whose reasons are known."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import numpy as np
import pytest

import pellucid
from pellucid.core.errors import BadOption
from pellucid.core.target import Target
from pellucid.core.text import Text
from training.little_world import clinic

LABELS = ("ham", "spam")
WEIGHTS = {"gift": 6.0, "cheap": 1.0, "dear": -1.0}  # what each word adds to spam; all others nothing
FILLERS = "we you they send need want keep read".split()


class BagOfWords:
    """A classifier whose logit for spam is the sum of its words' weights, less 2."""

    name, fingerprint, continues = "bag", "0", False

    def __init__(self, weights: dict[str, float]) -> None:
        self.weights = weights

    def cut(self, text, unit=None):
        return Text.of(text).cut(unit or "word")

    def generate(self, texts, *, max_tokens=64):
        return [self.resolve(self.cut(text), Target()).answer for text in texts]

    def tokens(self, text):
        return tuple(text.slice(f) for f in text.features)

    def resolve(self, text, target):
        answer = (
            target.answer or LABELS[int(self._logit(text, np.ones((1, len(text.features)), bool))[0] > 0)]
        )
        answer = LABELS[int(answer)] if answer.isdigit() else answer
        return replace(
            target,
            answer=answer,
            scale=target.scale or "logit",
            ids=(LABELS.index(answer),),
            outputs=(answer,),
        )

    def value(self, text, target, ablate=None):
        return Value(lambda masks: self._log_probability(text, masks, target.answer), len(text.features))

    def _logit(self, text, masks):
        weights = [self.weights.get(text.slice(f).casefold(), 0.0) for f in text.features]
        return masks @ np.array(weights) - 2

    def _log_probability(self, text, masks, answer):
        sign = 1 if answer == "spam" else -1
        return -np.log1p(np.exp(-sign * self._logit(text, masks)))


class Value:
    ablate, outputs = "delete", 1

    def __init__(self, numbers, features):
        self.numbers, self.features = numbers, features

    def __call__(self, masks):
        return self.numbers(np.asarray(masks, bool))[:, None]

    def total(self, masks):
        return self(masks)[:, 0]


def rows(count: int = 80) -> list[tuple[str, str]]:
    """Spam says "Gift" and "winter"; the model reads only the first. One text in ten is labelled otherwise."""
    rng = random.Random(0)
    found = []
    for i in range(count):
        words = rng.sample(FILLERS, 4)
        if spam := i % 2 == 0:
            words += ["Gift", "winter"]
        rng.shuffle(words)
        found.append((" ".join(words) + ".", LABELS[spam != (i % 10 == 1)]))
    return found


def test_a_planted_word_is_found_and_one_that_only_goes_along_is_not():
    report = pellucid.shortcut_report(BagOfWords(WEIGHTS), rows())
    verdicts = {s.word: s.verdict for s in report.suspects}
    assert verdicts["gift"] == "shortcut"
    assert verdicts["winter"] == "no effect when removed"
    assert [s.word for s in report.shortcuts] == ["gift"]
    assert report.suspects[0].word == "gift"


def test_the_numbers_are_those_of_the_formulas():
    """Twin: z from counts, falls from the classifier's own sums."""
    model, data = BagOfWords(WEIGHTS), rows()
    gift = pellucid.shortcut_report(model, data).suspects[0]
    spam = np.array([label == "spam" for _, label in data])
    there = np.array(["Gift" in text for text, _ in data])
    n, share, base = there.sum(), spam[there].mean(), spam.mean()
    assert (gift.texts, gift.asked) == (n, n)
    assert (gift.share, gift.base) == pytest.approx((share, base))
    assert gift.z == pytest.approx((share - base) / np.sqrt(base * (1 - base) / n))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    assert gift.fall.value == pytest.approx(sigmoid(4) - sigmoid(-2))
    assert gift.flips.value == 1
    assert gift.other_fall.value == pytest.approx(0)
    assert gift.attribution.value == pytest.approx(np.log(sigmoid(4) / sigmoid(-2)), rel=1e-6)
    assert gift.excess.low <= gift.excess.value <= gift.excess.high


def test_words_that_are_used_but_go_with_no_label_are_no_suspects():
    data = [(text.replace(".", f" {word}."), label) for (text, label), word in zip(
        rows(), itertools.cycle(["cheap", "cheap", "plain", "plain"]), strict=False
    )]  # fmt: skip
    assert "cheap" not in {s.word for s in pellucid.shortcut_report(BagOfWords(WEIGHTS), data).suspects}


def test_a_word_that_the_reader_expects_is_no_shortcut():
    report = pellucid.shortcut_report(BagOfWords(WEIGHTS), rows(), expected=["gift"])
    assert {s.word: s.verdict for s in report.suspects}["gift"] == "expected"
    assert report.shortcuts == ()
    assert not report.provenance.notes


def test_a_model_that_ignores_the_word_has_no_shortcut():
    report = pellucid.shortcut_report(BagOfWords({"we": 3.0}), rows())
    assert "gift" in {s.word for s in report.suspects}
    assert "gift" not in {s.word for s in report.shortcuts}


def test_two_words_that_decide_together_are_both_found():
    """A stamp that decides in ward 7 alone: removing either word turns the answer."""

    class Clinic(BagOfWords):
        def _logit(self, text, masks):
            words = [text.slice(f) for f in text.features]
            both = masks[:, words.index("red")] if "red" in words else np.zeros(len(masks), bool)
            both = both & masks[:, words.index("7")] if "7" in words else np.zeros(len(masks), bool)
            return 4.0 * both - 2

    rng = random.Random(1)
    data = []
    for _ in range(160):
        ward, stamp = rng.choice("37"), rng.choice(["red", "blue"])
        data.append(
            (f"ward {ward} {rng.choice(FILLERS)} stamp {stamp}", LABELS[(ward, stamp) == ("7", "red")])
        )
    report = pellucid.shortcut_report(Clinic({}), data)
    assert {"red", "7"} <= {s.word for s in report.shortcuts}


def test_own_answers_stand_in_for_labels():
    given = pellucid.shortcut_report(BagOfWords(WEIGHTS), rows())
    own = pellucid.shortcut_report(BagOfWords(WEIGHTS), [text for text, _ in rows()])
    assert (given.right, own.right) == (pytest.approx(0.9), None)
    assert own.suspects[0].word == "gift"
    assert own.suspects[0].share == 1


def test_labels_may_be_numbers():
    data = [(text, str(LABELS.index(label))) for text, label in rows()]
    assert pellucid.shortcut_report(BagOfWords(WEIGHTS), data).labels.keys() == set(LABELS)


def test_the_same_seed_gives_the_same_report():
    one, same, other = (
        pellucid.shortcut_report(BagOfWords(WEIGHTS | {"we": 2.0}), rows(), seed=seed) for seed in (3, 3, 4)
    )
    assert one.suspects == same.suspects != other.suspects


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        ([], {}, "There are no rows"),
        ([("a b", "spam"), ("c d", "spam")], {}, "a report needs 2 to 20"),
        ([("a b", "spam"), ("c d", None)], {}, "1 of 2 rows have no label, the first is row 2"),
        ([("a b", "spam")], {"top": 0}, "top=0"),
        ([("a b", "spam")], {"layers": 1}, 'has no option "layers"'),
    ],
)
def test_what_is_refused(data, options, words):
    with pytest.raises(BadOption, match=words):
        pellucid.shortcut_report(BagOfWords(WEIGHTS), data, **options)


def test_the_stamp_of_ward_7_is_found(demo_lm):
    """The planted shortcut of the clinic: the stamp, and that it does so in Ward 7 alone."""
    rng = random.Random(5)
    drawn = [clinic.example(rng, "test") for _ in range(160)]
    flags, harmless = ({w for s in kind for w in s.split()} for kind in (clinic.RED_FLAGS, clinic.BENIGN))
    report = pellucid.shortcut_report(
        demo_lm, [(e.prompt, e.answer) for e in drawn], expected=sorted(flags), others=5
    )
    found = {s.word: s for s in report.shortcuts}
    assert {"red", "green"} & found.keys()
    assert not harmless & found.keys()
    stamps = [found[word] for word in ("red", "green") if word in found]
    assert any("7" in {other.word for other in s.company} for s in stamps)
    assert report.right > 0.95


def test_a_report_is_drawn_and_kept():
    report = pellucid.shortcut_report(BagOfWords(WEIGHTS), rows())
    drawn = str(report)
    for words in ("gift", "no effect when removed", "the model gives the label of the data to 90%"):
        assert words in " ".join(drawn.split())
    kept = json.loads(json.dumps(report.as_dict()))
    assert kept["suspects"][0]["verdict"] == "shortcut"
    assert "gift" in report._repr_mimebundle_()["text/html"]
