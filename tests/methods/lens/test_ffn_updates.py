"""FFN updates: pushes as direct logit attribution has them, value vectors as the weights have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import BadOption
from tests.families import CAUSAL, family, question

SUMS = tuple(name for name in CAUSAL if name != "bloom")


def asked(name: str, **given: Any) -> pellucid.Explanation:
    options = {"text": question(name).text, "target": question(name).one} | given
    return pellucid.explain(family(name), by="ffn_updates", **options)


@pytest.mark.parametrize("name", SUMS)
def test_pushes_are_those_of_direct_logit_attribution(name: str) -> None:
    data = asked(name, against=question(name).other, top_k=3).data
    given = {"text": question(name).text, "target": question(name).one, "against": question(name).other}
    neurons = pellucid.explain(
        family(name), by="direct_logit_attribution", parts="neuron", top_k=3, **given
    ).data
    layers = pellucid.explain(family(name), by="direct_logit_attribution", **given).data
    np.testing.assert_allclose(data["push"], neurons["direct_effect"], atol=1e-6)
    np.testing.assert_array_equal(data["neuron_index"], neurons["neuron_index"])
    np.testing.assert_allclose(data["update_push"], layers["direct_effect"][2::2], atol=1e-6)


@pytest.mark.parametrize("name", ["gpt2", "llama", "opt", "neox"])
def test_candidates_are_what_a_value_vector_promotes(name: str) -> None:
    """The column of the output projection, with the sign of its activation, through norm and matrix, biases less."""
    model, data = family(name), asked(name, top_k=2, candidates=3).data
    found = model.trace(model.cut(question(name).text), read=["mlp_act.0", "mlp_act.1"])
    norm, matrix = (step.module for step in model.unembedding.steps[:1] + model.unembedding.steps[-1:])
    for layer in range(2):
        acts = found.row(f"mlp_act.{layer}", 0)[-1]
        weight = model.anatomy[""][layer].mlp_projection.weight
        columns = weight.T if weight.shape[1] == len(acts) else weight  # GPT-2's is transposed
        for neuron in range(2):
            index = int(data["neuron_index"][layer, neuron])
            assert float(data["activation"][layer, neuron]) == pytest.approx(float(acts[index]), abs=1e-6)
            with torch.no_grad():
                vector = acts[index] * columns[index]
                logits = matrix.weight @ (norm(vector) - norm(vector * 0))
            top = logits.topk(4)
            if top.values.diff().abs().min() > 1e-4:
                names = list(model.token_texts(top.indices[:3].tolist()))
                assert data["candidate_token"][layer, neuron].values.tolist() == names


@pytest.mark.parametrize("name", SUMS)
def test_value_vectors_add_up_to_the_update(name: str) -> None:
    """All neurons' updates and the bias are what the MLP writes, a norm behind it included."""
    model = family(name)
    found = model.trace(model.cut(question(name).text), read=["mlp_act.1", "mlp_out.1"])
    acts, update = (found.row(site, 0)[-1] for site in ("mlp_act.1", "mlp_out.1"))
    written = model.push("mlp_act.1", acts, torch.diag(acts)).sum(0)
    bias = getattr(model.anatomy[""][1].mlp_projection, "bias", None)
    torch.testing.assert_close(written + (0 if bias is None else bias.detach()), update, atol=1e-4, rtol=1e-4)


def test_it_is_drawn_with_what_neurons_promote() -> None:
    why = pellucid.explain(
        "demo-lm", "The Eiffel Tower is located in the city of", by="ffn_updates", target=" Paris"
    )
    said = str(why)
    layer, neuron = np.unravel_index(np.abs(why.primary.values).argmax(), why.primary.shape)
    index, tokens = why.data["neuron_index"].values[layer, neuron], why.data["candidate_token"].values
    assert f"{layer}.n{index}" in said
    assert tokens[layer, neuron, 0].strip() in said
    assert "promotes" in said
    assert "Paris" in " ".join(tokens[4:].flat)


def test_what_is_refused() -> None:
    with pytest.raises(BadOption, match="normalises or scales the sum"):
        asked("bert-masked")
    with pytest.raises(BadOption, match="top_k=0"):
        asked("gpt2", candidates=0)
