"""What is read, patched and ablated in a model of a known circuit is the circuit, and nothing else."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.site import Patch
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.known.induction import (
    AGAIN,
    CLEAN,
    COPY,
    CORRUPT,
    FIRST,
    HEADS,
    INDUCTION,
    PREVIOUS,
    THEN,
    induction_model,
)

CIRCUIT = {PREVIOUS, INDUCTION}
EVERY_HEAD = list(product(range(2), range(HEADS)))


@pytest.fixture(scope="module")
def model() -> HuggingFaceModel:
    return induction_model()


@pytest.fixture(scope="module")
def texts(model: HuggingFaceModel) -> tuple[Text, Text, Target]:
    """Clean, corrupt, and the answer that the circuit gives to the clean one."""
    clean, corrupt = model.cut(CLEAN), model.cut(CORRUPT)
    return clean, corrupt, model.resolve(corrupt, Target("lamps", scale="logit"))


def restored(model: HuggingFaceModel, texts: tuple[Text, Text, Target], patches: list[Patch]) -> np.ndarray:
    """The share of the answer's logit that each patch from the clean text brings back into the corrupt one."""
    clean, corrupt, target = texts
    sites = {str(site).partition(".h")[0] for patch in patches for site in patch.sites}
    trace = model.trace(clean, target, read=sorted(sites))
    high, low = float(trace.outputs.sum()), float(model.trace(corrupt, target).outputs.sum())
    source = {site: trace.row(site, 0) for site in sites}
    return (model.sweep(corrupt, target, patches, source).sum(1) - low) / (high - low)


def test_it_says_what_followed_the_word_before(model: HuggingFaceModel) -> None:
    assert [said.strip() for said in model.generate([CLEAN, CORRUPT], max_tokens=1)] == ["lamps", "green"]


def test_patterns_are_those_that_were_built(
    model: HuggingFaceModel, texts: tuple[Text, Text, Target]
) -> None:
    trace = model.trace(texts[0], read=["pattern.0", "pattern.1"])
    pattern = {(layer, head): trace[f"pattern.{layer}"][0, head] for layer, head in EVERY_HEAD}
    for query in range(1, AGAIN + 1):
        assert pattern[PREVIOUS][query, query - 1] > 0.95
        assert pattern[COPY][query, query] > 0.95
    assert pattern[INDUCTION][AGAIN, THEN] > 0.95
    for place in set(EVERY_HEAD) - {PREVIOUS, COPY, INDUCTION}:  # these look everywhere alike
        assert torch.allclose(pattern[place][AGAIN], torch.full((AGAIN + 1,), 1 / (AGAIN + 1)))


def test_patching_heads_finds_the_two_and_no_other(
    model: HuggingFaceModel, texts: tuple[Text, Text, Target]
) -> None:
    share = restored(model, texts, [Patch.at(f"z.{layer}.h{head}") for layer, head in EVERY_HEAD])
    found = dict(zip(EVERY_HEAD, share, strict=True))
    assert {place for place, part in found.items() if part > 0.9} == CIRCUIT
    assert all(abs(part) < 0.01 for place, part in found.items() if place not in CIRCUIT)


def test_the_evidence_moves_from_the_word_to_the_next_to_the_end(
    model: HuggingFaceModel, texts: tuple[Text, Text, Target]
) -> None:
    """Patching the stream: first where the word stands, behind the first layer one on, behind the second at the end."""
    sites = ("resid_pre.0", "resid_post.0", "resid_post.1")
    patches = [Patch.at(site, positions=[p]) for site in sites for p in range(AGAIN + 1)]
    share = restored(model, texts, patches).reshape(len(sites), -1)
    assert share.argmax(1).tolist() == [FIRST, THEN, AGAIN]
    assert (share.max(1) > 0.9).all()
    assert all((np.abs(np.delete(row, row.argmax())) < 0.1).all() for row in share)


def test_the_answer_can_be_read_behind_the_last_layer_alone(
    model: HuggingFaceModel, texts: tuple[Text, Text, Target]
) -> None:
    clean, _, target = texts
    trace = model.trace(clean, read=["resid_post.0", "resid_post.1"])
    early, late = (model.unembed(trace[f"resid_post.{layer}"][0, -1]) for layer in (0, 1))
    assert early.abs().max() < 1e-5  # nothing is found yet
    assert late.argmax() == target.ids[0]


def test_ablation_finds_the_two_and_the_copy_head_where_it_speaks() -> None:
    model = induction_model()
    of_circuit, of_copy = (
        pellucid.explain(
            model, text, by="ablation", target=answer, scale="logit", instead="zero"
        ).primary.to_numpy()
        for text, answer in ((CLEAN, "lamps"), (CORRUPT, "green"))
    )
    worth = {place for place in EVERY_HEAD if of_circuit[place] > 2}
    assert worth == CIRCUIT
    assert {place for place in EVERY_HEAD if of_copy[place] > 1} == {COPY}


def test_without_the_head_that_looks_back_there_is_no_induction() -> None:
    broken = induction_model()
    with torch.no_grad():
        broken.module.model.layers[0].self_attn.o_proj.weight.zero_()
    assert broken.generate([CLEAN], max_tokens=1)[0].strip() != "lamps"
