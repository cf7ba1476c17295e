"""A grammar of film reviews in one sentence, whose sentiment, and the words that make it, are known.

A clause is good or bad by an adjective or a verb, or by the opposite one under a negation. A sentence joins
clauses; where they disagree the main clause wins ("[despite] its big budget, the plot was [dull]").
Held out: 1 in 10 sentences.
"""

import random
import re
from typing import NamedTuple

from training.little_world.markup import capitalised, without_marks, without_rationale
from training.little_world.splits import Split, draw
from training.little_world.tables.words import ASPECTS, BAD, GOOD

# past tense and bare form
LIKED = [
    ("loved", "love"),
    ("enjoyed", "enjoy"),
    ("adored", "adore"),
    ("admired", "admire"),
    ("liked", "like"),
]
HATED = [
    ("hated", "hate"),
    ("disliked", "dislike"),
    ("despised", "despise"),
    ("regretted", "regret"),
    ("detested", "detest"),
]
_VERY = ["", "", "", "very ", "really ", "truly ", "quite ", "so ", "absolutely ", "rather "]

# share -> clause; {adj} {verb} have the clause's polarity, {opp} {opp_verb} the other one
_PLAIN = {
    "the {aspect} {be} {very}[{adj}]": 34,
    "the {aspect} {be} [{adj}] and [{adj2}]": 10,
    "{this} a {very}[{adj}] {aspect}": 10,
    "I {really}[{verb}] the {aspect}": 8,
}
_NEGATED = {
    "the {aspect} {be} [not] {a_bit}[{opp}]{at_all}": 14,
    "the {aspect} {be} [{never}] [{opp}]": 8,
    "I did [not] [{opp_verb}] the {aspect}": 4,
    "I [never] [{opp_verb}] the {aspect}": 4,
    "[nothing] about the {aspect} {be} [{opp}]": 8,
}
_CLAUSES = _PLAIN | _NEGATED
# {main} and {same} have the sentence's polarity; {other} and {concession} the other one, and do not count
_AGREEING = {"{main}": 55, "{main}, and {same}": 10}
_CONTRASTING = {
    "[despite] {concession}, {main}": 9,
    "[{although}] {other}, {main}": 10,
    "{other}, [but] {main}": 10,
    "{main}, [even though] {other}": 6,
}
_SENTENCES = _AGREEING | _CONTRASTING
_FLAWS = ["some flaws", "a few problems", "its long length", "some weak scenes"]
_MERITS = ["some good moments", "a famous cast", "its big budget", "some nice scenes"]


class Review(NamedTuple):
    """A review as mark-up (the rationale marked), and how it says what it says."""

    markup: str
    negated: bool
    contrast: bool


def clause(rng: random.Random, good: bool, negated: bool | None = None) -> str:
    """A clause of the wanted polarity, with or without a negation (None: drawn)."""
    clauses = {None: _CLAUSES, True: _NEGATED, False: _PLAIN}[negated]
    pattern = rng.choices(list(clauses), list(clauses.values()))[0]
    adjectives, verbs = (GOOD, LIKED) if good else (BAD, HATED)
    opposites, opposite_verbs = (BAD, HATED) if good else (GOOD, LIKED)
    be = rng.choice(["is", "was"])
    return pattern.format(
        aspect=rng.choice(ASPECTS),
        be=be,
        this="this is" if be == "is" else "it was",
        very=rng.choice(_VERY),
        really=rng.choice(["", "really ", "truly "]),
        a_bit=rng.choice(["", "very ", "really "]),
        at_all=rng.choice(["", " at all"]),
        never=rng.choice(["never", "hardly"]),
        adj=rng.choice(adjectives),
        adj2=rng.choice(adjectives),
        verb=rng.choice(verbs)[0],
        opp=rng.choice(opposites),
        opp_verb=rng.choice(opposite_verbs)[1],
    )


def sentence(rng: random.Random, good: bool) -> Review:
    """A whole sentence whose main clause has the wanted polarity."""
    pattern = rng.choices(list(_SENTENCES), list(_SENTENCES.values()))[0]
    negated = rng.random() < 0.38
    markup = pattern.format(
        main=clause(rng, good, negated),
        same=clause(rng, good),
        other=without_rationale(clause(rng, not good)),
        concession=rng.choice(_FLAWS if good else _MERITS),
        although=rng.choice(["although", "even though", "while"]),
    )
    with_articles = re.sub(r"\ba (\[?[aeiou])", r"an \1", capitalised(markup))
    return Review(with_articles + ".", negated, pattern in _CONTRASTING)


def review(rng: random.Random, split: Split, good: bool) -> Review:
    """A sentence of the split."""

    def make() -> tuple[tuple[object, ...], Review]:
        drawn = sentence(rng, good)
        return ("review", without_marks(drawn.markup)), drawn

    return draw(split, make)


def short_review(rng: random.Random, split: Split, good: bool) -> Review:
    """A review for a block of demonstrations: three in four are "The plot was dull." and never held out."""
    if rng.random() < 0.25:
        return review(rng, split, good)
    adjective = rng.choice(GOOD if good else BAD)
    aspect, be, very = rng.choice(ASPECTS), rng.choice(["is", "was"]), rng.choice(_VERY)
    return Review(f"The {aspect} {be} {very}[{adjective}].", negated=False, contrast=False)
