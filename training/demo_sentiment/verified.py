"""Whether the rationale of an opinion holds for a model: not only what should decide, but what does.

It holds if the model answers right, gives the other answer when the deciding adjectives are exchanged for ones of the
opposite kind, and stays when all other nouns and adjectives are exchanged for others of their kind.
"""

import random
import re
from collections.abc import Callable, Iterator

from training.demo_sentiment.grammar import EVALUATION_WORDS, LABELS, Opinion

TRIES = 3  # changes of each sort that a verified rationale has to stand

Answers = Callable[[list[str]], list[str]]  # of a model: the label of each text


def verified(opinions: list[Opinion], answers: Answers, seed: int = 0) -> list[bool]:
    """For each opinion, whether its rationale holds for the model that answers."""
    rng = random.Random(seed)
    return [_holds(opinion, answers, rng) for opinion in opinions]


def _holds(opinion: Opinion, answers: Answers, rng: random.Random) -> bool:
    turned = [_rewritten(opinion, _opposite, True, rng) for _ in range(TRIES)]
    kept = [_rewritten(opinion, _alike, False, rng) for _ in range(TRIES)]
    answer, foil = LABELS[opinion.label], LABELS[1 - opinion.label]
    return answers([opinion.prompt, *turned, *kept]) == [answer] + [foil] * TRIES + [answer] * TRIES


def _rewritten(
    opinion: Opinion, exchange: Callable[[str, random.Random], str], inside: bool, rng: random.Random
) -> str:
    """The prompt with the words of the lexicon inside the rationale, or outside it, exchanged."""

    def put(found: re.Match[str]) -> str:
        decides = any(start <= found.start() < end for start, end in opinion.rationale)
        return exchange(found[0], rng) if decides == inside else found[0]

    return re.sub(r"\w+", put, opinion.prompt)


def _opposite(word: str, rng: random.Random) -> str:
    for label, adjectives in enumerate(EVALUATION_WORDS.adjectives):
        if word in adjectives:
            return rng.choice(EVALUATION_WORDS.adjectives[1 - label])
    return word


def _alike(word: str, rng: random.Random) -> str:
    many = word.endswith("s") and word[:-1] in EVALUATION_WORDS.nouns
    for kind in _kinds():
        if word.removesuffix("s" if many else "") in kind:
            return rng.choice(kind) + "s" * many
    return word


def _kinds() -> Iterator[tuple[str, ...]]:
    yield EVALUATION_WORDS.nouns
    yield from EVALUATION_WORDS.adjectives
