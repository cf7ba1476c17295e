"""shap's partition explainer on a classifier, over words, along the tree that halves the text again and again."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import shap
from loading import classifier, in_batches
from transformers import pipeline


class HalvedText(shap.maskers.Text):
    """Words that become the mask token; neighbours in a balanced tree instead of shap's guess at phrases."""

    def clustering(self, s: str) -> np.ndarray:
        self._update_s_cache(s)
        words = len(self._segments_s)
        joined: list[list[float]] = []

        def join(start: int, stop: int) -> int:
            if stop - start == 1:
                return start
            middle = (start + stop + 1) // 2
            left, right = join(start, middle), join(middle, stop)
            joined.append([left, right, (stop - start) / words, stop - start])
            return words + len(joined) - 1

        join(0, words)
        return np.array(joined, float)


def load(task: dict[str, Any]) -> tuple[Any, Any]:
    return classifier(task["folder"])


def partition(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """Credits of one label's logit, shape (word,)."""
    label = model.config.label2id[task["target"]]
    predict = in_batches(model, tokenizer, lambda logits: logits[:, label])
    return _split(predict, tokenizer, task).tolist()


def partition_of_pipeline(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """The way of shap's own documentation, a pipeline of transformers; credits of log-odds, shape (word,)."""
    pipe = pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    predict = shap.models.TransformersPipeline(pipe, rescale_to_logits=True)
    return _split(predict, tokenizer, task)[:, model.config.label2id[task["target"]]].tolist()


class Words(shap.maskers.Text):
    """Words that become the mask token, with no tree over them."""

    clustering = None


def exact(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """Credits of one label's logit over all subsets of the words, shape (word,)."""
    return _explained(shap.explainers.Exact, model, tokenizer, task)


def permutation(model: Any, tokenizer: Any, task: dict[str, Any]) -> list:
    """Credits of one label's logit, shape (word,), with the orders it is given."""
    orders = iter(task["orders"])

    def given(order: np.ndarray) -> None:
        order[:] = next(orders)

    most = len(task["orders"]) * (2 * len(task["text"].split()) + 1)
    with patch("numpy.random.shuffle", given):
        return _explained(shap.explainers.Permutation, model, tokenizer, task, max_evals=most)


def _explained(method: Any, model: Any, tokenizer: Any, task: dict[str, Any], **options: Any) -> list:
    label = model.config.label2id[task["target"]]
    predict = in_batches(model, tokenizer, lambda logits: logits[:, label])
    masker = Words(r"\s+", mask_token=tokenizer.mask_token, collapse_mask_token=False)
    return method(predict, masker)([task["text"]], silent=True, **options).values[0].tolist()


def _split(predict: Any, tokenizer: Any, task: dict[str, Any]) -> np.ndarray:
    masker = HalvedText(r"\s+", mask_token=tokenizer.mask_token, collapse_mask_token=False)
    explainer = shap.explainers.Partition(predict, masker)
    options = {"batch_size": task["at_once"]} if "at_once" in task else {}
    found = explainer([task["text"]], max_evals=task["budget"], silent=True, **options)
    values: np.ndarray = found.values[0]
    return values
