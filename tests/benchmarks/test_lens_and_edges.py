"""The rows of the lens and of the edges: what is measured is what the model says, and what differs is seen."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import pellucid
from benchmarks import edge_row, lens_row
from benchmarks.gpt2_shape import gpt2
from benchmarks.numbered_words import words
from benchmarks.rows import apart

WORDS = 97
TINY = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 32}


def test_the_lens_is_the_states_behind_the_final_norm_in_the_vocabulary():
    module, tokenizer = gpt2(WORDS, **TINY)
    text, target = words(WORDS, 7, 1)
    with torch.no_grad():
        found = module(torch.tensor([tokenizer(text).input_ids]), output_hidden_states=True)
        states = torch.stack(found.hidden_states[:-1])[:, 0]  # the last of them is behind the norm already
        logits = torch.cat([module.lm_head(module.transformer.ln_f(states)), found.logits])
    top = logits.log_softmax(-1).topk(lens_row.LIKELIEST)
    theirs = [top.values.tolist(), top.indices.tolist()]
    ours = lens_row.seen(pellucid.load((module, tokenizer)), text, target)
    assert ours.shape == (2, 4, 7, lens_row.LIKELIEST)
    np.testing.assert_array_equal(ours[1], top.indices.numpy())
    assert apart(*lens_row.same_tokens(theirs, ours)) < 1e-5


def test_the_same_tokens_are_compared_whatever_their_order():
    ours = np.array([[-1.0, -2.0, -3.0], [4, 5, 6]])
    swapped = [[-2.0, -1.0, -3.0], [5, 4, 6]]
    other_in_a_tie = [[-1.0, -2.0, -3.0], [4, 5, 9]]
    other = [[-1.0, -2.0, -2.5], [4, 5, 9]]
    assert apart(*lens_row.same_tokens(swapped, ours)) == 0
    assert apart(*lens_row.same_tokens(other_in_a_tie, ours)) == 0
    assert apart(*lens_row.same_tokens(other, ours)) == pytest.approx(0.5 / 3)


def test_edges_are_the_mean_over_pairs_of_a_text_and_itself_read_backwards():
    module, tokenizer = gpt2(WORDS, **TINY)
    text, target = words(WORDS, 2 * edge_row.TOKENS, 1)
    ours = edge_row.edges(pellucid.load((module, tokenizer)), text, target)
    answer = tokenizer(target.strip()).input_ids[0]
    ids = torch.tensor(tokenizer(text).input_ids).view(2, -1)
    # All that is written reaches the logits, so those edges add up to a product of differences and gradients.
    into_logits = [_last_states(module, some) for some in ids]
    wanted = []
    for clean, corrupt in zip(into_logits, [_last_states(module, some.flip(0)) for some in ids], strict=True):
        (slope,) = torch.autograd.grad(
            module.lm_head(module.transformer.ln_f(clean))[-1, answer], clean, retain_graph=True
        )
        wanted.append((slope * (clean - corrupt)).sum().item())
    assert abs(wanted[0] - wanted[1]) > 1e-3
    assert ours[:, -1].sum() == pytest.approx(np.mean(wanted), rel=1e-4)


def _last_states(module, ids: torch.Tensor) -> torch.Tensor:
    kept = []
    hook = module.transformer.ln_f.register_forward_pre_hook(lambda _, args: kept.append(args[0]))
    module(ids[None])
    hook.remove()
    return kept[0][0]


def test_edges_stand_dest_by_dest_in_a_list_and_all_of_them_in_a_square():
    ours = np.array(
        [[1.0, 3.0], [np.nan, 4.0]]
    )  # (source, dest); the second source writes behind the first dest
    np.testing.assert_array_equal(*edge_row.listed([-1.0, -3.0, -4.0], ours))
    np.testing.assert_array_equal(*edge_row.square([[-1.0, -3.0], [7.0, -4.0]], ours))
    theirs, mine = edge_row.square([[-1.0, 3.0], [7.0, -4.0]], ours)
    assert apart(theirs, mine) == 1.5
