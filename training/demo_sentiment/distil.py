"""The small model before its training: four of the teacher's layers and the kept rows of its embedding."""

import re

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer, PreTrainedTokenizerBase

from training.demo_sentiment.grammar import LABELS

# Early layers carry what later ones build on, so the two that are left out come from the upper half.
LAYERS = (0, 1, 3, 5)
_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")


def student(teacher: BertForSequenceClassification, kept: list[int]) -> BertForSequenceClassification:
    """A float32 copy of `teacher` with `LAYERS` alone and the embedding rows `kept`."""
    shape = teacher.config.to_dict()
    same = (
        "hidden_size",
        "num_attention_heads",
        "intermediate_size",
        "hidden_act",
        "layer_norm_eps",
        "type_vocab_size",
    )
    config = BertConfig(
        **{name: shape[name] for name in same},
        vocab_size=len(kept),
        num_hidden_layers=len(LAYERS),
        max_position_embeddings=512,
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
        pad_token_id=0,
    )
    small = BertForSequenceClassification(config)
    small.load_state_dict(_weights(teacher, kept))
    return small


def _weights(teacher: BertForSequenceClassification, kept: list[int]) -> dict[str, torch.Tensor]:
    weights = {}
    for name, weight in teacher.state_dict().items():
        layer = _LAYER.search(name)
        if layer and int(layer[1]) not in LAYERS:
            continue
        if layer:
            name = name.replace(layer[0], f"encoder.layer.{LAYERS.index(int(layer[1]))}.")
        weights[name] = weight[kept] if name.endswith("word_embeddings.weight") else weight
    return weights


@torch.no_grad()
def logits(
    model: BertForSequenceClassification,
    tokenizer: BertTokenizer | PreTrainedTokenizerBase,
    sentences: list[str],
    batch: int = 64,
) -> torch.Tensor:
    """The model's logits, (sentence, label), with dropout off and the mode restored after."""
    was_training = model.training
    model.eval()
    by_length = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))  # so that little is padding
    found = torch.empty(len(sentences), model.config.num_labels)
    for start in range(0, len(sentences), batch):
        chosen = by_length[start : start + batch]
        encoded = tokenizer(
            [sentences[i] for i in chosen], padding=True, truncation=True, max_length=128, return_tensors="pt"
        )
        found[chosen] = model(**encoded).logits
    model.train(was_training)
    return found
