"""TransformerLens, as its documentation patches: one forward a patch, through its own functions."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from loading import language_model
from transformer_lens import patching
from transformer_lens.model_bridge import TransformerBridge


def load(task: dict[str, Any]) -> tuple[Any, Any]:
    return _bridge(task["folder"])


@lru_cache(maxsize=2)
def _bridge(folder: str) -> tuple[Any, Any]:
    """The model's own weights and numbers; no name is looked up."""
    model, tokenizer = language_model(folder, "eager")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    tokenizer.init_kwargs["name_or_path"] = folder  # made by hand it has none, and it is asked for
    return TransformerBridge.boot_transformers("gpt2", hf_model=model, tokenizer=tokenizer).eval(), tokenizer


def patched_states(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """Shape (layer, position)."""
    return _patched(patching.get_act_patch_resid_pre, model, tokenizer, task)


def patched_heads(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """Shape (layer, head)."""
    return _patched(patching.get_act_patch_attn_head_out_all_pos, model, tokenizer, task)


@torch.no_grad()
def _patched(patch: Any, model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    corrupt = torch.tensor([tokenizer(task["text"]).input_ids])
    answer = tokenizer(task["target"]).input_ids[-1]
    _, clean = model.run_with_cache(corrupt.flip(1))
    return patch(model, corrupt, clean, lambda logits: logits[0, -1, answer]).tolist()
