"""Find words that a model takes a label from: they go with it in the data, and the answer falls without them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pellucid.core.errors import BadOption
from pellucid.core.progress import meter, metered
from pellucid.core.registry import check_options, find
from pellucid.core.shortcuts import ShortcutReport, Suspect
from pellucid.core.text import Text
from pellucid.verbs._read_texts import ReadText, read_texts
from pellucid.verbs._removed_words import Removed, judged
from pellucid.verbs.access import check_access, opened
from pellucid.verbs.explain import DEFAULT_METHOD, record

__all__ = ["shortcut_report"]

NOTE = "A word that decides may be a good reason: name those in expected (--expected)."


def shortcut_report(
    model: Any,
    rows: Sequence[str | Text | tuple[str | Text, str | None]],
    *,
    by: str = DEFAULT_METHOD,
    top: int = 10,
    min_count: int = 5,
    min_z: float = 2.0,
    others: int = 10,
    expected: Sequence[str] = (),
    draws: int = 1000,
    seed: int = 0,
    **options: Any,
) -> ShortcutReport:
    """Words that go with a label in a data set, get credit for it, and that the model's answer falls without.

    Three steps, of which only the last is about cause. **Association** (Gardner et al. 2021, arXiv:2104.08646): of n
    texts with a word, a share p has the label; ``z = (p - p0) / sqrt(p0 (1 - p0) / n)``, with p0 the label's share of
    all texts (theirs is 1 / labels, for balanced data). **Attribution** (Wang et al. 2022, arXiv:2110.07736): the mean
    credit of the word for the answer by a method. The ``top`` words of highest z times credit are suspects.
    **Removal**: in each text with the word that the model gives the label, how far the label's probability falls
    without the word, less how far it falls without as many other words of the same text; the mean has a bootstrap
    interval over texts, and a suspect is a shortcut where that lies above 0.

    ``rows``: texts, or pairs (text, label); where no label is given, the model's own answer counts. ``by``: a method
    that credits the input, ``options`` are its own. ``min_count``: texts that a word must stand in; ``min_z``: how high
    its association must be; ``others``: random draws of other words a text and suspect; ``expected``: words that are
    good reasons, shown beside the ``top``; ``draws`` of texts for the intervals. Words are compared without case;
    probabilities are those among the labels of the data.

    Raises `BadOption` for fewer than two labels, for more than 20, and for rows of which only some have a label.
    """
    _check(rows, top=top, min_count=min_count, others=others, draws=draws)
    card = find("method", by)
    check_options(card, options | {"seed": seed} if "seed" in card.options else options)
    start, model = time.perf_counter(), opened(model)
    check_access(model, card, "method")
    if "seed" in card.options:
        options = {"seed": seed} | options
    with metered() as spent:
        texts, labels = read_texts(model, rows, by, options)
        shares = {label: float(np.mean([t.label == label for t in texts])) for label in labels}
        counts, suspects = _associated(texts, shares, min_count, min_z)
        good = {word.casefold() for word in expected}
        suspects = _strongest(texts, suspects, top, good)
        removed = Removed(suspects, others, np.random.default_rng(seed))
        for done, text in enumerate(texts, start=1):
            removed.read(model, text, labels)
            meter().advance(done, len(texts), "texts without words")
        found = tuple(judged(s, removed, min_count, good, draws, seed) for s in suspects)
    given = [t.given for t in texts]
    used = {"by": by, "top": top, "min_count": min_count, "min_z": min_z, "others": others, "seed": seed}
    used |= {"draws": draws, "expected": tuple(expected), **options}
    notes = (NOTE,) if any(s.verdict == "shortcut" for s in found) and not expected else ()
    return ShortcutReport(
        suspects=found,
        labels=shares,
        texts=len(texts),
        tested=len(counts),
        right=float(np.mean([t.label == t.said for t in texts])) if all(given) else None,
        provenance=record(model, "shortcut_report", used, spent, time.perf_counter() - start, notes),
    )


def _check(rows: Sequence[Any], **numbers: int) -> None:
    if not rows:
        raise BadOption("There are no rows: give texts, or pairs (text, label).")
    for name, number in numbers.items():
        if number < 1:
            raise BadOption(f"{name}={number}: it is a whole number from 1 on.")


def _associated(
    texts: Sequence[ReadText], shares: Mapping[str, float], min_count: int, min_z: float
) -> tuple[dict[str, int], list[Suspect]]:
    """How many texts each frequent word stands in, and the words that go with a label, each with its strongest."""
    counts = Counter(word for text in texts for word in text.places)
    counts = Counter({word: n for word, n in counts.items() if n >= min_count})
    together = Counter((word, text.label) for text in texts for word in text.places)
    suspects = []
    for word, n in counts.items():
        z = {
            label: (together[word, label] / n - base) / np.sqrt(base * (1 - base) / n)
            for label, base in shares.items()
        }
        label = max(z, key=lambda name: z[name])
        if z[label] >= min_z:
            share, base = together[word, label] / n, shares[label]
            asked = sum(word in text.places and text.said == label for text in texts)
            suspects.append(Suspect(word, label, n, share, base, float(z[label]), asked))
    return dict(counts), suspects


def _strongest(texts: Sequence[ReadText], suspects: list[Suspect], top: int, good: set[str]) -> list[Suspect]:
    """The words of highest z times credit; those that are expected take no other's place."""
    ranked = sorted(suspects, key=lambda s: -s.z * max(0.0, _mean_credit(texts, s)))
    last = [i for i, s in enumerate(ranked) if s.word not in good][:top]
    return ranked[: last[-1] + 1] if len(last) == top else ranked


def _mean_credit(texts: Sequence[ReadText], suspect: Suspect) -> float:
    found = [t.credit_of(suspect.word) for t in texts if t.said == suspect.label and suspect.word in t.places]
    return float(np.mean(found)) if found else 0.0
