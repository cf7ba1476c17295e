"""Batches hold every row once, keep the budget, and share only what rows have in common."""

from hypothesis import given
from hypothesis import strategies as st

from pellucid.models.huggingface.batches import KNOWN_TOKENS, batches, padded_batches, prefix_batches

rows = st.lists(st.tuples(st.integers(1, 40), st.floats(0, 1)), min_size=1, max_size=60)


def split(drawn: list[tuple[int, float]]) -> tuple[list[int], list[int]]:
    """Lengths, and prefixes shorter than them."""
    lengths = [length for length, _ in drawn]
    return lengths, [int(share * (length - 1)) for length, share in drawn]


@given(rows, st.integers(1, 200), st.sampled_from(["any", "equal", "one"]))
def test_padded_batches(drawn, budget, together):
    lengths, _ = split(drawn)
    found = padded_batches(lengths, budget, together)
    assert sorted(i for b in found for i in b.rows) == list(range(len(lengths)))
    for batch in found:
        kinds = {lengths[i] for i in batch.rows}
        assert len(batch.rows) == 1 or len(batch.rows) * max(kinds) <= budget
        assert batch.known == 0
        assert together == "any" or len(kinds) == 1
        assert together != "one" or len(batch.rows) == 1


@given(rows, st.integers(1, 200), st.integers(0, 64))
def test_prefix_batches(drawn, budget, start):
    lengths, shared = split(drawn)
    found = prefix_batches(lengths, shared, budget, start)
    assert sorted(i for b in found for i in b.rows) == list(range(len(lengths)))
    for batch in found:
        (length,) = {lengths[i] for i in batch.rows}
        assert batch.known == min(shared[i] for i in batch.rows)
        assert len(batch.rows) == 1 or len(batch.rows) * (length - batch.known) <= budget
        assert len(batch.rows) == 1 or len(batch.rows) * length <= KNOWN_TOKENS * budget
        assert sum(shared[i] - batch.known for i in batch.rows) <= max(start, 0)


def test_leaving_out_one_token_at_a_time_reads_little_more_than_half():
    tokens = 100
    lengths, shared = [tokens - 1] * tokens, [*range(tokens - 1), tokens - 2]
    reusing = batches(lengths, shared, 4096, "any", "cpu")
    plain = batches(lengths, None, 4096, "any", "cpu")
    unread = sum(len(b.rows) * (tokens - 1 - b.known) for b in reusing)
    assert unread + tokens < 0.6 * sum(len(b.rows) * (tokens - 1) for b in plain)


def test_nothing_is_reused_where_it_does_not_pay():
    assert all(b.known == 0 for b in batches([50, 50], [3, 2], 4096, "any", "cpu"))
