"""A prompt of 4,000 tokens, one sentence of which holds the answer: found in a tenth of the forwards of leaving out.

``python -m tests.known.test_long_prompt`` says what it takes in a process of its own.
"""

from __future__ import annotations

import random
import resource
import sys

import numpy as np
import pytest

import pellucid
from pellucid.core.explanation import Explanation
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.known.lookup import CONTEXT, PLANTED, WORDS, long_prompt, lookup_model

LONG = (398, 217)  # sentences around the planted one, and its place: 4,000 tokens with the question


@pytest.fixture(scope="module")
def model() -> HuggingFaceModel:
    return lookup_model()


def explained(
    model: HuggingFaceModel, sentences: int, place: int, by: str = "hierarchical_shapley", seed: int = 0
) -> Explanation:
    model.memo.clear()
    return pellucid.explain(model, long_prompt(sentences, place, seed), by=by)


def best(why: Explanation, count: int) -> set[str]:
    top = np.argsort(-why.credit(), kind="stable")[:count]
    return {why.text.slice(why.text.features[i]).strip() for i in top}


def of_sentences(why: Explanation) -> np.ndarray:
    """The credit of each sentence that is not the question."""
    spans = [(f.start, f.end) for f in why.text.cut("sentence").features]
    starts = np.array([f.start for f in why.text.features])
    return np.array([why.credit()[(starts >= a) & (starts < b)].sum() for a, b in spans])


def test_the_model_says_what_stood_behind_the_word_before(model: HuggingFaceModel) -> None:
    """Its rule, on words in random order of which one comes again."""
    draw = random.Random(0)
    for _ in range(20):
        words = draw.sample(WORDS[1:], 40)
        again = draw.randrange(1, 39)
        (said,) = model.generate([" ".join([*words, words[again]])], max_tokens=1)
        assert said.strip() == words[again + 1]


def test_two_words_decide(model: HuggingFaceModel) -> None:
    why = explained(model, 8, 5, "leave_one_out")
    assert why.target.answer.strip() == "amber"
    assert why.provenance.forwards >= len(why.text.features) + 1  # one a feature, and the whole
    assert best(why, 2) == {"reads", "amber"}
    others = np.sort(why.credit())[:-2]
    assert np.abs(others).max() < 0.01 * why.credit().max()


def test_4000_tokens(model: HuggingFaceModel) -> None:
    why = explained(model, *LONG)
    assert len(model.tokenizer(why.text.string)["input_ids"]) == 4000 < CONTEXT
    assert why.target.answer.strip() == "amber"
    flat = len(why.text.features) + 1
    assert why.provenance.forwards < flat / 10
    check(why, LONG[1])


@pytest.mark.parametrize(("sentences", "place", "seed"), [(98, 0, 1), (98, 98, 2), (61, 40, 3)])
def test_wherever_it_stands(model: HuggingFaceModel, sentences: int, place: int, seed: int) -> None:
    why = explained(model, sentences, place, seed=seed)
    assert why.provenance.forwards < (len(why.text.features) + 1) / 2
    check(why, place)


def check(why: Explanation, place: int) -> None:
    """The planted sentence carries the credit, its two words come first, and they were told apart."""
    credits = of_sentences(why)
    assert credits.argmax() == place
    assert credits[place] > 0.95 * credits.sum()
    assert best(why, 2) == {"reads", "amber"}
    group = why.data["group"].to_numpy()
    first, second = np.argsort(-why.credit(), kind="stable")[:2]
    assert (group == group[first]).sum() == (group == group[second]).sum() == 1
    assert PLANTED in why.text.string


def main() -> None:
    """What 4,000 tokens take, on one thread."""
    import torch

    torch.set_num_threads(1)
    model = lookup_model()
    pellucid.explain(model, long_prompt(8, 5), by="hierarchical_shapley")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    used = explained(model, *LONG).provenance
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    sys.stdout.write(
        f"{used.forwards} forwards, {used.tokens} tokens, {used.seconds:.1f} s, {more:.0f} MB more than at rest\n"
    )


if __name__ == "__main__":
    main()
