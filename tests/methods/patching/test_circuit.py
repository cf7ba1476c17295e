"""Circuits: exact runs against runs node by node, against patches, and on a model whose circuit is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

import pellucid
from pellucid.core.circuit import connected, faithfulness
from pellucid.core.errors import BadOption
from pellucid.core.site import Patch
from tests.families import family, fresh
from tests.methods.patching.test_edge_attribution import BEHIND, CLEAN, CORRUPT, SUMS, Twin

rng = np.random.default_rng(0)


def exact(name: str) -> float:
    """How near runs in float64 come to each other; norms behind the sum of all heads count in float32."""
    return 1e-5 if name in BEHIND else 1e-9


class ByHand(Twin):
    """A circuit run node by node: every reader of every node in traces of its own."""

    def run(self, edges, kept: np.ndarray) -> float:
        self.edges, self.kept = edges, kept
        self.base = {
            entry: self.model.trace(self.corrupt, self.target, read=[entry])[entry]
            for _, entry, _ in self.readers()
        }
        found = {"embed": self.writes()["embed"]}
        points = ("z", "attn_raw", "attn_out", "mlp_out")
        sites = [f"{p}.{i}" for i in self.layers for p in points]
        corrupt = self.model.trace(self.corrupt, self.target, read=sites)
        for i in self.layers:
            if self.sequential:
                self.attend(i, found, corrupt)
                self.mlp(i, found, corrupt)
            else:
                self.mlp(i, found, corrupt, late := {})
                self.attend(i, found, corrupt)
                found |= late
        name, entry, _ = list(self.readers())[-1]
        states = self.input(name, entry, found)
        return float(
            self.model.trace(self.clean, self.target, change={entry: lambda _: states}).outputs.sum()
        )

    def input(self, dest: str, entry: str, found: dict[str, Tensor]) -> Tensor:
        d = self.edges.dests.index(dest)
        arriving = [by for s, by in found.items() if self.kept[self.edges.sources.index(s), d]]
        return self.base[entry] + sum(arriving) if arriving else self.base[entry]

    def made(self, dest: str, entry: str, out: str, found: dict[str, Tensor]) -> Tensor:
        states = self.input(dest, entry, found)
        return self.model.trace(self.clean, self.target, read=[out], change={entry: lambda _: states})[out]

    def attend(self, i: int, found: dict[str, Tensor], corrupt) -> None:
        parts = [r for r in self.readers() if r[1] == f"resid_pre.{i}" and not r[0].startswith("mlp")]
        asked = {out: self.made(dest, entry, out, found) for dest, entry, out in parts}
        change = {out: (lambda _, x=x: x) for out, x in asked.items()}
        points = [f"{p}.{i}" for p in ("z", "attn_raw", "attn_out")]
        run = self.model.trace(self.clean, self.target, read=points, change=change)
        for head in range(self.model.blocks[""][i].heads):
            found[f"{i}.h{head}"] = self.written(i, head, run) - self.written(i, head, corrupt)

    def mlp(self, i: int, found: dict[str, Tensor], corrupt, into: dict[str, Tensor] | None = None) -> None:
        dest, entry, out = next(r for r in self.readers() if r[0] == f"mlp {i}")
        wrote = self.made(dest, entry, out, found)[0] - corrupt[out][0]
        (found if into is None else into)[dest] = wrote


@pytest.mark.parametrize("name", SUMS)
def test_all_edges_are_the_clean_text_and_none_the_corrupted_one(name: str) -> None:
    twin = Twin(name)
    edges = twin.edges()
    both = [twin.model.trace(text, twin.target).outputs.sum() for text in (twin.clean, twin.corrupt)]
    found = edges.run(np.stack([edges.exists, np.zeros_like(edges.exists)]))
    np.testing.assert_allclose(found, both, rtol=exact(name))
    np.testing.assert_allclose([edges.clean, edges.corrupted], both, rtol=1e-9)
    assert abs(both[0] - both[1]) > 1e-3


@pytest.mark.parametrize("name", SUMS)
def test_a_circuit_is_what_runs_node_by_node_give(name: str) -> None:
    twin = ByHand(name)
    edges = twin.edges()
    circuits = np.stack(
        [edges.exists & (rng.random(edges.exists.shape) < share) for share in (0.1, 0.5, 0.9)]
    )
    found = edges.run(circuits)
    said = [twin.run(edges, kept) for kept in circuits]
    np.testing.assert_allclose(found, said, rtol=exact(name))
    assert len(set(said)) == 3


@pytest.mark.parametrize("name", SUMS)
def test_cutting_all_edges_of_a_node_is_patching_it(name: str) -> None:
    twin = Twin(name)
    edges = twin.edges()
    heads = {f"{i}.h{h}": f"z.{i}.h{h}" for i in twin.layers for h in range(twin.model.blocks[""][i].heads)}
    mlps = {f"mlp {i}": f"mlp_out.{i}" for i in twin.layers}
    # A norm behind the sum of all heads has another scale where one of them is patched: edges are cut at the run's own.
    nodes = mlps if name in BEHIND else heads | mlps
    cut = np.stack([edges.exists] * len(nodes))
    for one, node in zip(cut, nodes, strict=True):
        one[edges.sources.index(node)] = False
    source = twin.model.trace(twin.corrupt, twin.target, read=[*{s.rsplit(".h")[0] for s in nodes.values()}])
    patched = twin.model.sweep(
        twin.clean, twin.target, [Patch.at(site) for site in nodes.values()],
        {str(site): source.row(site, 0) for site in source.values},
    )  # fmt: skip
    np.testing.assert_allclose(edges.run(cut), patched.sum(-1), rtol=exact(name))


@pytest.mark.parametrize("name", ["gpt2", "llama", "neox", "gemma3"])
def test_edges_on_no_way_to_the_logits_change_nothing(name: str) -> None:
    twin = Twin(name)
    edges = twin.edges()
    kept = edges.exists & (rng.random((20, *edges.exists.shape)) < 0.08)
    trimmed = np.stack([connected(k, edges.feeds) for k in kept])
    assert trimmed.sum() < kept.sum()
    assert (trimmed <= kept).all()
    np.testing.assert_allclose(edges.run(trimmed), edges.run(kept), rtol=exact(name))


def test_batches_of_any_size_give_the_same() -> None:
    twin = Twin("gpt2")
    edges = twin.edges()
    kept = edges.exists & (rng.random((5, *edges.exists.shape)) < 0.5)
    at_once = edges.run(kept)
    twin.model.batch_tokens = 1
    np.testing.assert_allclose(edges.run(kept), at_once, rtol=1e-12)


def known():
    """A GPT-2 in which all but one head of the first block write nothing, so its circuit is known."""
    model = fresh("gpt2")
    with torch.no_grad():
        for i, block in enumerate(model.module.transformer.h):
            block.mlp.c_proj.weight.zero_()
            keep = block.attn.c_proj.weight[4:8].clone()  # rows of head 1
            block.attn.c_proj.weight.zero_()
            if i == 0:
                block.attn.c_proj.weight[4:8] = keep
    return model


def test_a_known_circuit_is_found() -> None:
    model = known()
    why = pellucid.explain(
        model, CLEAN, by="circuit", target=" the", corrupt=CORRUPT, unit="token", keep=0.999
    )
    data = why.data
    kept = np.argwhere(np.isfinite(data["edge"].to_numpy()))
    named = {(str(data.source_text[s].item()), str(data.dest_text[d].item())) for s, d in kept}
    possible = {("embed", f"0.h1 {x}") for x in "qkv"} | {("0.h1", "logits"), ("embed", "logits")}
    assert {("embed", "0.h1 v"), ("0.h1", "logits")} <= named <= possible
    assert float(data["faithfulness"]) == pytest.approx(1, abs=0.05)
    scores = pellucid.explain(model, CLEAN, by="edge_attribution", target=" the", corrupt=CORRUPT).data
    moved = np.argwhere(np.abs(np.nan_to_num(scores["edge"].to_numpy())) > 1e-9)
    assert {
        (str(scores.source_text[s].item()), str(scores.dest_text[d].item())) for s, d in moved
    } <= possible


def test_the_curve_ends_in_all_edges() -> None:
    why = pellucid.explain(family("llama"), CLEAN, by="circuit", target=" the", corrupt=CORRUPT, edges=7)
    data = why.data
    assert float(data["curve"][-1]) == pytest.approx(1, abs=1e-4)
    assert int(data.level[-1]) == 82 == Twin("llama").edges().exists.sum()
    assert int(data["edges"]) == np.isfinite(data["edge"].to_numpy()).sum() <= 7
    assert float(data["faithfulness"]) == pytest.approx(float(data["curve"].sel(level=7)), abs=1e-4)
    assert any("corrupted text" in note for note in why.provenance.notes)
    x = np.array([0, *data.level.to_numpy()]) / int(data.level[-1])
    y = np.array([0, *data["curve"].to_numpy()])
    area = sum((b - a) * (p + q) / 2 for a, b, p, q in zip(x, x[1:], y, y[1:], strict=False))
    assert float(data["cpr"]) == pytest.approx(area)
    assert float(data["cmd"]) >= abs(1 - float(data["cpr"])) - 1e-12


def test_what_cannot_be_asked() -> None:
    model = family("gpt2")
    with pytest.raises(BadOption, match="edges=0"):
        pellucid.explain(model, CLEAN, by="circuit", target=" the", corrupt=CORRUPT, edges=0)
    with pytest.raises(BadOption, match=r"edges=111: the model has 110 edges"):
        pellucid.explain(model, CLEAN, by="circuit", target=" the", corrupt=CORRUPT, edges=111)


def test_faithfulness_of_texts_that_do_not_differ_is_no_number() -> None:
    assert np.isnan(faithfulness(np.ones(3), np.ones(3), np.ones(3)))
    assert faithfulness(np.array([1.0, 2.0]), np.array([2.0, 4.0]), np.array([0.0, 0.0])) == 0.5
