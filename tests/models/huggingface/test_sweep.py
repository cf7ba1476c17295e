"""Every patch of a sweep gives what one whole forward with the same numbers put there gives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core.errors import BadOption
from pellucid.core.progress import metered
from pellucid.core.site import Patch, Site
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.families import ALL, family, fresh, question
from tests.models.huggingface.test_trace import points, prefix

OTHER = {" film": " story", "film": "story", "old": "good", "good": "old", " good": " great"}


def pair(model: HuggingFaceModel) -> tuple[Text, Text]:
    """A text, and another of as many tokens that differs in one word."""
    text = model.cut(question(model.name).text)
    length = len(model.encoding(text).ids)
    for word, other in OTHER.items():
        swapped = model.cut(text.string.replace(word, other, 1))
        if swapped.string != text.string and len(model.encoding(swapped).ids) == length:
            return text, swapped
    raise AssertionError(f"no pair for {model.name}")


def one_by_one(
    model: HuggingFaceModel,
    text: Text,
    target: Target,
    patches: Sequence[Patch],
    source: dict[Site, torch.Tensor],
) -> np.ndarray:
    """The twin: one forward a patch, the numbers put there by hand."""
    return np.concatenate([model.trace(text, target, change=changes(p, source)).outputs for p in patches])


def changes(patch: Patch, source: dict[Site, torch.Tensor]) -> Any:
    def of(site: Site) -> Any:
        def change(numbers: torch.Tensor) -> torch.Tensor:
            new = numbers.clone()
            wanted = source[site][None]
            length = wanted.shape[-2] if site.point == "pattern" else wanted.shape[1]
            for position in patch.positions if patch.positions is not None else range(length):
                if site.point == "pattern":
                    new[..., position, : wanted.shape[-1]] = wanted[..., position, :]
                else:
                    new[:, position] = wanted[:, position]
            return new

        return change

    return {site: of(site) for site in patch.sites}


def source_of(model: HuggingFaceModel, text: Text, sites: Sequence[str]) -> dict[Site, torch.Tensor]:
    found = model.trace(text, read=sites)
    return {Site.parse(site): found.row(site, 0) for site in sites}


@pytest.mark.parametrize("name", ALL)
def test_a_sweep_is_one_forward_a_patch(name: str) -> None:
    model = family(name)
    corrupt = model.cut(question(name).text)
    target = model.resolve(corrupt, Target(question(name).one))
    sites = [site.replace(".1", f".{layer}") for site in points(model) for layer in (0, 1)]
    sites = [site for site in sites if not site.startswith(("dec.", "cross."))]
    torch.manual_seed(0)
    own = source_of(model, corrupt, sites)
    source = {site: numbers * 1.5 + 0.3 * torch.randn_like(numbers) for site, numbers in own.items()}
    patches = [Patch.at(site) for site in sites]
    patches += [Patch.at(site, positions=[p]) for site, p in product(sites, (1, 2, 3))]
    patches += [Patch.at(sites[0], sites[-1], positions=[1, 3]), Patch.at(sites[3], sites[2])]
    np.testing.assert_allclose(
        model.sweep(corrupt, target, patches, source),
        one_by_one(model, corrupt, target, patches, source),
        atol=5e-5, rtol=1e-5,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma3"])
def test_several_tokens_and_a_contrast(name: str) -> None:
    model = family(name)
    clean, corrupt = pair(model)
    q = question(name)
    source = source_of(model, clean, ["resid_pre.1", "z.0"])
    patches = [Patch.at(s, positions=[p]) for s in ("resid_pre.1", "z.0") for p in range(2, 5)]
    for target in (
        Target(q.several),
        Target(q.several, scale="prob"),
        Target(q.one, against=q.other, scale="logit"),
    ):
        known = model.resolve(corrupt, target)
        found = model.sweep(corrupt, known, patches, source)
        np.testing.assert_allclose(found, one_by_one(model, corrupt, known, patches, source), atol=2e-5)


def test_heads_and_neurons_are_parts_of_their_site() -> None:
    model = family("llama")
    clean, corrupt = pair(model)
    target = model.resolve(corrupt, Target(question("llama").one))
    parts = [f"z.{layer}.h{h}" for layer in (0, 1) for h in range(4)] + [
        "mlp_act.1.n3",
        "k.0.h1",
        "pattern.1.h2",
    ]
    whole = source_of(model, clean, ["z.0", "z.1", "mlp_act.1", "k.0", "pattern.1"])
    patches = [Patch.at(site) for site in parts]
    np.testing.assert_allclose(
        model.sweep(corrupt, target, patches, whole),
        one_by_one(model, corrupt, target, patches, source_of(model, clean, parts)),
        atol=2e-5,
    )


def test_putting_a_text_into_itself_changes_nothing() -> None:
    for name in ("gpt2", "bert-label", "t5"):
        model = family(name)
        text, _ = pair(model)
        target = model.resolve(text, Target(question(name).one))
        site = f"{prefix(model)}resid_pre.1"
        patches = [Patch.at(site, positions=[p]) for p in range(3)]
        found = model.sweep(text, target, patches, source_of(model, text, [site]))
        np.testing.assert_allclose(found, np.repeat(model.trace(text, target).outputs, 3, 0), atol=1e-5)


def test_what_is_read_falls_with_the_layer_and_the_position() -> None:
    """A patch of the last layer at the last position costs a fraction of a forward, of the first nearly all of it."""
    model = family("gpt2")
    clean, corrupt = pair(model)
    target = model.resolve(corrupt, Target(question("gpt2").one))
    last = len(model.encoding(corrupt).ids) - 1
    source = source_of(model, clean, ["resid_pre.0", "resid_pre.1"])
    spent = {}
    for layer, position in ((0, 0), (1, last)):
        patches = [Patch.at(f"resid_pre.{layer}", positions=[position])] * 8
        with metered() as meter:
            model.sweep(corrupt, target, patches, source)
        spent[layer] = meter.tokens
    assert spent[1] < spent[0] / 2


def test_little_memory_gives_the_same_in_more_batches() -> None:
    model = fresh("gpt2")
    clean, corrupt = pair(model)
    target = model.resolve(corrupt, Target(question("gpt2").one))
    source = source_of(model, clean, ["z.0", "z.1"])
    patches = [Patch.at(f"z.{layer}.h{head}") for layer in (0, 1) for head in range(4)]
    at_once = model.sweep(corrupt, target, patches, source)
    model.batch_tokens = 20
    np.testing.assert_allclose(model.sweep(corrupt, target, patches, source), at_once, atol=1e-5)


def test_out_of_memory_halves_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fresh("gpt2")
    clean, corrupt = pair(model)
    target = model.resolve(corrupt, Target(question("gpt2").one))
    source = source_of(model, clean, ["resid_pre.1"])
    patches = [Patch.at("resid_pre.1", positions=[p]) for p in (1, 1, 1, 1)]
    wanted = model.sweep(corrupt, target, patches, source)
    block = model.anatomy[""][1].module
    forward = block.forward

    def small(states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if len(states) > 1:
            raise torch.OutOfMemoryError
        return forward(states, *args, **kwargs)

    monkeypatch.setattr(block, "forward", small)
    np.testing.assert_allclose(model.sweep(corrupt, target, patches, source), wanted, atol=1e-6)


def test_what_cannot_be_patched_is_refused() -> None:
    model = family("neox")
    clean, corrupt = pair(model)
    target = model.resolve(corrupt, Target(question("neox").one))
    source = source_of(model, clean, ["resid_pre.1"])
    with pytest.raises(BadOption, match="parallel blocks"):
        model.sweep(corrupt, target, [Patch.at("resid_mid.1")], source)
    with pytest.raises(BadOption, match="There is no position 99"):
        model.sweep(corrupt, target, [Patch.at("resid_pre.1", positions=[99])], source)
    with pytest.raises(ValueError, match=r"no numbers for z\.1"):
        model.sweep(corrupt, target, [Patch.at("z.1")], source)


@pytest.mark.parametrize("name", ["gpt2", "llama", "gemma3", "gemma2", "phi", "bert-label", "t5", "bloom"])
def test_a_base_stands_under_every_patch(name: str) -> None:
    """Noise at the embeddings and numbers at two sites of the blocks; a patch at one of these comes on top."""
    model = family(name)
    text = model.cut(question(name).text)
    target = model.resolve(text, Target(question(name).one))
    before = prefix(model)
    stands = [f"{before}embed", f"{before}mlp_raw.0", f"{before}resid_pre.1"]
    sites = [f"{before}mlp_raw.0", f"{before}mlp_raw.1", f"{before}resid_post.1"]
    torch.manual_seed(0)
    base = {k: v + 0.3 * torch.randn_like(v) for k, v in source_of(model, text, stands).items()}
    source = {k: v * 1.5 for k, v in source_of(model, text, sites).items()}
    for under in ({site: base[site] for site in list(base)[:1]}, base):
        patches = [Patch.at(site, positions=[p]) for site, p in product(sites, (1, 3))] + [Patch.at(sites[0])]
        expected = []
        for patch in patches:
            over = changes(patch, source)
            below = changes(Patch(tuple(under)), under)
            both = {site: _after(below.get(site), over.get(site)) for site in [*below, *over]}
            expected.append(model.trace(text, target, change=both).outputs)
        found = model.sweep(text, target, patches, source, under)
        np.testing.assert_allclose(found, np.concatenate(expected), atol=5e-5, rtol=1e-5)


def _after(first: Any, then: Any) -> Any:
    return lambda numbers: (then or _same)((first or _same)(numbers))


def _same(numbers: torch.Tensor) -> torch.Tensor:
    return numbers


def test_a_base_stands_at_whole_sites_outside_of_kernels() -> None:
    model = family("gpt2")
    text, _ = pair(model)
    target = model.resolve(text, Target(question("gpt2").one))
    for site in ("k.1", "z.1.h0"):
        source = source_of(model, text, [site])
        with pytest.raises(ValueError, match="No base can stand at"):
            model.sweep(text, target, [Patch.at(site)], source, source)
