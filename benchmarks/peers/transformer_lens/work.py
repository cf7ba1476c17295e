"""TransformerLens, as its documentation does it: through its own functions, on the model's own weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from loading import language_model
from transformer_lens import patching
from transformer_lens.model_bridge import TransformerBridge
from transformer_lens.tools.analysis import EdgeAttributionConfig, attribution_patch, logit_lens
from transformer_lens.tools.analysis.attribution_patching import (
    cache_activation_and_gradient,
    capture_writer_outputs,
)

TEXTS_AT_ONCE = 8


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
    """One forward a patch, shape (layer, position)."""
    return _patched(patching.get_act_patch_resid_pre, model, tokenizer, task)


def patched_heads(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """One forward a patch, shape (layer, head)."""
    return _patched(patching.get_act_patch_attn_head_out_all_pos, model, tokenizer, task)


@torch.no_grad()
def _patched(patch: Any, model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    corrupt = _read(tokenizer, task)
    _, clean = model.run_with_cache(corrupt.flip(1))
    return patch(model, corrupt, clean, _answered(tokenizer, task)).tolist()


def lens(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """Log-probabilities of the likeliest tokens and their numbers, shape (2, layer, position, candidate)."""
    found = logit_lens(
        model, _read(tokenizer, task), positions=None, return_type="log_probs", top_k=task["likeliest"]
    ).readout
    return [found.values[:, 0].tolist(), found.top_ids[:, 0].tolist()]


@torch.no_grad()
def lens_by_hand(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """The recipe of `ActivationCache.accumulated_resid`, at all positions; of the states, only those are cached."""
    last = f"blocks.{model.cfg.n_layers - 1}.hook_resid_post"
    _, cache = model.run_with_cache(
        _read(tokenizer, task), names_filter=lambda name: name.endswith("hook_resid_pre") or name == last
    )
    states = cache.accumulated_resid(apply_ln=True)[:, 0]
    top = model.unembed(states).log_softmax(-1).topk(task["likeliest"])
    return [top.values.tolist(), top.indices.tolist()]


def edges(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """Its own edge attribution, which has an edge at each position: their sums, dest by dest.

    It takes the gradient at the text that it calls corrupt, so that is the clean one here.
    """
    clean = _texts(tokenizer, task)
    found = attribution_patch(
        model,
        clean.flip(1),
        clean,
        _answered(tokenizer, task),
        config=EdgeAttributionConfig(granularity="edge"),
    )
    return torch.tensor(list(found.edge_scores.values())).view(clean.shape[1], -1).sum(0).tolist()


def edges_by_hand(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """What one would write with its caches: some texts at once, and one product for all edges, (source, dest)."""
    writers, readers = _nodes(model.cfg.n_layers)
    each, answered = _texts(tokenizer, task), _answered(tokenizer, task)
    total = 0
    with _by_heads(model):
        for clean in each.split(TEXTS_AT_ONCE):
            corrupt = capture_writer_outputs(model, clean.flip(1), writers)
            found = cache_activation_and_gradient(model, clean, answered, [*writers, *readers])
            written = _stacked(corrupt, writers) - _stacked(found.activations, writers)
            total = total + torch.einsum("usd,vsd->uv", written, _stacked(found.gradients, readers))
    return (total / len(each)).tolist()


def _nodes(layers: int) -> tuple[list[str], list[str]]:
    """Where it is written to the residual stream, and where it is read."""
    writers, readers = ["hook_embed"], []
    for i in range(layers):
        writers += [f"blocks.{i}.attn.hook_result", f"blocks.{i}.hook_mlp_out"]
        readers += [f"blocks.{i}.attn.hook_{kind}_input" for kind in "qkv"] + [f"blocks.{i}.hook_mlp_in"]
    return writers, [*readers, f"blocks.{layers - 1}.hook_resid_post"]


def _stacked(at: dict[str, torch.Tensor], names: list[str]) -> torch.Tensor:
    """All nodes one behind the other, heads each by itself: (node, text and position, width)."""
    each = [at[name] if at[name].dim() == 4 else at[name].unsqueeze(2) for name in names]
    return torch.cat(each, 2).flatten(0, 1).transpose(0, 1)


@contextmanager
def _by_heads(model: Any) -> Iterator[None]:
    """Inside, what heads write and read passes head by head."""
    switches = (model.set_use_attn_result, model.set_use_split_qkv_input, model.set_use_hook_mlp_in)
    for switch in switches:
        switch(True)
    try:
        yield
    finally:
        for switch in switches:
            switch(False)


@torch.no_grad()
def traced(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """What leaves each block, along one direction, shape (layer, position); ``keep``: of so many logits, 0 for all."""
    _, cache = model.run_with_cache(
        _read(tokenizer, task),
        names_filter=lambda name: name.endswith("hook_resid_post"),
        logits_to_keep=task["keep"],
    )
    direction = torch.arange(model.cfg.d_model).float().cos()
    return [(cache["resid_post", i][0] @ direction).tolist() for i in range(model.cfg.n_layers)]


def _read(tokenizer: Any, task: dict[str, Any]) -> torch.Tensor:
    return torch.tensor([tokenizer(task["text"]).input_ids])


def _texts(tokenizer: Any, task: dict[str, Any]) -> torch.Tensor:
    """The texts of so many tokens each that stand one behind the other."""
    return _read(tokenizer, task).view(-1, task["tokens"])


def _answered(tokenizer: Any, task: dict[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    """The answer's logit behind each text, added up."""
    answer = tokenizer(task["target"]).input_ids[-1]
    return lambda logits: logits[:, -1, answer].sum()
