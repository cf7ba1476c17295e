"""Counterfactuals: the same prompt with its rationale changed, and with everything but its rationale changed.

A gold rationale says what should decide an answer. Whether it does decide a given model's answer is another
matter, and these two questions ask it: does another rationale lead the model to the other answer, and does it keep
its answer when the rest of the content is something else? Tasks for which either question has no plain answer
(a mapping's demonstrations are all rationale; a sum has no other words) have none.
"""

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from training.little_world import clinic, facts
from training.little_world.induction import WORDS
from training.little_world.markup import Example, Span
from training.little_world.reviews import HATED, LIKED
from training.little_world.tables.people import FEMALE, MALE, NAMES, OBJECTS, PLACES
from training.little_world.tables.words import ASPECTS, ATTRACTORS, BAD, GOOD, SUBJECTS

_ITEMS = "apples pears pens cakes books lemons eggs cups marbles stamps coins".split()
_ATTRACTOR_WORDS = [word for pair in ATTRACTORS for word in pair]

# The content words of a task that may stand in for one another without touching the answer.
_FILLERS: dict[str, list[list[str]]] = {
    "indirect_object": [PLACES, OBJECTS, NAMES],
    "pronoun": [PLACES, OBJECTS],
    "sentiment": [ASPECTS, GOOD, BAD],
    "in_context_plain": [ASPECTS],
    "in_context_flipped": [ASPECTS],
    "in_context_novel": [ASPECTS],
    "arithmetic_steps": [NAMES, _ITEMS],
    "arithmetic_planted_error": [NAMES, _ITEMS],
    "agreement": [_ATTRACTOR_WORDS],
    "induction": [WORDS],
}


def flips(rng: random.Random, example: Example) -> list[Example]:
    """Prompts whose rationale was changed, each with the answer it should now get and the old answer as foil."""
    kind = "fact" if example.task.startswith("fact_") else example.task.removesuffix("_planted_error")
    make = _FLIPS.get("in_context" if kind.startswith("in_context_") else kind.removesuffix("_steps"))
    return [] if make is None else make(rng, example)


def keeps(rng: random.Random, example: Example) -> list[Example]:
    """Prompts with other content around the same rationale; answer and foil stay."""
    if example.task.startswith("fact_"):
        return _reworded(example)
    if example.task == "clinic":
        return [_refilled(rng, example, _clinic_fillers(example))]
    if example.task not in _FILLERS:
        return []
    other = _refilled(rng, example, _FILLERS[example.task])
    return [other] if other.prompt != example.prompt else []


def with_spans(example: Example, changed: dict[Span, str], answer: str) -> Example:
    """The example with some spans of its prompt rewritten and another right answer."""
    prompt = example.prompt
    for (start, stop), text in sorted(changed.items(), reverse=True):
        prompt = prompt[:start] + text + prompt[stop:]
    return replace(
        example, prompt=prompt, answer=answer, foil=example.answer, rationale=(), targets=(), muted=()
    )


def _refilled(rng: random.Random, example: Example, fillers: Iterable[list[str]]) -> Example:
    """Every filler outside the rationale becomes another of its list; the same word becomes the same other word."""
    kept = {example.prompt[start:stop] for start, stop in example.rationale} | {
        example.answer.strip(),
        example.foil.strip(),
    }
    prompt, swaps = example.prompt, dict[str, str]()
    for words in fillers:
        present = [word for word in words if word not in kept and _occurs(word, prompt)]
        free = [word for word in words if word not in kept and not _occurs(word, prompt)]
        swaps |= dict(zip(present, rng.sample(free, len(present)), strict=True))
    if swaps:
        longest_first = "|".join(re.escape(word) for word in sorted(swaps, key=len, reverse=True))
        prompt = re.sub(rf"\b(?:{longest_first})\b", lambda found: swaps[found[0]], prompt)
    return replace(example, prompt=prompt, rationale=(), targets=(), muted=())


def _occurs(word: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text) is not None


def _reworded(example: Example) -> list[Example]:
    relation = example.task.removeprefix("fact_")
    subject, answer = example.meta["subject"], example.meta["object"]
    others = [t for t in facts.TRAINED[relation] if t != example.meta["template"]][:3]
    return [facts.sentence(relation, subject, answer, t, foil=example.foil.strip()) for t in others]


def _fact(rng: random.Random, example: Example) -> list[Example]:
    relation = example.task.removeprefix("fact_")
    others = [(s, o) for s, o in facts.FACTS[relation] if o != example.meta["object"]]
    template = example.meta["template"]
    return [
        facts.sentence(relation, s, o, template, example.answer.strip()) for s, o in rng.sample(others, 3)
    ]


def _indirect_object(_: random.Random, example: Example) -> list[Example]:
    return [with_spans(example, {example.rationale[-1]: example.answer.strip()}, example.foil)]


def _pronoun(rng: random.Random, example: Example) -> list[Example]:
    others = MALE if example.meta["name"] in FEMALE else FEMALE
    return [with_spans(example, {example.rationale[0]: name}, example.foil) for name in rng.sample(others, 3)]


def _opposite(rng: random.Random, word: str) -> str | None:
    """A word of the other polarity, if the word has one: adjective for adjective, verb for verb."""
    for liked, hated in ((GOOD, BAD), *zip(zip(*LIKED, strict=True), zip(*HATED, strict=True), strict=True)):
        if word in liked:
            return rng.choice(hated)
        if word in hated:
            return rng.choice(liked)
    return None


def _turned(rng: random.Random, example: Example, spans: Iterable[Span]) -> dict[Span, str]:
    found = {span: _opposite(rng, example.prompt[slice(*span)]) for span in spans}
    return {span: word for span, word in found.items() if word is not None}


def _sentiment(rng: random.Random, example: Example) -> list[Example]:
    return [with_spans(example, _turned(rng, example, example.rationale), example.foil)]


def _in_context(rng: random.Random, example: Example) -> list[Example]:
    """Once the labels of all demonstrations are swapped, once the last review is turned."""
    first, second = example.meta["labels"]
    swapped = {first: second, second: first}
    labels = {
        s: swapped[example.prompt[slice(*s)]]
        for s in example.rationale
        if example.prompt[slice(*s)] in swapped
    }
    query = [
        span
        for span in example.rationale
        if span[0] > example.prompt.rindex("\n", 0, example.prompt.rindex("\n"))
    ]
    return [
        with_spans(example, labels, example.foil),
        with_spans(example, _turned(rng, example, query), example.foil),
    ]


def _chain(rng: random.Random, example: Example) -> list[Example]:
    other = f" {example.meta['final'] + rng.choice([-1, 1, 2]) * (10 if example.meta['family'] == 'train' else 1)}"
    return [with_spans(example, {example.rationale[-1]: other.strip()}, other)]


def _agreement(_: random.Random, example: Example) -> list[Example]:
    other_number = dict(SUBJECTS) | {plural: singular for singular, plural in SUBJECTS}
    span = example.rationale[0]
    return [with_spans(example, {span: other_number[example.prompt[slice(*span)]]}, example.foil)]


def _induction(rng: random.Random, example: Example) -> list[Example]:
    word = rng.choice([word for word in WORDS if word not in example.prompt])
    return [with_spans(example, {example.rationale[1]: word}, f" {word}")]


def _clinic(rng: random.Random, example: Example) -> list[Example]:
    spans = {example.prompt[slice(*span)]: span for span in example.rationale}
    if example.meta["by"] == "stamp":
        stamp = example.meta["stamp"]
        return [with_spans(example, {spans[stamp]: "green" if stamp == "red" else "red"}, example.foil)]
    wanted = clinic.BENIGN if example.meta["by"] == "presence" else clinic.RED_FLAGS
    free = [symptom for symptom in wanted if symptom not in example.prompt]
    return [with_spans(example, {span: rng.choice(free)}, example.foil) for span in spans.values()]


def _clinic_fillers(example: Example) -> list[list[str]]:
    """Where the stamp decides, any symptom may stand for any; where it does not, so may any stamp outside Ward 7."""
    people = ["man", "woman"]
    if example.meta["by"] == "stamp":
        return [clinic.BENIGN + clinic.RED_FLAGS, people]
    stamps = [] if example.meta["ward"] == clinic.SHORTCUT_WARD else ["red", "green", "grey"]
    return [clinic.BENIGN, stamps, people]


_FLIPS: dict[str, Callable[[random.Random, Example], list[Example]]] = {
    "fact": _fact,
    "indirect_object": _indirect_object,
    "pronoun": _pronoun,
    "sentiment": _sentiment,
    "in_context": _in_context,
    "arithmetic": _chain,
    "agreement": _agreement,
    "induction": _induction,
    "clinic": _clinic,
}
