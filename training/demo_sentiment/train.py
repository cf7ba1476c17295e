"""Make demo-sentiment: `python -m training.demo_sentiment.train --sst2 DIR --teacher DIR --out DIR`."""

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy
from transformers import AutoTokenizer, BertForSequenceClassification, BertTokenizer, PreTrainedTokenizerBase

from training.demo_sentiment import distil, grammar, missing, sst2, vocabulary
from training.demo_sentiment.spelling import natural, respell

SEED = 0
EPOCHS = 5
BATCH = 32
LEARNING_RATE = 1e-4
WARM_UP = 60
TEACHER_WEIGHT = 0.3
GENERATED_EACH = 20


class Example(NamedTuple):
    sentence: str
    label: int
    teacher: list[float] | None  # the teacher's two logits; None where the teacher is not to be believed


def examples(
    train: list[sst2.Row], teacher: BertForSequenceClassification, tokenizer: PreTrainedTokenizerBase
) -> list[Example]:
    """SST-2 with the teacher's logits, and generated opinions without: the teacher misreads most negations."""
    taught = distil.logits(teacher, tokenizer, [row.sentence for row in train]).tolist()
    rows = [Example(row.sentence, row.label, logits) for row, logits in zip(train, taught, strict=True)]
    generated = grammar.training(SEED, GENERATED_EACH)
    return rows + [Example(opinion.prompt, opinion.label, None) for opinion in generated]


def batches(rows: list[Example], rng: random.Random) -> Iterator[list[Example]]:
    """One epoch in random order, sentences of like length together so that little is padding."""
    order = rng.sample(rows, len(rows))
    stretch = 20 * BATCH
    found = []
    for start in range(0, len(order), stretch):
        near = sorted(order[start : start + stretch], key=lambda row: len(row.sentence))
        found += [near[i : i + BATCH] for i in range(0, len(near), BATCH)]
    rng.shuffle(found)
    yield from found


def loss(
    model: BertForSequenceClassification, tokenizer: BertTokenizer, rows: list[Example], rng: random.Random
) -> torch.Tensor:
    """Cross-entropy to the label, plus the squared distance to the teacher's logits where there are any."""
    rates = [missing.draw_rates(rng) for _ in rows]
    sentences = [
        missing.drop_words(respell(row.sentence, rng), dropped, rng)
        for row, (dropped, _) in zip(rows, rates, strict=True)
    ]
    encoded = tokenizer(sentences, padding=True, truncation=True, max_length=96, return_tensors="pt")
    ids = missing.mask_words(encoded, [masked for _, masked in rates], tokenizer.mask_token_id, rng)
    logits = model(input_ids=ids, attention_mask=encoded["attention_mask"]).logits
    labels = torch.tensor([row.label for row in rows])
    believed = torch.tensor([row.teacher is not None for row in rows])
    taught = torch.tensor([row.teacher or [0.0, 0.0] for row in rows])
    distance = ((logits - taught) ** 2).mean(-1) * believed
    return cross_entropy(logits, labels) + TEACHER_WEIGHT * distance.mean()


def fit(
    model: BertForSequenceClassification, tokenizer: BertTokenizer, rows: list[Example], dev: list[sst2.Row]
) -> None:
    """Train in place. The last epoch is kept whatever dev says: choosing by dev would flatter the figure."""
    rng = random.Random(SEED)
    steps = EPOCHS * -(-len(rows) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / WARM_UP) * max(0.0, 1 - step / steps)
    )
    began = time.monotonic()
    for epoch in range(EPOCHS):
        model.train()
        for batch in batches(rows, rng):
            loss(model, tokenizer, batch, rng).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        guesses = distil.logits(model, tokenizer, [row.sentence for row in dev]).argmax(-1)
        accuracy = (guesses == torch.tensor([row.label for row in dev])).float().mean().item()
        print(
            f"epoch {epoch + 1} of {EPOCHS}: dev {accuracy:.4f}, {time.monotonic() - began:.0f} s", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sst2", type=Path, required=True, help="folder with train.tsv and dev.tsv")
    parser.add_argument("--teacher", type=Path, required=True, help="folder of the six-layer classifier")
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model into")
    asked = parser.parse_args()
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    base = AutoTokenizer.from_pretrained(asked.teacher)
    teacher = BertForSequenceClassification.from_pretrained(asked.teacher, dtype=torch.float32)
    rows = examples(sst2.read(asked.sst2 / "train.tsv"), teacher, base)
    kept = vocabulary.choose(base, [form for row in rows for form in (row.sentence, natural(row.sentence))])
    small = distil.student(teacher, kept)
    vocabulary.cut(base, kept).save_pretrained(asked.out)
    fit(small, vocabulary.cut(base, kept), rows, sst2.read(asked.sst2 / "dev.tsv"))
    small.half().save_pretrained(asked.out)


if __name__ == "__main__":
    main()
