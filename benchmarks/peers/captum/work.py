"""What Captum does with a language model, through its own wrappers for them."""

from __future__ import annotations

from typing import Any

from captum.attr import (
    FeatureAblation,
    LayerIntegratedGradients,
    LLMAttribution,
    LLMGradientAttribution,
    ShapleyValueSampling,
    TextTokenInput,
)
from loading import language_model


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


def integrated_gradients(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    method = LLMGradientAttribution(LayerIntegratedGradients(model, model.get_input_embeddings()), tokenizer)
    found = method.attribute(_input(tokenizer, task), target=task["target"], n_steps=task["steps"])
    return found.seq_attr.tolist()


def _perturbed(method: Any, tokenizer: Any, task: dict[str, Any], **options: Any) -> list:
    found = LLMAttribution(method, tokenizer).attribute(
        _input(tokenizer, task), target=task["target"], **options
    )
    return found.token_attr.tolist()


def _input(tokenizer: Any, task: dict[str, Any]) -> TextTokenInput:
    return TextTokenInput(task["text"], tokenizer, baselines=tokenizer.mask_token_id)
