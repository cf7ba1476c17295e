"""The growth of sweeps and of edges: points are what they say, counts are those of the work."""

from __future__ import annotations

import pytest

from benchmarks import inside_growth
from benchmarks.asked import Asked
from benchmarks.gpt2_shape import gpt2
from benchmarks.inside_growth import Point

TINY = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 32}


def test_positions_are_spread_over_the_prompt():
    assert Point(prompt=3).patched == [0, 1, 2]
    assert Point(prompt=16, positions=4).patched == [0, 4, 8, 12]


def test_every_point_is_measured_and_shown(monkeypatch, tmp_path):
    monkeypatch.setattr(inside_growth, "AXES", {"layers": (2, 4), "prompt": (4, 8), "positions": (2, 4)})
    monkeypatch.setattr(inside_growth, "STEPS", (1, 2))
    monkeypatch.setattr(inside_growth, "VOCABULARY", 97)
    monkeypatch.setattr(
        inside_growth,
        "gpt2",
        lambda vocabulary, **shape: gpt2(
            vocabulary,
            **TINY
            | {
                "n_layer": shape.get("n_layer", 2),
                "n_positions": 64,
            },
        ),
    )
    found = inside_growth.measured(Asked(1, 1, None, tmp_path))
    patches = {(one["axis"], one["at"]): one["patches"] for one in found["sweeps"]}
    assert patches == {
        ("layers", 2): 2 * 64, ("layers", 4): 4 * 64, ("prompt", 4): 8 * 4, ("prompt", 8): 8 * 8,
        ("positions", 2): 8 * 2, ("positions", 4): 8 * 4,
    }  # fmt: skip
    for one in found["sweeps"]:
        assert (
            0 < one["forwards"] < one["patches"] + 2 * 64
        )  # each position reads the rest of the text once more
        assert one["seconds"] > 0
    assert [step["steps"] for step in found["steps"]] == [1, 2]
    shown = inside_growth.table(found)
    assert shown.count("| x ") == 3
    assert "| 1 |" in shown


def test_the_factor_of_doubling_is_that_of_the_last_two_points():
    sweeps = [
        {"axis": "layers", "at": at, "patches": 10 * at, "forwards": 5.0 * at, "seconds": seconds}
        for at, seconds in ((2, 1.0), (4, 1.0), (16, 16.0))
    ]
    found = {"sweeps": sweeps, "work": "", "machine": ""}
    steps = [{"steps": 1, "seconds": 2.0}, {"steps": 5, "seconds": 8.0}]
    shown = inside_growth.table({**found, "steps": steps})
    assert "| layers | 16 | 160 | 16.00 s | 80 | 0.50 | x 4.0 |" in shown
    assert "| layers | 4 | 40 | 1.00 s | 20 | 0.50 |  |" in shown
    assert "| 5 | 8.00 s | 4.0 |" in shown


def test_what_a_sweep_reads_is_counted_in_whole_texts(monkeypatch):
    monkeypatch.setattr(
        inside_growth, "gpt2", lambda vocabulary, **shape: gpt2(vocabulary, **TINY | {"n_layer": 1})
    )
    counted, _ = inside_growth._sweep(Point(layers=1, prompt=16, positions=1))()
    assert counted["patches"] == 1
    assert counted["forwards"] == pytest.approx(3, abs=0.2)  # the clean text, the other one, and the patch
