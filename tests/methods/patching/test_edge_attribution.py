"""Edges against finite differences through public traces: move what one reader reads, and see the answer move."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import pellucid
from pellucid.core.errors import BadOption, UnsupportedModel
from pellucid.core.protocols import Edges, Trace
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface.edge_front import Front
from pellucid.models.huggingface.model import HuggingFaceModel
from tests.families import family, fresh

# Families with a norm behind the sum of all heads; it counts in float32, whatever the model's numbers are.
BEHIND = ("gemma2", "gemma3")
SUMS = ("gpt2", "llama", "qwen3", "neox", "opt", "gpt2-label", *BEHIND)
CLEAN = "The old film is good, and Mary went to"
CORRUPT = "The old film is good, and John went to"
MOVED = 0.02  # far enough that norms in float32 are exact enough, four points that this is near enough


class Twin:
    """One pair of texts of a tiny model in float64, edge by edge, with nothing but `trace`."""

    def __init__(self, name: str) -> None:
        self.model = fresh(name)
        self.model.module.double()
        self.clean, self.corrupt = (self.model.cut(t, "token") for t in (CLEAN, CORRUPT))
        answer = "good" if name.endswith("label") else " the"
        self.target = self.model.resolve(self.clean, Target(answer))
        self.layers = range(len(self.model.blocks[""]))
        self.sequential = "resid_mid" in self.model.blocks[""][0].points

    def edges(self) -> Edges:
        return self.model.edges(self.clean, self.corrupt, self.target, self.target)

    def writes(self) -> dict[str, Tensor]:
        """What each source writes in the clean text less in the corrupted one, shape (position, width)."""
        points = ("z", "attn_raw", "attn_out", "mlp_out")
        sites = ["resid_pre.0", *(f"{p}.{i}" for i in self.layers for p in points)]
        one, other = (self.model.trace(t, self.target, read=sites) for t in (self.clean, self.corrupt))
        found = {"embed": one["resid_pre.0"][0] - other["resid_pre.0"][0]}
        for i in self.layers:
            for head in range(self.model.blocks[""][i].heads):
                wrote = [self.written(i, head, text) for text in (one, other)]
                found[f"{i}.h{head}"] = wrote[0] - wrote[1]
            found[f"mlp {i}"] = one[f"mlp_out.{i}"][0] - other[f"mlp_out.{i}"][0]
        return found

    def written(self, i: int, head: int, trace: Trace) -> Tensor:
        """What one head adds in a traced run: its projection, at the scale that a norm behind the sum has there."""
        wrote = self.projected(i, head, trace[f"z.{i}"][0])
        if not self.model.name.startswith("gemma"):
            return wrote
        return wrote * trace[f"attn_out.{i}"][0] / trace[f"attn_raw.{i}"][0]

    def projected(self, i: int, head: int, z: Tensor) -> Tensor:
        """One head's z through the output projection, the others' left out."""
        alone = torch.zeros_like(z)
        alone[:, head] = z[:, head]
        with torch.no_grad():
            return self.model.anatomy[""][i].attention.projection(alone.flatten(1))

    def readers(self) -> Iterator[tuple[str, str, str]]:
        """Each dest: its name, the site where it reads, the site of what it makes of that."""
        for i in self.layers:
            block = self.model.blocks[""][i]
            for point, heads in (("q", block.heads), ("k", block.kv_heads), ("v", block.kv_heads)):
                yield from (
                    (f"{i}.h{h} {point}", f"resid_pre.{i}", f"{point}.{i}.h{h}") for h in range(heads)
                )
            yield f"mlp {i}", f"resid_{'mid' if self.sequential else 'pre'}.{i}", f"mlp_out.{i}"
        last = f"resid_post.{self.layers[-1]}"
        yield "logits", last, last

    def moved(self, entry: str, out: str, by: Tensor, text: Text | None = None) -> float:
        """The target's number when one reader's input alone is moved."""
        text = text or self.clean
        made = self.model.trace(text, self.target, read=[out], change={entry: lambda x: x + by})[out]
        return float(self.model.trace(text, self.target, change={out: lambda _: made}).outputs.sum())

    def slope(self, entry: str, out: str, by: Tensor) -> float:
        there, back, far, far_back = (self.moved(entry, out, step * MOVED * by) for step in (1, -1, 2, -2))
        return (8 * (there - back) - (far - far_back)) / (12 * MOVED)


@pytest.mark.parametrize("name", SUMS)
def test_each_edge_is_the_slope_of_moving_one_readers_input(name: str) -> None:
    twin = Twin(name)
    edges = twin.edges()
    found = edges.attribution([1.0])
    writes = twin.writes()
    assert tuple(writes) == edges.sources
    assert [dest for dest, _, _ in twin.readers()] == list(edges.dests)
    sizes = np.abs(found[edges.exists]).max()
    for d, (_, entry, out) in enumerate(twin.readers()):
        for s, by in enumerate(writes.values()):
            if edges.exists[s, d]:
                assert found[s, d] == pytest.approx(twin.slope(entry, out, by), rel=1e-3, abs=1e-4 * sizes)
    assert (found[edges.exists] != 0).mean() > 0.8
    assert np.isnan(found[~edges.exists]).all()


@pytest.mark.parametrize("name", ["gpt2", "neox"])
def test_an_edge_is_there_where_the_source_has_written_before_the_dest_reads(name: str) -> None:
    twin = Twin(name)
    edges = twin.edges()

    def step(node: str) -> float:
        """When a node acts: attention, then its MLP; the two at once in parallel blocks."""
        if node in ("embed", "logits"):
            return -1 if node == "embed" else 99
        layer = int(node.split()[-1] if node.startswith("mlp") else node.split(".")[0])
        return layer + (0.5 if node.startswith("mlp") and twin.sequential else 0)

    said = [[step(s) < step(d) for d in edges.dests] for s in edges.sources]
    np.testing.assert_array_equal(edges.exists, said)


def test_steps_take_gradients_at_midpoints_between_the_embeddings() -> None:
    """The edges into the logits: the difference there times the mean gradient along the way."""
    twin = Twin("llama")
    why = pellucid.explain(
        twin.model, CLEAN, by="edge_attribution", target=" the", corrupt=CORRUPT, steps=3, unit="token"
    )
    ends = [twin.model.trace(t, read=["resid_pre.0"])["resid_pre.0"] for t in (twin.corrupt, twin.clean)]
    last = f"resid_post.{twin.layers[-1]}"
    slopes = []
    for share in (1 / 6, 1 / 2, 5 / 6):
        mixed = (1 - share) * ends[0] + share * ends[1]
        point = {"resid_pre.0": lambda _, mixed=mixed: mixed}
        slopes.append(
            twin.model.trace(twin.clean, twin.target, change=point, gradients=[last]).gradient(last)[0]
        )
    mean = torch.stack(slopes).mean(0)
    said = [float((by * mean).sum()) for by in twin.writes().values()]
    np.testing.assert_allclose(why.data["edge"][:, -1], said, rtol=1e-6, atol=1e-12)


def test_the_writers_differences_add_up_to_that_of_the_last_state() -> None:
    for name in SUMS:
        twin = Twin(name)
        site = f"resid_post.{twin.layers[-1]}"
        one, other = (
            twin.model.trace(t, twin.target, read=[site])[site][0] for t in (twin.clean, twin.corrupt)
        )
        edges = twin.edges()
        slope = twin.model.trace(twin.clean, twin.target, gradients=[site]).gradient(site)[0]
        whole = float(((one - other) * slope).sum())
        exact = 1e-4 if name in BEHIND else 1e-9
        assert edges.attribution([1.0])[:, -1].sum() == pytest.approx(whole, rel=exact)


def test_the_model_is_as_it_was() -> None:
    model = fresh("llama")
    before = state(model)
    pellucid.explain(model, CLEAN, by="edge_attribution", target=" the", corrupt=CORRUPT)
    assert state(model) == before
    with pytest.raises(UnsupportedModel):
        pellucid.explain(fresh("bloom"), CLEAN, by="edge_attribution", target=" the", corrupt=CORRUPT)


def state(model: HuggingFaceModel) -> list:
    """Hooks, gradients, the attention's name, and the weights."""
    hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks), m.training) for m in model.module.modules()]
    weights = [(w.requires_grad, w.grad, float(w.detach().double().sum())) for w in model.module.parameters()]
    return [hooks, weights, model.module.config._attn_implementation]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("bert-masked", "does not add up"),
        ("t5", "an encoder and a decoder"),
        ("bloom", "does not go through transformers' attention functions"),
    ],
)
def test_models_without_a_sum_are_refused_with_the_reason(name: str, reason: str) -> None:
    model = family(name)
    text = "the old [MASK] is good." if name == "bert-masked" else CLEAN
    with pytest.raises(UnsupportedModel, match=reason):
        pellucid.explain(model, text, by="edge_attribution", corrupt=text.replace(" is", " was"))


def test_a_norm_behind_all_heads_that_does_more_than_scale_is_refused() -> None:
    """A bias of the projection, and a norm that subtracts a mean: neither leaves every head a part of its own."""
    for spoil in (_with_a_bias, _with_a_mean):
        model = fresh("gemma3")
        spoil(model.module.model.layers[1])
        with pytest.raises(UnsupportedModel, match=r"in block 1 .* no head has a part of its own"):
            pellucid.explain(model, CLEAN, by="edge_attribution", target=" the", corrupt=CORRUPT)


def _with_a_bias(layer: nn.Module) -> None:
    layer.self_attn.o_proj.bias = nn.Parameter(torch.ones(layer.self_attn.o_proj.out_features))


def _with_a_mean(layer: nn.Module) -> None:
    layer.post_attention_layernorm = nn.LayerNorm(layer.self_attn.o_proj.out_features)


def test_what_cannot_be_asked() -> None:
    model = family("gpt2")
    with pytest.raises(BadOption, match="corrupt"):
        pellucid.explain(model, CLEAN, by="edge_attribution", target=" the")
    with pytest.raises(BadOption, match="as many tokens"):
        pellucid.explain(model, CLEAN, by="edge_attribution", target=" the", corrupt=CORRUPT + " the")
    with pytest.raises(BadOption, match="steps=0"):
        pellucid.explain(model, CLEAN, by="edge_attribution", target=" the", corrupt=CORRUPT, steps=0)


@pytest.mark.parametrize("name", [*SUMS, "phi", "mistral"])
def test_each_head_through_its_own_columns_is_each_through_everything(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = Twin(name)
    fast, plain = twin.edges().attribution([1.0]), Front._is_all
    took = []
    monkeypatch.setattr(Front, "_is_all", lambda self, *given: took.append(plain(self, *given)))
    np.testing.assert_allclose(twin.edges().attribution([1.0]), fast, rtol=1e-9, atol=1e-12)
    assert took == [True] * len(twin.layers)


def test_a_block_whose_attention_adds_nothing_still_has_an_mlp_that_reads() -> None:
    """Then what its attention reads and what its MLP reads are the same numbers, but not the same reader."""
    twin = Twin("llama")
    layer = twin.model.module.model.layers[0]
    with torch.no_grad():
        layer.self_attn.o_proj.weight.zero_()
    assert twin.model.anatomy[""][0].mid_reader is layer.post_attention_layernorm
    edges = twin.edges()
    found = edges.attribution([1.0])[0, edges.dests.index("mlp 0")]
    embed = twin.writes()["embed"]
    assert found == pytest.approx(twin.slope("resid_mid.0", "mlp_out.0", embed), rel=1e-3)


class Wrapped(nn.Module):
    """A projection that is no plain layer: what stands in it must be gone back through as a whole."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, states: Tensor) -> Tensor:
        return self.inner(states * 2.0) / 2.0


class InPlace(nn.Module):
    """Keys as they are written, and then changed where they lie."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, keys: Tensor) -> Tensor:
        return self.inner(keys.clamp_(-1, 1))


class Beside(InPlace):
    """The same, but not where they lie."""

    def forward(self, keys: Tensor) -> Tensor:
        return self.inner(keys.clamp(-1, 1))


def test_projections_that_are_no_plain_layers_are_gone_back_through_as_a_whole() -> None:
    plain = Twin("qwen3").edges().attribution([1.0])
    twin = Twin("qwen3")
    for layer in twin.model.module.model.layers:
        layer.self_attn.q_proj = Wrapped(layer.self_attn.q_proj)
    np.testing.assert_allclose(twin.edges().attribution([1.0]), plain, rtol=1e-9)


def test_a_projection_that_is_changed_where_it_lies_is_no_other_model() -> None:
    found = []
    for changed in (Beside, InPlace):
        twin = Twin("qwen3")
        for layer in twin.model.module.model.layers:
            layer.self_attn.k_norm = changed(layer.self_attn.k_norm)
        found.append(twin.edges().attribution([1.0]))
    np.testing.assert_allclose(*found, rtol=1e-9)
    assert np.nanmax(np.abs(found[0] - Twin("qwen3").edges().attribution([1.0]))) > 1e-6


@pytest.mark.parametrize("name", ["gpt2", "gemma3", "neox"])
def test_points_in_batches_of_any_size_give_the_same(name: str) -> None:
    points = [0.1, 0.5, 0.9, 1.0]
    twin = Twin(name)
    together = twin.edges().attribution(points)
    twin.model.batch_tokens = 1
    one_by_one = [twin.edges().attribution([point]) for point in points]
    exact = 1e-4 if name in BEHIND else 1e-9
    sizes = np.nanmax(np.abs(together))
    np.testing.assert_allclose(twin.edges().attribution(points), together, rtol=exact, atol=exact * sizes)
    np.testing.assert_allclose(np.mean(one_by_one, 0), together, rtol=exact, atol=exact * sizes)


def test_answers_of_several_tokens_are_read_where_they_stand() -> None:
    model = family("gpt2")
    why = pellucid.explain(
        model, CLEAN, by="edge_attribution", target=" great cast", corrupt=CORRUPT, steps=1
    )
    clean, corrupt = (model.cut(t, "token") for t in (CLEAN, CORRUPT))
    both = model.trace([clean, corrupt], model.resolve(clean, Target(" great cast"))).outputs.sum(-1)
    np.testing.assert_allclose([why.data["clean"], why.data["corrupted"]], both, rtol=1e-5)
