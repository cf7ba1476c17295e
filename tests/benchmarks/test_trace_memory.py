"""The memory of a trace: each side is set beside ours, and other numbers than ours are told."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from benchmarks import trace_memory
from benchmarks.gpt2_shape import gpt2
from benchmarks.numbered_words import words

PEERS = Path(trace_memory.__file__).parent / "peers"
MEGABYTE = 2**20


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pellucid's work, as its process imports it."""
    monkeypatch.syspath_prepend(str(PEERS))
    spec = importlib.util.spec_from_file_location("pellucid_work", PEERS / "pellucid" / "work.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("loading", None)


def test_what_is_read_is_what_leaves_each_block(ours: Any) -> None:
    module, tokenizer = gpt2(97, n_embd=32, n_layer=3, n_head=4, n_positions=32)
    text, _ = words(97, 7, 1)
    left: list[torch.Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _, __, out: left.append(out if torch.is_tensor(out) else out[0]))
        for block in module.transformer.h
    ]
    with torch.no_grad():
        module(torch.tensor([tokenizer(text).input_ids]))
    for hook in hooks:
        hook.remove()
    wanted = [(states[0] @ torch.arange(32).float().cos()).numpy() for states in left]
    found = np.array(ours.traced(pellucid.load((module, tokenizer)), {"text": text}))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_way_is_equal_to_ours_or_not() -> None:
    ours = {"side": "Pellucid", "grown_bytes": 1, "numbers": [[1.0, -2.0]]}
    same = trace_memory._beside({"side": "a", "grown_bytes": 1, "numbers": [[1.0, -2.0001]]}, ours)
    other = trace_memory._beside({"side": "b", "grown_bytes": 1, "numbers": [[1.0, -2.1]]}, ours)
    missing = trace_memory._beside({"side": "c", "missing": True}, ours)
    assert same["equal"] is True
    assert other["equal"] is False
    assert missing == {"side": "c", "missing": True}
    assert "numbers" not in same


def test_ways_stand_beside_ours() -> None:
    found = {
        "work": "some work",
        "machine": "a machine",
        "ways": [
            {"side": "Pellucid", "grown_bytes": 50 * MEGABYTE},
            {"side": "Large", "grown_bytes": 200 * MEGABYTE, "largest_difference": 1e-6, "equal": True},
            {"side": "Other", "grown_bytes": 25 * MEGABYTE, "largest_difference": 0.5, "equal": False},
            {"side": "Broken", "failed": "KeyError: 'a|b'"},
            {"side": "Absent", "missing": True},
        ],
    }
    shown = trace_memory.table(found)
    assert "| Pellucid | 50 MiB | 1.0 |  |" in shown
    assert "| Large | 200 MiB | 4.0 | 1e-06 |" in shown
    assert "| Other | 25 MiB | 0.5 | 5e-01 (do not agree) |" in shown
    assert "| Broken | KeyError: 'a b' |  |  |" in shown
    assert "| Absent | missing here |  |  |" in shown


def test_each_way_is_work_that_there_is() -> None:
    for way in trace_memory.WAYS:
        assert "def traced(" in (PEERS / way.peer / "work.py").read_text(encoding="utf-8")
