"""The studies' arithmetic, against its definition, and their wiring on models that are small enough."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import pellucid
from benchmarks import gpu, growth, matmul_rate
from benchmarks.asked import Asked
from benchmarks.gpt2_shape import gpt2
from benchmarks.numbered_words import words

SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "vocab_size": 640,
}


def test_needed_is_what_the_products_with_weights_take():
    module, tokenizer = gpt2(97, n_embd=16, n_layer=2, n_head=2, n_positions=64)
    model = pellucid.load((module, tokenizer))
    prompt, answer = words(97, 12, 3)
    with FlopCounterMode(display=False) as counted:
        cost = pellucid.explain(model, prompt, "leave_one_out", target=answer, ablate="mask").provenance
    products = sum(
        flops
        for operation, flops in counted.get_flop_counts()["Global"].items()
        if operation in (torch.ops.aten.addmm, torch.ops.aten.mm)
    )
    # A prefix that is read once makes one row of logits that nobody counts.
    spared = 2 * module.lm_head.weight.numel() * 3
    assert abs(matmul_rate.needed(module, cost.tokens, cost.forwards, 3) - products) <= spared
    assert products > 10 * spared


def test_doubling():
    assert growth.doubling({64: 1.0, 128: 2.0}) == pytest.approx(2)
    assert growth.doubling({1: 9.0, 64: 1.0, 256: 16.0}) == pytest.approx(4)


def test_growth_of_ours_where_no_peer_is(monkeypatch, tmp_path):
    monkeypatch.setattr(
        growth, "AXES", {"prompt tokens": (8, 16), "answer tokens": (1, 2), "tokens a batch": (32, 64)}
    )
    monkeypatch.setattr(growth, "PROMPT", 8)
    found = growth.measured(Asked(1, 1, (), tmp_path))
    assert len(found["curves"]) == 9
    for curve in found["curves"]:
        assert curve["points"] == list(growth.AXES[curve["axis"]])
        assert all(seconds > 0 for seconds in curve["seconds"])
    assert growth.table(found).count("| Pellucid |") == 9


def test_sides_are_compared_between_points_that_all_have(monkeypatch):
    monkeypatch.setattr(growth, "AXES", {"prompt tokens": (1, 2, 4)})
    curves = [
        {
            "axis": "prompt tokens",
            "work": "w",
            "side": "ours",
            "points": [1, 2, 4],
            "seconds": [1.0, 2.0, 64.0],
        },
        {"axis": "prompt tokens", "work": "w", "side": "theirs", "points": [1, 2], "seconds": [1.0, 4.0]},
    ]
    shown = growth.table({"curves": curves, "work": "", "machine": ""})
    assert "| w | ours | 1.00 s | 2.00 s | 64.00 s | x 2.0 |" in shown
    assert "| w | theirs | 1.00 s | 4.00 s |  | x 4.0 |" in shown


def test_the_gpu_row_on_a_small_model_of_the_same_kind():
    found = gpu.measured_on("cpu", 1, **SMALL)
    ablation, shapley, integrated = found["ways"].values()
    assert found["dtype"] == "bfloat16"
    assert ablation["forwards"] == ablation["features"] + 1 > 20
    most = gpu.ORDERS * (shapley["features"] - 1) + 2  # less the subsets that orders share
    assert 0.9 * most < shapley["forwards"] <= most
    assert integrated["forwards"] == gpu.STEPS + 2
    assert "1 machine" in gpu.table({**found, "machine": "1 machine"})


def test_gpu_memory_is_told_in_gibibytes():
    way = {"features": 20, "median": 1.5, "forwards": 21, "held_bytes": 14 * 2**30, "peak_bytes": 20 * 2**30}
    shown = gpu.table({"ways": {"work": way}, "weights": 7e9, "dtype": "bfloat16", "machine": "one GPU"})
    assert "| work | 1.50 s | 21 | 20.0 GiB | 14.0 GiB |" in shown
