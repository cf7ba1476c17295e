"""Metrics that open a model or explain again, on every family: a number or a reason, and nothing left behind."""

from __future__ import annotations

from typing import Any

import pytest

import pellucid
from pellucid.core.registry import find
from tests.every.trace import differences, trace
from tests.families import ALL, fresh, question

SOME = ("gpt2", "gemma3", "t5", "bart", "bert-label", "roberta-masked", "gpt2-token-label", "bert-pair")
ASKED: dict[str, dict[str, Any]] = {
    "soft_sufficiency": {"samples": 2},
    "soft_comprehensiveness": {"samples": 2},
    "model_randomization": {"runs": 2, "levels": 2},
    "max_sensitivity": {"samples": 2},
    "seed_stability": {"runs": 2},
    "method_agreement": {},
}


def check(name: str) -> None:
    model, q = fresh(name), question(name)
    assert model.blocks
    why = pellucid.explain(model, q.text, "lime", target=q.one, samples=20)
    before = trace(model)
    for by, options in ASKED.items():
        (score,) = pellucid.evaluate(why, model, by, draws=5, **options)
        low, high = find("metric", by).facts["bounds"]
        assert score.reason or low - 1e-6 <= score.value <= high + 1e-6
        assert score.provenance.fingerprint == why.provenance.fingerprint
    assert differences(before, trace(model)) == []


@pytest.mark.parametrize("name", SOME)
def test_numbers_or_reasons(name: str) -> None:
    check(name)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(set(ALL) - set(SOME)))
def test_numbers_or_reasons_on_all_others(name: str) -> None:
    check(name)
