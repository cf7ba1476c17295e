"""Measure a classifier: `python -m training.demo_sentiment.evaluate --model DIR [--sst2 DIR]`; JSON to stdout."""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import AutoTokenizer, BertForSequenceClassification, PreTrainedTokenizerBase

from training.demo_sentiment import distil, evaluation, grammar, missing, sst2
from training.demo_sentiment.spelling import dashed, natural, typographic

SEED = 0
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as SST-2 writes": str,
    "natural": lambda sentence: natural(sentence) + ".",
    "typographic": typographic,
    "natural and typographic": lambda sentence: natural(typographic(sentence)) + ".",
    "dashes and ellipsis": dashed,
}


class Classifier(NamedTuple):
    model: BertForSequenceClassification
    tokenizer: PreTrainedTokenizerBase


def load(folder: Path) -> Classifier:
    """The classifier in float32 (its file is float16), ready to answer."""
    model = BertForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    return Classifier(model.eval(), AutoTokenizer.from_pretrained(folder))


def answers(classifier: Classifier, sentences: list[str]) -> torch.Tensor:
    """The label index of each sentence."""
    return distil.logits(*classifier, sentences).argmax(-1)


def unknown_share(tokenizer: PreTrainedTokenizerBase, sentences: list[str]) -> float:
    """[UNK] pieces of all pieces, special ones not counted."""
    ids = [i for row in tokenizer(sentences, add_special_tokens=False)["input_ids"] for i in row]
    return ids.count(tokenizer.unk_token_id) / len(ids)


def by_spelling(
    classifier: Classifier, dev: list[sst2.Row], names: Iterable[str] = tuple(SPELLINGS)
) -> dict[str, dict[str, float]]:
    """Accuracy, [UNK] share and agreement with the answers to SST-2's own spelling, for each spelling named."""
    labels = torch.tensor([row.label for row in dev])
    own = [row.sentence for row in dev]
    plain = answers(classifier, own)
    table = {}
    for name in names:
        sentences = [SPELLINGS[name](sentence) for sentence in own]
        found = plain if sentences == own else answers(classifier, sentences)
        table[name] = {
            "accuracy": _share(found == labels),
            "agreement": _share(found == plain),
            "unknown": round(unknown_share(classifier.tokenizer, sentences), 4),
        }
    return table


def with_words_dropped(classifier: Classifier, dev: list[sst2.Row], rate: float) -> float:
    """Accuracy when each word is left out with probability `rate`."""
    rng = random.Random(SEED)
    found = answers(classifier, [missing.drop_words(row.sentence, rate, rng) for row in dev])
    return _share(found == torch.tensor([row.label for row in dev]))


@torch.no_grad()
def with_words_masked(classifier: Classifier, dev: list[sst2.Row], rate: float) -> float:
    """Accuracy when each word is replaced by [MASK] with probability `rate`."""
    rng = random.Random(SEED)
    model, tokenizer = classifier
    right = 0
    for start in range(0, len(dev), 64):
        rows = dev[start : start + 64]
        encoded = tokenizer([row.sentence for row in rows], padding=True, return_tensors="pt")
        ids = missing.mask_words(encoded, [rate] * len(rows), tokenizer.mask_token_id, rng)
        found = model(input_ids=ids, attention_mask=encoded["attention_mask"]).logits.argmax(-1)
        right += int((found == torch.tensor([row.label for row in rows])).sum())
    return round(right / len(dev), 4)


def nothing_left(classifier: Classifier) -> dict[int, float]:
    """Probability of POSITIVE when all words are [MASK], by the number of words; one half is neutral."""
    lengths = (0, 1, 2, 5, 10, 20, 40, 60)
    logits = torch.cat([distil.logits(*classifier, [" ".join(["[MASK]"] * length)]) for length in lengths])
    return {length: round(p, 3) for length, p in zip(lengths, logits.softmax(-1)[:, 1].tolist(), strict=True)}


def on_generated(classifier: Classifier) -> dict[str, dict[str, float]]:
    """Accuracy on the bundled evaluation rows, by kind and in all."""
    opinions = grammar.evaluation(evaluation.SEED, evaluation.EACH)
    found = answers(classifier, [opinion.prompt for opinion in opinions]).tolist()
    right: dict[str, list[bool]] = defaultdict(list)
    for opinion, label in zip(opinions, found, strict=True):
        for kind in (opinion.kind, "all"):
            right[kind].append(label == opinion.label)
    return {kind: {"accuracy": round(sum(r) / len(r), 4), "n": len(r)} for kind, r in right.items()}


def _share(true: torch.Tensor) -> float:
    return round(true.float().mean().item(), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--sst2", type=Path, help="folder with dev.tsv; without it only what needs no data")
    asked = parser.parse_args()
    classifier = load(asked.model)
    report: dict[str, object] = {
        "generated": on_generated(classifier),
        "all masked": nothing_left(classifier),
    }
    if asked.sst2:
        dev = sst2.read(asked.sst2 / "dev.tsv")
        report["dev"] = {"n": len(dev), **by_spelling(classifier, dev)}
        report["dropped"] = {rate: with_words_dropped(classifier, dev, rate) for rate in (0.1, 0.3)}
        report["masked"] = {rate: with_words_masked(classifier, dev, rate) for rate in (0.1, 0.3, 0.5)}
    print(json.dumps(report, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
