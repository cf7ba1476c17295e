"""input_x_gradient against central differences along the embedding, and against autograd by hand."""

import numpy as np
import torch

import pellucid


def test_equals_the_slope_of_stretching_one_embedding(demo_sentiment):
    """d/ds f(x with token i scaled by s) at s = 1 is x_i . df/dx_i."""
    text = "a warm and funny film"
    why = pellucid.explain(demo_sentiment, text, "input_x_gradient", target="POSITIVE")
    gradients = demo_sentiment.gradients(why.text, why.target)
    step = 1e-2
    for feature in range(len(why.text.features)):
        position = 1 + feature  # after [CLS]
        stretched = gradients.inputs[None].repeat(2, 1, 1)
        stretched[0, position] *= 1 + step
        stretched[1, position] *= 1 - step
        values, _ = gradients(stretched)
        slope = float((values[0] - values[1]).sum()) / (2 * step)
        np.testing.assert_allclose(why.credit()[feature], slope, atol=2e-3)


def test_rows_of_the_answer_add_up_to_the_sum(demo_lm):
    text = "The city of Rome is in"
    whole = pellucid.explain(demo_lm, text, "input_x_gradient", answer_tokens=3)
    rows = pellucid.explain(demo_lm, text, "input_x_gradient", target=whole.target, per_output=True)
    assert rows.data["attribution"].dims == ("output", "input")
    np.testing.assert_allclose(rows.credit(), whole.credit(), atol=1e-5)


def test_leaves_no_gradient_behind(demo_sentiment):
    before = [p.requires_grad for p in demo_sentiment.module.parameters()]
    pellucid.explain(demo_sentiment, "a warm film", "input_x_gradient")
    assert [p.requires_grad for p in demo_sentiment.module.parameters()] == before
    assert all(p.grad is None for p in demo_sentiment.module.parameters())
    assert not torch.is_inference_mode_enabled()
