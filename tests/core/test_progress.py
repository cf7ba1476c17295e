from __future__ import annotations

import threading

import pytest

from pellucid.core.errors import Cancelled
from pellucid.core.progress import Meter, meter, metered


def counts(measured: Meter) -> tuple[int, ...]:
    return measured.forwards, measured.backwards, measured.calls, measured.tokens


def test_inner_work_counts_for_the_outer_too():
    with metered() as outer:
        meter().spend(forwards=1, tokens=10)
        with metered() as inner:
            assert meter() is inner
            meter().spend(forwards=2, backwards=2, tokens=20)
            meter().spend(forwards=4, tokens=40)
        assert meter() is outer
        meter().spend(forwards=8, tokens=80)
    assert counts(inner) == (6, 2, 2, 60)
    assert counts(outer) == (15, 2, 4, 150)


def test_outside_of_all_work_nobody_counts():
    meter().spend(forwards=1)
    assert counts(meter()) == (0, 0, 0, 0)
    with pytest.raises(KeyError), metered():
        raise KeyError
    assert meter().parent is None


def test_cancel_stops_the_next_batch_here_and_below():
    with metered() as outer, metered() as inner:
        meter().spend(forwards=1)
        outer.cancel()
        assert inner.cancelled
        with pytest.raises(Cancelled):
            meter().spend(forwards=1)
        with pytest.raises(Cancelled):
            meter().advance(1, 2, "reading")
    assert counts(inner) == counts(outer) == (1, 0, 1, 0)


def test_cancelling_the_inner_work_spares_the_outer():
    with metered() as outer:
        with metered() as inner:
            inner.cancel()
            with pytest.raises(Cancelled):
                meter().spend(forwards=1)
        meter().spend(forwards=1)
    assert counts(outer) == (1, 0, 1, 0)


def test_another_thread_can_cancel():
    with metered() as outer:
        thread = threading.Thread(target=outer.cancel)
        thread.start()
        thread.join()
        with pytest.raises(Cancelled):
            meter().spend()


def test_listeners_hear_every_step_of_the_work_inside():
    heard = []
    with metered(lambda m: heard.append((m.calls, m.done, m.total, m.doing))), metered():
        meter().spend(forwards=1)
        meter().advance(1, 2, "reading")
        meter().spend(forwards=1)
    assert heard == [(1, 0, 0, ""), (1, 1, 2, "reading"), (2, 1, 2, "reading")]


def test_a_loop_of_its_own_is_not_hidden_by_the_loops_inside_it():
    with metered() as bar, metered() as rows:
        rows.advance(3, 10, "rows")
        with metered() as inner:
            inner.advance(64, 64, "reading")
            inner.spend(forwards=1)
        assert (rows.done, rows.total, rows.doing) == (3, 10, "rows")
        assert (bar.done, bar.total, bar.doing) == (3, 10, "rows")
        assert (inner.done, inner.total) == (64, 64)
        rows.advance(4, 10, "rows")
        assert bar.done == 4
