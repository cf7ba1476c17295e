"""Marks for texts whose deciding words are known, and the rankings of words that know nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from pellucid.core.registry import catalogue, find
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.metrics.controls import random_credits
from pellucid.metrics.gold import gold_features, precision_at_k
from pellucid.truth.items import Item
from pellucid.truth.study import Credits, Marks, Question, Study

__all__ = ["DRAWS", "RANDOM", "RANKINGS", "Ranking", "about_words", "last_attention", "mean_rank"]

DRAWS = 10  # random rankings a text
RANDOM = "random ranking"

# Rankings that know nothing of the text: credits by the number of words and a seed, shape (draw, input).
Ranking = Callable[[int, int], np.ndarray]
RANKINGS: dict[str, Ranking] = {
    RANDOM: lambda words, seed: random_credits(words, DRAWS, seed),
    "first words first": lambda words, _: -np.arange(float(words))[None],
    "last words first": lambda words, _: np.arange(float(words))[None],
}


def about_words(
    part: str,
    name: str,
    model: Any,
    items: Sequence[Item],
    checks: Mapping[str, float | str],
    unfit: str = "",
) -> Study:
    """Why the answer rather than the foil, asked of all methods that may give one number a word."""
    families = ("attribution", "attention", "plug-in")
    return Study(
        part=part,
        name=name,
        model=model.name,
        fingerprint=model.fingerprint,
        questions=tuple(
            Question(model, item.prompt, Target(item.answer, against=item.foil), partial(_marked, item))
            for item in items
        ),
        methods=tuple(card.name for card in catalogue("method") if card.family in families),
        checks=checks,
        unfit=unfit,
        rivals={"attention of the last layer": last_attention},
        baselines={ranked: partial(_ranked, ranking) for ranked, ranking in RANKINGS.items()},
    )


def mean_rank(credit: np.ndarray, gold: np.ndarray) -> float:
    """The mean place of the gold features, the highest credit first, from 1; equal credits share the mean of theirs."""
    above = (credit[None] > credit[gold][:, None]).sum(1)
    level = (credit[None] == credit[gold][:, None]).sum(1)
    return float((above + (level + 1) / 2).mean())


def last_attention(model: Any, text: Text, target: Target) -> np.ndarray:
    """The attention of the last layer, mean over heads, from where the answer is read to each word: a baseline."""
    looks = find("method", "attention_weights").function
    *_, last = (layer for layer, block in enumerate(model.blocks[""]) if block.heads)
    pattern = looks(model, text, target, layers=(last,))["attention"].values[0].mean(0)
    owners = model.owners(text)
    row = pattern[-1 if model.continues or owners[0] >= 0 else 0]
    own = owners >= 0
    return np.bincount(owners[own], row[own], minlength=len(text.features))


def _ranked(ranking: Ranking, question: Question, text: Text, seed: int) -> np.ndarray:
    return ranking(len(text.features), seed)


def _marked(item: Item, text: Text, credits: Credits) -> Marks:
    gold = gold_features(text, item.rationale)
    return {
        "precision": precision_at_k(credits.values, gold),
        "precision_of_sizes": precision_at_k(np.abs(credits.values), gold),
        "rank": mean_rank(credits.values, gold),
    }
