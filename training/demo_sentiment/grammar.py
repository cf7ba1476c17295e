"""A small grammar of opinions whose deciding words are known.

A frame is a sentence with slots: `{a}` and `{c}` are adjectives of the deciding polarity, `{b}` is one of the
opposite polarity, `{noun}` and `{other}` are two things. Square brackets mark the words that decide the answer
(the gold rationale); they are taken out when the frame is written. A negating frame turns the polarity round.

Training and evaluation share no frame, adjective or noun, so what the evaluation measures is not recall.
"""

import random
from typing import NamedTuple

LABELS = ("NEGATIVE", "POSITIVE")


class Frame(NamedTuple):
    kind: str
    text: str
    negates: bool = False


class Lexicon(NamedTuple):
    adjectives: tuple[tuple[str, ...], tuple[str, ...]]  # negative, positive: indexed by label
    nouns: tuple[str, ...]


class Opinion(NamedTuple):
    kind: str
    prompt: str
    label: int
    rationale: list[tuple[int, int]]  # character spans of `prompt`


def write(frame: Frame, label: int, lexicon: Lexicon, rng: random.Random) -> Opinion:
    """One sentence of the frame whose right answer is `label`."""
    polarity = 1 - label if frame.negates else label
    a, c = rng.sample(lexicon.adjectives[polarity], 2)
    b = rng.choice(lexicon.adjectives[1 - polarity])
    noun, other = rng.sample(lexicon.nouns, 2)
    marked = frame.text.format(a=a, b=b, c=c, noun=noun, other=other)
    prompt, rationale = _unmark(marked)
    return Opinion(frame.kind, prompt, label, rationale)


def _unmark(marked: str) -> tuple[str, list[tuple[int, int]]]:
    prompt, spans, start = "", [], 0
    for character in marked:
        if character == "[":
            start = len(prompt)
        elif character == "]":
            spans.append((start, len(prompt)))
        else:
            prompt += character
    return prompt, spans


TRAINING_WORDS = Lexicon(
    adjectives=(
        tuple(
            "bad dull boring awful stupid tedious lame predictable terrible clumsy silly shallow weak flat bland "
            "lifeless tiresome poor ugly annoying".split()
        ),
        tuple(
            "good great funny moving clever charming brilliant wonderful entertaining touching beautiful exciting "
            "fresh convincing gripping enjoyable delightful witty superb excellent".split()
        ),
    ),
    nouns=tuple("film movie plot acting script story ending dialogue direction music cast picture".split()),
)

EVALUATION_WORDS = Lexicon(
    adjectives=(
        tuple(
            "horrible dreadful disappointing pointless forgettable sloppy messy painful mediocre disgusting lousy "
            "pathetic".split()
        ),
        tuple(
            "fascinating lovely hilarious inspiring amazing fantastic elegant impressive thrilling perfect "
            "graceful remarkable".split()
        ),
    ),
    nouns=tuple("book concert novel album play performance exhibition game lecture dance".split()),
)

# Written as SST-2 writes, so that the respelling of training treats both alike.
TRAINING_FRAMES = (
    Frame("plain", "the {noun} is [{a}]"),
    Frame("plain", "i found this {noun} [{a}] and [{c}]"),
    Frame("plain", "it is a {noun} that feels [{a}]"),
    Frame("negation", "the {noun} is [not] [{a}]", negates=True),
    Frame("negation", "the {noun} is [n't] very [{a}]", negates=True),
    Frame("negation", "it is [never] [{a}]", negates=True),
    Frame("negation", "there is [nothing] [{a}] about this {noun}", negates=True),
    Frame("negation", "this {noun} is [far from] [{a}]", negates=True),
    Frame("negation", "the {noun} is [hardly] [{a}]", negates=True),
    Frame("negation", "i did [n't] find the {noun} [{a}]", negates=True),
    Frame("negation", "[no one] could say that this {noun} is [{a}]", negates=True),
    Frame("contrast", "the {noun} is {b} , [but] the {other} is [{a}]"),
    Frame("contrast", "{b} at first , [but] [{a}] in the end"),
    Frame("concession", "[though] the {noun} is {b} , the {other} is [{a}]"),
    Frame("concession", "[despite] the {b} {noun} , this is a {other} that feels [{a}]"),
    Frame("correction", "the {noun} is not {b} , it is [{a}]"),
)

EVALUATION_FRAMES = (
    Frame("plain", "Honestly, the {noun} was [{a}]."),
    Frame("plain", "We came home late; the {noun} had been [{a}]."),
    Frame("plain", "My friends called last night’s {noun} [{a}]."),
    Frame("plain", "Such [{a}], [{c}] work!"),
    Frame("long", "The {noun} began at eight, lasted two hours and was [{a}]."),
    Frame("long", "My cousin, who lives above the café, thought the {noun} was [{a}]."),
    Frame("negation", "The {noun} was [not] [{a}].", negates=True),
    Frame("negation", "The {noun} [wasn't] [{a}].", negates=True),
    Frame("negation", "Her new {noun} [isn’t] [{a}] at all.", negates=True),
    Frame("negation", "For me his {noun}s are [never] [{a}].", negates=True),
    Frame("negation", "I saw [nothing] [{a}] in the {noun}.", negates=True),
    Frame("negation", "We would [not] call the {noun} [{a}].", negates=True),
    Frame("new negator", "The {noun} was [by no means] [{a}].", negates=True),
    Frame("new negator", "The {noun} was [anything but] [{a}].", negates=True),
    Frame("contrast", "The {noun} looked {b} — [but] the {other} was [{a}]."),
    Frame("contrast", "I expected a {b} {noun}… [but] it turned out [{a}]."),
    Frame("concession", "[Although] the {noun} was {b}, the {other} was [{a}]."),
    Frame("concession", "The {noun} was [{a}], [even though] its opening was {b}."),
    Frame("correction", "Their {noun} was not “{b}”: it was [{a}]."),
)


def training(seed: int, each: int) -> list[Opinion]:
    """`each` sentences of every training frame and label."""
    return _draw(TRAINING_FRAMES, TRAINING_WORDS, seed, each)


def evaluation(seed: int, each: int) -> list[Opinion]:
    """`each` different sentences of every evaluation frame and label."""
    return _draw(EVALUATION_FRAMES, EVALUATION_WORDS, seed, each)


def _draw(frames: tuple[Frame, ...], lexicon: Lexicon, seed: int, each: int) -> list[Opinion]:
    rng = random.Random(seed)
    drawn: dict[str, Opinion] = {}
    for frame in frames:
        for label in (0, 1):
            wanted = len(drawn) + each
            while len(drawn) < wanted:
                opinion = write(frame, label, lexicon, rng)
                drawn.setdefault(opinion.prompt, opinion)
    return list(drawn.values())
