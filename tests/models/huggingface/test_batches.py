"""Batches hold every row once, keep the budget, and share only what rows have in common."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pellucid.models.huggingface.batches import START, Batch, batches, padded_batches
from pellucid.models.huggingface.rows import Row
from pellucid.models.huggingface.tree import Tree

lengths_of_rows = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def row(ids: list[int]) -> Row:
    return Row(np.array(ids), np.ones(len(ids), bool), None, np.array([], int))


def tokens(found: list[Batch | Tree], rows: list[Row]) -> int:
    """How many tokens are read, padding counted."""
    padded = sum(len(b.rows) * max(len(rows[i]) for i in b.rows) for b in found if isinstance(b, Batch))
    return padded + sum(step.tokens for b in found if isinstance(b, Tree) for step in b.steps)


@given(lengths_of_rows, st.integers(1, 200), st.sampled_from(["any", "equal", "one"]))
def test_padded_batches(lengths, budget, together):
    found = padded_batches(lengths, budget, together)
    assert sorted(i for b in found for i in b.rows) == list(range(len(lengths)))
    for batch in found:
        kinds = {lengths[i] for i in batch.rows}
        assert len(batch.rows) == 1 or len(batch.rows) * max(kinds) <= budget
        assert together == "any" or len(kinds) == 1
        assert together != "one" or len(batch.rows) == 1


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=30), min_size=1, max_size=40),
    st.integers(0, 9),
    st.integers(1, 400),
)
def test_trees_and_batches_together(drawn, extra, budget):
    rows = [row(ids) for ids in drawn]
    found = batches(rows, extra, budget, "any", True, "cpu")
    assert sorted(i for b in found for i in b.rows) == list(range(len(rows)))
    for batch in found:
        lengths = [len(rows[i]) + extra for i in batch.rows]
        assert len(lengths) == 1 or len(lengths) * max(lengths) <= budget
        # A tree must save what it costs to start.
        assert isinstance(batch, Batch) or batch.cost(START["cpu"]) < sum(lengths)


def test_leaving_out_one_token_at_a_time_reads_little_more_than_half():
    rows = [row([i for i in range(100) if i != gone]) for gone in range(100)]
    whole = batches(rows, 0, 4096, "any", False, "cpu")
    assert tokens(whole, rows) == 9900
    assert tokens(batches(rows, 0, 4096, "any", True, "cpu"), rows) < 0.65 * 9900


def test_no_tree_where_it_does_not_pay():
    rows = [row([gone, *range(50)]) for gone in (60, 61, 62)]
    assert batches(rows, 0, 4096, "any", True, "cpu") == [Batch([0, 1, 2])]


def test_leaving_out_words_of_other_lengths_reads_two_thirds():
    words = np.repeat(np.arange(32), [1, 3] * 16)
    rows = [row(np.flatnonzero(words != gone).tolist()) for gone in range(32)]
    padded = 32 * (63 + 15)
    assert tokens(batches(rows, 15, 4096, "any", True, "cpu"), rows) < 0.68 * padded
