"""What Captum does with a language model, through its own wrappers for them."""

from __future__ import annotations

from typing import Any

import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr import (
    FeatureAblation,
    KernelShap,
    LayerIntegratedGradients,
    Lime,
    LLMAttribution,
    LLMGradientAttribution,
    ShapleyValueSampling,
    TextTokenInput,
)
from captum.attr._core.lime import get_exp_kernel_similarity_function
from loading import language_model
from quadrature import points


def load(task: dict[str, Any]) -> tuple[Any, Any]:
    return language_model(task["folder"])


def feature_ablation(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """As it is out of the box: the answer token by token, with a cache of keys and values."""
    return _perturbed(FeatureAblation(model), tokenizer, task)


def feature_ablation_one_pass(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    return _perturbed(FeatureAblation(model), tokenizer, task, forward_in_tokens=False)


def shapley_sampling_one_pass(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """With the orders it is given, so that the numbers can be compared."""
    method = ShapleyValueSampling(model)
    method.permutation_generator = lambda features, samples: iter(task["orders"])
    return _perturbed(method, tokenizer, task, forward_in_tokens=False, n_samples=len(task["orders"]))


def kernel_shap(model: Any, tokenizer: Any, task: dict[str, Any]) -> dict[str, Any]:
    return _fitted(KernelShap(model), tokenizer, task)


def lime(model: Any, tokenizer: Any, task: dict[str, Any]) -> dict[str, Any]:
    """With a ridge, and cosine distances of the subsets: its own are of the numbers that tokens happen to have."""
    kernel = get_exp_kernel_similarity_function("cosine", task["kernel_width"])

    def near(original: Any, perturbed: Any, kept: torch.Tensor, **known: Any) -> float:
        return kernel(torch.ones_like(kept), kept, None)

    method = Lime(model, interpretable_model=SkLearnRidge(alpha=1.0), similarity_func=near)
    return _fitted(method, tokenizer, task)


def integrated_gradients(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """With ``at_once``, so many points are read together instead of all."""
    method = LLMGradientAttribution(LayerIntegratedGradients(model, model.get_input_embeddings()), tokenizer)
    options = {"internal_batch_size": task["at_once"]} if "at_once" in task else {}
    with points(task):
        found = method.attribute(
            _input(tokenizer, task), target=task["target"], n_steps=task["steps"], **options
        )
    return found.seq_attr.tolist()


def layer_integrated_gradients(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """At what leaves block ``layer``, for an answer of one token."""
    text, (answer,) = (tokenizer(task[part]).input_ids for part in ("text", "target"))

    def log_probability(ids: torch.Tensor) -> torch.Tensor:
        return model(ids, use_cache=False).logits[:, -1].log_softmax(-1)[:, answer]

    method = LayerIntegratedGradients(log_probability, model.transformer.h[task["layer"] - 1])
    ids = torch.tensor([text])
    with points(task):
        found = method.attribute(
            ids, baselines=torch.full_like(ids, tokenizer.mask_token_id), n_steps=task["steps"]
        )
    return (found[0] if isinstance(found, tuple) else found).sum(-1)[0].tolist()


def _fitted(method: Any, tokenizer: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Credits of the whole answer, shape (text token,), and the subsets they were fitted to."""
    torch.manual_seed(0)
    fit = method.interpretable_model.fit
    drawn: list[list[int]] = []

    def remembering(data: Any, **options: Any) -> Any:
        drawn.extend(kept for batch in data for kept in batch[0].int().tolist())
        return fit(data, **options)

    method.interpretable_model.fit = remembering
    found = LLMAttribution(method, tokenizer).attribute(
        _input(tokenizer, task), target=task["target"], n_samples=task["samples"], forward_in_tokens=False
    )
    return {"credit": found.seq_attr.flatten().tolist(), "masks": drawn}


def _perturbed(method: Any, tokenizer: Any, task: dict[str, Any], **options: Any) -> list:
    found = LLMAttribution(method, tokenizer).attribute(
        _input(tokenizer, task), target=task["target"], **options
    )
    return found.token_attr.tolist()


def _input(tokenizer: Any, task: dict[str, Any]) -> TextTokenInput:
    return TextTokenInput(task["text"], tokenizer, baselines=tokenizer.mask_token_id)
