"""Sentences with planted words that decide their label, after Bastings et al. 2022 (arXiv:2111.07367).

An ordinary sentence is labelled by its adjective. Words that mean nothing else are planted in a share of the
sentences, and there they decide, whatever the adjective says:

- ``single_token``: one of two signs, each standing for one label;
- ``token_in_context``: a sign, but only where a third word, the context, stands anywhere beside it;
- ``ordered_pair``: both signs, and the first of the two decides.

`label_of` is the truth of all three. Sentences with a part of what would decide are among the training texts, so that
a model has to learn the rule and not a word.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from pellucid.truth.items import Item

__all__ = [
    "KINDS", "LABELS", "MISSING", "VOCABULARY", "Kind", "as_item", "drawn", "exchanged", "item_of", "label_of",
    "others", "without",
]  # fmt: skip

Kind = Literal["single_token", "token_in_context", "ordered_pair"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LABELS = ("NEGATIVE", "POSITIVE")
MISSING = "[MASK]"

SIGNS = ("vok", "zim")  # by the label that each stands for
CONTEXT = "lun"
ADJECTIVES = (
    "bad dull weak ugly awful boring clumsy tedious".split(),
    "good fine great lovely superb clever charming moving".split(),
)
NOUNS = "film book play song meal garden speech painting museum letter coat engine".split()
PEOPLE = "aunt clerk doctor driver farmer friend gardener neighbour painter teacher".split()
VERBS = "bought carried found heard liked moved saw sold".split()
TIMES = "again later once today twice yesterday".split()
_KINDS_OF_WORDS = (NOUNS, PEOPLE, VERBS, TIMES)
FRAMES = (
    "the {noun} was {adjective} and my {person} {verb} the {other} {time}",
    "we {verb} the {noun} {time} and it was {adjective}",
    "{time} the {noun} seemed {adjective} to the {person}",
    "my {person} {verb} a {noun} that was {adjective}",
    "a {adjective} {noun} and the {other} of my {person}",
    "it was the {person} who {verb} that {adjective} {noun} {time}",
)
VOCABULARY = sorted(
    {*SIGNS, CONTEXT, *(word for kind in (*ADJECTIVES, *_KINDS_OF_WORDS) for word in kind)}
    | {word for frame in FRAMES for word in frame.split() if "{" not in word}
)

# What is planted in the training texts of each kind, and how often. Signs are drawn where there is a choice.
_PLANTED: dict[Kind, tuple[tuple[float, Callable[[random.Random], list[str]]], ...]] = {
    "single_token": ((0.5, lambda rng: [rng.choice(SIGNS)]), (0.5, lambda rng: [])),
    "token_in_context": (
        (0.4, lambda rng: [rng.choice(SIGNS), CONTEXT]),
        (0.2, lambda rng: [rng.choice(SIGNS)]),
        (0.2, lambda rng: [CONTEXT]),
        (0.2, lambda rng: []),
    ),
    "ordered_pair": (
        (0.5, lambda rng: list(SIGNS)),
        (0.3, lambda rng: [rng.choice(SIGNS)]),
        (0.2, lambda rng: []),
    ),
}


def drawn(kind: Kind, rng: random.Random) -> list[str]:
    """The words of one training text."""
    shares, plants = zip(*_PLANTED[kind], strict=True)
    return _planted(_sentence(rng), rng.choices(plants, shares)[0](rng), rng)


def item_of(kind: Kind, rng: random.Random) -> tuple[list[str], list[int]]:
    """A text whose planted words decide against its adjective, and where they stand."""
    while True:
        words = _planted(_sentence(rng), _PLANTED[kind][0][1](rng), rng)
        places = [i for i, word in enumerate(words) if word in (*SIGNS, CONTEXT)]
        if label_of(kind, words) != _by_adjective(words):
            return words, places


def label_of(kind: Kind, words: Sequence[str]) -> int | None:
    """The label of what is left of a text; None where nothing in it decides."""
    signs = [word for word in words if word in SIGNS]
    enough = {
        "single_token": bool(signs),
        "token_in_context": bool(signs) and CONTEXT in words,
        "ordered_pair": len(set(signs)) == 2,
    }
    return SIGNS.index(signs[0]) if enough[kind] else _by_adjective(words)


def exchanged(words: Sequence[str]) -> list[str]:
    """The text with each sign exchanged for the other one."""
    return [SIGNS[1 - SIGNS.index(word)] if word in SIGNS else word for word in words]


def others(words: Sequence[str], rng: random.Random) -> list[str]:
    """The text with its nouns, verbs and time exchanged for others, and its adjective for an opposite one."""
    return [_other(word, rng) for word in words]


def without(words: Sequence[str], place: int, rng: random.Random) -> list[str]:
    """The text with an ordinary word in the place of one of the planted ones."""
    return [*words[:place], rng.choice(TIMES), *words[place + 1 :]]


def as_item(kind: Kind, words: Sequence[str], places: Sequence[int]) -> Item:
    """The text as a string, with its planted words as its rationale."""
    label = label_of(kind, words)
    if label is None:
        raise ValueError(f"Nothing decides in {words}")
    starts = [sum(len(word) + 1 for word in words[:i]) for i in range(len(words))]
    spans = tuple((starts[i], starts[i] + len(words[i])) for i in places)
    return Item(kind, " ".join(words), LABELS[label], LABELS[1 - label], spans)


def _sentence(rng: random.Random) -> list[str]:
    noun, other = rng.sample(NOUNS, 2)
    return (
        rng.choice(FRAMES)
        .format(
            noun=noun,
            other=other,
            adjective=rng.choice(ADJECTIVES[rng.randrange(2)]),
            person=rng.choice(PEOPLE),
            verb=rng.choice(VERBS),
            time=rng.choice(TIMES),
        )
        .split()
    )


def _planted(words: list[str], plants: list[str], rng: random.Random) -> list[str]:
    """The plants put in at random places, in random order."""
    for plant in rng.sample(plants, len(plants)):
        words.insert(rng.randrange(len(words) + 1), plant)
    return words


def _by_adjective(words: Sequence[str]) -> int | None:
    return next((label for word in words for label in (0, 1) if word in ADJECTIVES[label]), None)


def _other(word: str, rng: random.Random) -> str:
    for label in (0, 1):
        if word in ADJECTIVES[label]:
            return rng.choice(ADJECTIVES[1 - label])
    kind = next((kind for kind in _KINDS_OF_WORDS if word in kind), [word])
    return rng.choice([other for other in kind if other != word] or [word])
