"""The rows of patches: what is measured is what one forward a patch says, and the peers are asked the same."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from benchmarks import inside_rows, speed
from benchmarks.gpt2_shape import gpt2
from benchmarks.numbered_words import words

PEERS = Path(inside_rows.__file__).parent / "peers"
WORDS = 97
TINY: dict[str, dict[str, int]] = {
    "gpt2": {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 32},
    "grouped": {
        "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 2,
    },
}  # fmt: skip


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The loop's work, as its process imports it."""
    monkeypatch.syspath_prepend(str(PEERS))
    spec = importlib.util.spec_from_file_location("loop_work", PEERS / "loop" / "work.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.modules.pop("loading", None)


@pytest.mark.parametrize("shape", TINY)
def test_a_sweep_of_states_is_the_loop(shape: str, loop: Any) -> None:
    module, tokenizer = (gpt2 if shape == "gpt2" else inside_rows.grouped)(WORDS, **TINY[shape])
    text, target = words(WORDS, 7, 1)
    ours = inside_rows.swept_states(pellucid.load((module, tokenizer)), text, target)
    theirs = np.array(loop.patched_states(module, tokenizer, {"text": text, "target": target.strip()}))
    assert ours.shape == theirs.shape == (3, 7)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert theirs.std() > 1e-4


def test_a_sweep_of_some_positions_is_that_part_of_the_whole_one() -> None:
    model = pellucid.load(gpt2(WORDS, **TINY["gpt2"]))
    text, target = words(WORDS, 7, 1)
    whole = inside_rows.swept_states(model, text, target)
    some = inside_rows.swept_states(model, text, target, [1, 4])
    np.testing.assert_allclose(some, whole[:, [1, 4]], atol=1e-6)


def test_a_sweep_of_heads_is_one_forward_a_head() -> None:
    module, tokenizer = gpt2(WORDS, **TINY["gpt2"])
    text, target = words(WORDS, 7, 1)
    ids = torch.tensor([tokenizer(text).input_ids])
    clean: dict[int, torch.Tensor] = {}

    def keep(_: Any, args: tuple) -> None:
        clean[len(clean)] = args[0].clone()

    hooks = [block.attn.c_proj.register_forward_pre_hook(keep) for block in module.transformer.h]
    with torch.no_grad():
        module(ids.flip(1))
    for hook in hooks:
        hook.remove()
    wanted = [
        [_with_head(module, ids, clean, i, h)[tokenizer(target.strip()).input_ids[0]] for h in range(4)]
        for i in range(3)
    ]
    ours = inside_rows.swept_heads(pellucid.load((module, tokenizer)), text, target)
    np.testing.assert_allclose(ours, np.array(wanted), atol=1e-6)


def _with_head(
    module: Any, ids: torch.Tensor, clean: dict[int, torch.Tensor], layer: int, head: int
) -> np.ndarray:
    def put(_: Any, args: tuple) -> tuple:
        z = args[0].clone()
        z[..., 8 * head : 8 * head + 8] = clean[layer][..., 8 * head : 8 * head + 8]
        return (z,)

    hook = module.transformer.h[layer].attn.c_proj.register_forward_pre_hook(put)
    with torch.no_grad():
        logits = module(ids).logits[0, -1].numpy()
    hook.remove()
    return logits


def test_rows_name_peers_and_work_that_there_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inside_rows, "VOCABULARY", WORDS)
    monkeypatch.setattr(inside_rows, "LARGE", WORDS)
    monkeypatch.setattr(inside_rows, "GROUPED", TINY["grouped"])
    monkeypatch.setattr(inside_rows, "gpt2", lambda vocabulary: gpt2(vocabulary, **TINY["gpt2"]))
    rows = list(inside_rows.inside_rows(tmp_path))
    assert [row.name for row in rows] == [
        "sweep of states",
        "sweep of heads",
        "logit lens",
        "edge attribution",
        "sweep of states, grouped queries",
    ]
    for row in rows:
        assert Path(row.folder, "config.json").exists()
        for side in row.sides:
            written = (PEERS / side.peer / "work.py").read_text(encoding="utf-8")
            assert f"def {side.work}(" in written
            assert side.tolerance == 1e-4
    figures = speed._measured(
        rows[0], {}, 1
    )  # no peer is there: ours is measured, and the others are missing
    assert [f.get("missing", False) for f in figures] == [False, True, True]
