"""Path patching against the paper's steps one by one, on receivers behind others, and on a model of known paths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch import Tensor

import pellucid
from pellucid.core.errors import BadOption, UnknownName, UnsupportedModel
from pellucid.core.explanation import Explanation
from pellucid.methods.patching import path_patching
from tests.families import family
from tests.known import induction
from tests.known.induction import induction_model
from tests.methods.patching.test_edge_attribution import CLEAN, CORRUPT, Twin

SUMS = ("gpt2", "llama", "qwen3", "neox", "phi", "mistral")
DIRECTIONS = ("noise", "denoise")


class Frozen(Twin):
    """The steps of Wang et al.: hear the sender with all else frozen, then run with what the receiver made of it."""

    def __init__(self, name: str, direction: str) -> None:
        super().__init__(name)
        base, giver = (self.clean, self.corrupt) if direction == "noise" else (self.corrupt, self.clean)
        self.base = base
        sites = ["resid_pre.0", *(f"{p}.{i}" for i in self.layers for p in ("z", "mlp_out"))]
        self.own, self.other = (self.model.trace(t, self.target, read=sites) for t in (base, giver))

    def frozen(self, sender: str, but: str) -> dict[str, Callable[[Tensor], Tensor]]:
        """Every head and MLP as it was, but the sender, which is as in the other text, and what is to be read."""
        numbers = {site: self.own[site].clone() for site in map(str, self.own.values)}
        if sender.startswith("mlp"):
            site = f"mlp_out.{sender.split()[1]}"
            numbers[site] = self.other[site]
        elif sender == "embed":
            numbers["resid_pre.0"] = self.other["resid_pre.0"]
        else:
            layer, head = sender.split(".h")
            numbers[f"z.{layer}"][:, :, int(head)] = self.other[f"z.{layer}"][:, :, int(head)]
        return {site: (lambda _, x=x: x) for site, x in numbers.items() if site != but}

    def run(self, sender: str, receivers: list[str]) -> float:
        """The target's number of the text that is patched, the receivers of one layer hearing the sender."""
        made = {}
        for name, _, out in self.readers():
            if name in receivers:
                heard = self.model.trace(self.base, self.target, read=[out], change=self.frozen(sender, out))
                made[out] = heard[out]
        return self.value({out: (lambda _, x=x: x) for out, x in made.items()})

    def value(self, change: dict[str, Callable[[Tensor], Tensor]] | None = None) -> float:
        return float(self.model.trace(self.base, self.target, change=change).outputs.sum())


def asked(model: Any, to: Any, direction: str = "noise") -> Explanation:
    return pellucid.explain(
        model, CLEAN, by="path_patching", target=" the", corrupt=CORRUPT, to=to, direction=direction, unit="token"
    )  # fmt: skip


def by_sender(why: Explanation, name: str = "effect") -> dict[str, float]:
    """Every number of an explanation, by the name of its sender."""
    found = {"embed": float(why.data[f"embed_{name}"])}
    for i in range(why.data.sizes["layer"]):
        found |= {f"{i}.h{h}": float(x) for h, x in enumerate(why.data[name][i])}
        found[f"mlp {i}"] = float(why.data[f"mlp_{name}"][i])
    return found


@pytest.mark.parametrize("to", ["logits", ["1.h1 q", "1.h0 k"], ["1.h1 v"], "mlp 0", "mlp 1"])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", SUMS)
def test_it_is_the_steps_of_the_paper(name: str, direction: str, to: str | list[str]) -> None:
    twin = Frozen(name, direction)
    edges = twin.edges()
    receivers = [to] if isinstance(to, str) else to
    heard = edges.exists[:, [edges.dests.index(r) for r in receivers]].any(1)
    sign = 1 if direction == "noise" else -1
    said = [sign * (twin.value() - twin.run(s, receivers)) for s in edges.sources]
    found = by_sender(asked(twin.model, tuple(receivers), direction))
    assert tuple(found) == edges.sources
    np.testing.assert_allclose(list(found.values()), np.where(heard, said, np.nan), rtol=1e-8, atol=1e-10)
    assert (np.abs(said)[heard] > 1e-6).any()


@pytest.mark.parametrize("name", ["gpt2", "llama", "neox"])
def test_receivers_behind_others_are_run_anew(name: str) -> None:
    """Each receiver reads what there is by then, less what the sender wrote in this text, more what in the other."""
    twin = Frozen(name, "noise")
    to = ("0.h1 v", "mlp 0", "1.h1 q", "1.h1 v", "logits")
    found = by_sender(asked(twin.model, to))
    writes = twin.writes()
    edges = twin.edges()
    for sender, by in writes.items():
        change: dict[str, Callable[[Tensor], Tensor]] = {}
        for name_, entry, out in twin.readers():
            if name_ in to and edges.exists[edges.sources.index(sender), edges.dests.index(name_)]:
                heard = twin.model.trace(
                    twin.base, twin.target, read=[out], change=change | {entry: lambda x, by=by: x - by}
                )
                change[out] = lambda _, x=heard[out]: x
        assert found[sender] == pytest.approx(twin.value() - twin.value(change), rel=1e-8, abs=1e-10)


def test_it_is_less_than_patching_the_whole_head_where_others_pass_it_on() -> None:
    """Into the logits, a head of the last layer has its direct path and that through the MLP behind it."""
    direct = asked(family("gpt2"), "logits").data["effect"]
    whole = pellucid.explain(
        family("gpt2"), CLEAN, by="activation_patching", target=" the", corrupt=CORRUPT, point="z", direction="noise"
    ).data["effect"]  # fmt: skip
    both = asked(family("gpt2"), ("logits", "mlp 1")).data["effect"]
    np.testing.assert_allclose(both[1], whole[1], atol=1e-5)
    assert float(abs(direct[1] - whole[1]).max()) > 1e-3
    parallel = pellucid.explain(
        family("neox"), CLEAN, by="activation_patching", target=" the", corrupt=CORRUPT, point="z", direction="noise"
    ).data["effect"]  # fmt: skip
    np.testing.assert_allclose(asked(family("neox"), "logits").data["effect"][1], parallel[1], atol=1e-5)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_known_circuit_is_found_path_by_path(direction: str) -> None:
    model = induction_model()

    def strong(to: Any) -> set[tuple[int, int]]:
        why = pellucid.explain(
            model, induction.CLEAN, by="path_patching", target="lamps", scale="logit",
            corrupt=induction.CORRUPT, to=to, direction=direction,
        )  # fmt: skip
        assert np.nanmax(np.abs(why.data["mlp_recovered"])) < 0.01
        share = why.data["recovered"].to_numpy()
        assert np.nanmax(np.abs(np.where(np.abs(share) > 0.9, 0, share))) < 0.01
        return {(int(i), int(h)) for i, h in np.argwhere(np.abs(share) > 0.9)}

    assert strong("logits") == {induction.INDUCTION}
    layer, head = induction.INDUCTION
    assert strong(f"{layer}.h{head} k") == {induction.PREVIOUS}
    assert strong(f"{layer}.h{head} q") == strong(f"{layer}.h{head} v") == set()
    assert strong(f"{induction.COPY[0]}.h{induction.COPY[1]} k") == set()


def test_shares_are_of_the_whole_difference() -> None:
    why = asked(family("llama"), "logits")
    whole = float(why.data["clean"] - why.data["corrupted"])
    for name in ("", "mlp_", "embed_"):
        np.testing.assert_allclose(why.data[f"{name}recovered"], why.data[f"{name}effect"] / whole)
    there, back = (asked(family("llama"), "mlp 1", d).data for d in DIRECTIONS)
    np.testing.assert_allclose(
        [there["clean"], there["corrupted"]], [back["clean"], back["corrupted"]], rtol=1e-5
    )


def test_few_senders_at_a_time_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = asked(family("gpt2"), "logits").data
    monkeypatch.setattr(path_patching, "FLAGS_AT_ONCE", 1)
    apart = asked(family("gpt2"), "logits").data
    np.testing.assert_allclose(apart["effect"], at_once["effect"], atol=1e-5)
    np.testing.assert_allclose(apart["mlp_effect"], at_once["mlp_effect"], atol=1e-5)


def test_what_writes_behind_all_receivers_has_no_number() -> None:
    why = asked(family("gpt2"), ("1.h2 k", "mlp 0"))
    assert np.isfinite(why.data["effect"][0]).all()
    assert np.isnan(why.data["effect"][1]).all()
    assert np.isnan(why.data["mlp_effect"]).values.tolist() == [False, True]
    assert any("5 of 11 parts write behind all receivers" in note for note in why.provenance.notes)
    assert why.provenance.options["to"] == ["1.h2 k", "mlp 0"]
    assert "?" in str(why)
    assert not any("NaN" in note for note in asked(family("gpt2"), "logits").provenance.notes)


@pytest.mark.parametrize("name", [*SUMS, "opt", "qwen2", "gpt2-label"])
def test_receivers_are_called_as_edges_call_them(name: str) -> None:
    assert path_patching._readers(family(name).blocks[""]) == list(Twin(name).edges().dests)


def test_what_cannot_be_asked() -> None:
    model = family("llama")
    for to, near in (("1.h1", "1.h1 q"), ("1.h2 k", "1.h2 q"), ("logit", "logits"), ("mlp 2", "mlp 1")):
        with pytest.raises(UnknownName, match=f"is not a receiver in llama. Did you mean .*{near}"):
            asked(model, to)
    with pytest.raises(BadOption, match="nothing but the embedding has written"):
        asked(model, ("0.h1 q", "0.h1 v"))
    with pytest.raises(BadOption, match="names no receiver"):
        asked(model, ())
    with pytest.raises(BadOption, match="direction="):
        asked(model, "logits", "up")
    with pytest.raises(BadOption, match="Give the second as corrupt"):
        pellucid.explain(model, CLEAN, by="path_patching", target=" the")
    with pytest.raises(UnsupportedModel, match="an encoder and a decoder"):
        pellucid.explain(family("t5"), CLEAN, by="path_patching", corrupt=CLEAN.replace(" is", " was"))
