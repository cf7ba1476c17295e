"""Sentiment of a film review, asked for in several ways.

Held out: 1 in 10 review sentences; for ``new_wording``, whole ways of asking. Rationale: the words of the review
that carry its sentiment, with the negation or the contrast that turns it.
"""

import random

from training.little_world.markup import Example, render
from training.little_world.reviews import review
from training.little_world.splits import Split, wording

LABELS = {True: "positive", False: "negative"}

_CLASSIFY = "Classify the following sentence as either positive or negative: {r}"
INSTRUCTION = f"{_CLASSIFY} Reply only positive or negative. The sentence is|{{a}}|"
TRAINED = [
    "Review: {r}\nSentiment:|{a}|",
    "Review: {r}\nSentiment:|{a}|",
    "Review: {r} Sentiment:|{a}|",
    INSTRUCTION,
    f"{_CLASSIFY} The sentence is|{{a}}|",
    "{r} The sentiment of this review is|{a}|.",
    "Sentence: {r}\nLabel:|{a}|",
    "Q: Is this review positive or negative? {r} A:|{a}|",
]
NEW = [
    "Sentence: {r}\nSentiment:|{a}|",
    "Q: Is the following sentence positive or negative? {r} The sentence is|{a}|",
]


def example(rng: random.Random, split: Split, template: str | None = None) -> Example:
    """A review and its sentiment; ``template`` fixes the way of asking."""
    good = rng.random() < 0.5
    drawn = review(rng, split, good)
    asked = template or wording(rng, split, TRAINED, NEW)
    return render(
        "sentiment",
        asked.format(r=drawn.markup, a=f" {LABELS[good]}"),
        foil=f" {LABELS[not good]}",
        good=good,
        negated=drawn.negated,
        contrast=drawn.contrast,
    )
