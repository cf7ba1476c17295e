"""The ways people write what SST-2 writes in its own tokenised ASCII.

SST-2 knows `` do n't ``, doubled back-ticks and no full stops. Readers of Pellucid type "don't", curly quotes,
dashes and full stops, so the classifier must have read those too.
"""

import random
import re

_TYPOGRAPHIC = (("``", "“"), ("''", "”"), ("`", "‘"), ("'", "’"), ("...", "…"), ("--", "—"))
_SPLIT_CONTRACTION = re.compile(r" (n['’]t|['’](?:s|re|ve|ll|d|m))\b")
_SPACE_BEFORE_MARK = re.compile(r" ([,.!?;:])")
_QUOTED = re.compile(r"(``|`|“|‘) (.*?) (''|'|”|’)(?= |$)")
_TIGHT = {"``": '"', "''": '"', "`": "'"}


def typographic(sentence: str) -> str:
    """Every ASCII quote, apostrophe, ellipsis and double hyphen in its typographic form."""
    for plain, curly in _TYPOGRAPHIC:
        sentence = sentence.replace(plain, curly)
    return sentence


def natural(sentence: str) -> str:
    """SST-2's split words joined as people write them: "do n't" becomes "don't", " ," becomes ",".

    Quotation marks close up round their words unless another mark follows them at once.
    """
    sentence = _SPLIT_CONTRACTION.sub(r"\1", sentence)
    sentence = _SPACE_BEFORE_MARK.sub(r"\1", sentence)
    return _QUOTED.sub(_tight_quotes, sentence)


def _tight_quotes(found: re.Match[str]) -> str:
    opening, quoted, closing = found.groups()
    return _TIGHT.get(opening, opening) + quoted + _TIGHT.get(closing, closing)


def dashed(sentence: str) -> str:
    """Commas written as em dashes and an ellipsis at the end: marks that SST-2 itself does not have."""
    return typographic(sentence).replace(" , ", " — ").rstrip(" .") + " …"


def respell(sentence: str, rng: random.Random) -> str:
    """One of the ways the sentence could have been typed, drawn at random; a quarter of draws leave it alone."""
    if rng.random() < 0.25:
        return sentence
    sentence = _other_commas(sentence, rng)
    sentence = sentence + rng.choice(("", "", " .", " .", " ...", " !" if sentence.endswith("!") else " ."))
    if rng.random() < 0.5:
        sentence = typographic(sentence)
    if rng.random() < 0.5:
        sentence = natural(sentence)
    return sentence


def _other_commas(sentence: str, rng: random.Random) -> str:
    """Some commas as a dash, an ellipsis, a semicolon or a bracket's neighbour; most stay commas."""
    parts = sentence.split(" , ")
    marks = [
        rng.choice((" -- ", " – ", " — ", " ... ", " ; ")) if rng.random() < 0.2 else " , " for _ in parts
    ]
    return "".join(part + mark for part, mark in zip(parts, marks, strict=True))[: -len(marks[-1])]
