"""Gradients inside the model, held against the graph of one plain forward with all hidden states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core.errors import BadOption
from pellucid.core.target import Target
from tests import twin
from tests.families import ALL, family, fresh, question, shape_of
from tests.models.huggingface.test_value import CLOSE, asked

DEPTH = 2


def at_layer(name: str, string: str, target: Target, layer: int) -> tuple[Any, Any, Target]:
    model = family(name)
    text = model.cut(string, "token")
    resolved = model.resolve(text, target)
    return model.gradients(text, resolved, layer=layer), text, resolved


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("layer", range(DEPTH + 1))
def test_the_states_of_the_text_itself_score_as_the_text(name: str, layer: int) -> None:
    for string, target in asked(name):
        gradients, text, resolved = at_layer(name, string, target, layer)
        points = gradients.inputs[None].repeat(2, 1, 1)
        expected = family(name).value(text, resolved)(np.ones((2, len(text.features)), bool))
        np.testing.assert_allclose(gradients.values(points), expected, atol=CLOSE, rtol=CLOSE)


@pytest.mark.parametrize("name", [n for n in ALL if "unpadded" not in n])
@pytest.mark.parametrize("layer", range(DEPTH))
def test_equals_the_graph_of_one_forward(name: str, layer: int) -> None:
    """States and their gradients, off the model's own list of hidden states, one output at a time."""
    q = question(name)
    target = Target(q.several or q.one, scale="logit")
    gradients, text, resolved = at_layer(name, q.text_of_several or q.text, target, layer)
    states, scores = forward(name, text, resolved, layer)
    length = len(gradients.inputs)
    torch.testing.assert_close(gradients.inputs, states[0, :length].detach(), atol=CLOSE, rtol=CLOSE)
    values, found = gradients(gradients.inputs[None], per_output=True)
    np.testing.assert_allclose(values[0], scores.detach(), atol=CLOSE, rtol=CLOSE)
    for output, score in enumerate(scores):
        slow = torch.autograd.grad(score, states, retain_graph=True)[0][0, :length]
        torch.testing.assert_close(found[0, output], slow, atol=1e-4, rtol=1e-3)


def forward(name: str, text: Any, target: Target, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The hidden states in front of a block, with a graph, and the logits of the answer's tokens."""
    module, shape, answer = family(name).module, shape_of(name), target.ids
    read = twin.read_of(
        name, family(name).tokenizer, text, [True] * len(text.features), "delete", at=target.at
    )
    ids = torch.tensor([read.ids])
    if shape == "causal":
        ids = torch.cat([ids, torch.tensor([answer[:-1]], dtype=torch.long)], 1)
        out = module(ids, output_hidden_states=True)
        logits = out.logits[0, -len(answer) :]
    elif shape == "encoder-decoder":
        start = torch.tensor([[*twin.DECODER_START[name], *answer[:-1]]])
        out = module(ids, decoder_input_ids=start, output_hidden_states=True)
        logits = out.logits[0, -len(answer) :]
        return out.encoder_hidden_states[layer], logits[range(len(answer)), answer]
    else:
        types = {"token_type_ids": torch.tensor([read.types])} if name.startswith("bert") else {}
        out = module(ids, output_hidden_states=True, **types)
        if shape == "question":
            logits = torch.cat([out.start_logits, out.end_logits])
        else:
            logits = out.logits[0, read.slots] if shape in ("masked", "token-label") else out.logits
    return out.hidden_states[layer], logits[range(len(answer)), answer]


@pytest.mark.parametrize("name", ["gpt2", "bert-label", "t5"])
def test_a_baseline_is_what_stands_there_when_the_text_is_the_baseline(name: str) -> None:
    gradients, text, resolved = at_layer(name, question(name).text, Target(question(name).one), 1)
    plain = family(name).gradients(text, resolved)
    for kind in ("zero", "mean"):
        expected = plain.values(plain.baseline(kind)[None])
        found = gradients.values(gradients.baseline(kind)[None])
        np.testing.assert_allclose(found, expected, atol=CLOSE, rtol=CLOSE)


def test_layers_count_from_the_end_too() -> None:
    asked_of = ("gpt2", question("gpt2").text, Target(question("gpt2").one))
    last, same = at_layer(*asked_of, -1)[0], at_layer(*asked_of, DEPTH)[0]
    torch.testing.assert_close(last.inputs, same.inputs, atol=0, rtol=0)


@pytest.mark.parametrize("layer", [DEPTH + 1, -DEPTH - 2])
def test_a_layer_that_is_not_there_is_refused(layer: int) -> None:
    with pytest.raises(BadOption, match="layers go from 0 to 2"):
        at_layer("gpt2", question("gpt2").text, Target(question("gpt2").one), layer)


def test_no_hook_stays_behind() -> None:
    model = fresh("gpt2")
    text = model.cut(question("gpt2").text)
    for layer in (0, DEPTH):
        gradients = model.gradients(text, model.resolve(text, Target(" the")), layer=layer)
        with pytest.raises(RuntimeError):
            gradients(gradients.inputs[None, :, :-1])
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.module.modules())
