"""lime on a classifier; removed words leave nothing behind, and a word that stands twice is two."""

from __future__ import annotations

from typing import Any

import torch
from lime.lime_text import LimeTextExplainer
from loading import classifier, in_batches


def load(task: dict[str, Any]) -> tuple[Any, Any]:
    return classifier(task["folder"])


def lime(model: Any, tokenizer: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Credits of one label's probability, shape (word,), and the masks they were fitted to."""
    label = model.config.label2id[task["target"]]
    predict = in_batches(model, tokenizer, lambda logits: torch.softmax(logits, -1))
    width = task.get("kernel_width", 25)  # lime's default, in hundredths of cosine distance
    explainer = _Remembering(width, bow=False, mask_string="", split_expression=r"\s+", random_state=0)
    words = len(task["text"].split())
    found = explainer.explain_instance(
        task["text"], predict, labels=[label], num_features=words, num_samples=task["samples"]
    )
    credit = dict(found.as_map()[label])
    return {"credit": [credit[i] for i in range(words)], "masks": explainer.masks.astype(int).tolist()}


class _Remembering(LimeTextExplainer):
    """lime does not hand out the texts it drew: they are kept here on their way to the fit."""

    def _LimeTextExplainer__data_labels_distances(self, *args: Any, **options: Any) -> Any:
        found = super()._LimeTextExplainer__data_labels_distances(*args, **options)
        self.masks = found[0]
        return found
