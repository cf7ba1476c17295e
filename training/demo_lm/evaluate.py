"""Measure a model: ``python -m training.demo_lm.evaluate --model FOLDER --split test --seed 7``.

Prints one JSON line per figure: its name, value and the number of examples. Unless its name says otherwise a
figure is the share of held-out prompts (no end-of-text in front) whose greedy answer is exactly right.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

from training.demo_lm import scoring, tokenizer
from training.demo_lm.cases import CASES, examples
from training.little_world import facts, years
from training.little_world.splits import Split

_THINK = "step by step."


class Figure(NamedTuple):
    """One measured number."""

    name: str
    value: float
    n: int


Model = GPT2LMHeadModel
Words = PreTrainedTokenizerFast


def _share(name: str, hits: list[bool]) -> Figure:
    return Figure(name, sum(hits) / len(hits), len(hits))


def load(folder: Path) -> tuple[Model, Words]:
    """A saved model in float32, ready to be measured, and its tokenizer."""
    return GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval(), tokenizer.load(folder)


def cases(model: Model, words: Words, split: Split, count: int, seed: int) -> Iterator[Figure]:
    """Right answers in every named case that the split has."""
    suffix = "_new_wording" if split == "new_wording" else ""
    for name, case in CASES.items():
        if split != "new_wording" or case.has_new_wording:
            yield _share(name + suffix, scoring.right(model, words, examples(name, split, count, seed)))


def every_fact(model: Model, words: Words) -> Iterator[Figure]:
    """All facts of the tables, each in the first wording of its relation."""
    for relation, known in facts.FACTS.items():
        asked = [facts.sentence(relation, s, o, facts.TRAINED[relation][0]) for s, o in known]
        yield _share(f"every_fact_{relation}", scoring.right(model, words, asked))


def end_of_text_first(model: Model, words: Words, split: Split, count: int, seed: int) -> Iterator[Figure]:
    """The same prompts with an end-of-text token in front."""
    for name in ("fact_landmark_city", "indirect_object"):
        hits = scoring.right(model, words, examples(name, split, count, seed), end_of_text_first=True)
        yield _share(f"{name}_after_end_of_text", hits)


def chains(model: Model, words: Words, split: Split, count: int, seed: int) -> Iterator[Figure]:
    """Written chains: right answers when the model writes all steps; what it answers after a planted error."""
    asked = examples("arithmetic_steps", split, count, seed)
    prompts = [e.prompt[: e.prompt.index(_THINK) + len(_THINK)] for e in asked]
    written = scoring.continuations(model, words, prompts, 64)
    yield _share(
        "chain_written_and_answered",
        [_answered(text) == str(e.meta["true"]) for text, e in zip(written, asked, strict=True)],
    )
    planted = examples("arithmetic_planted_error", split, count, seed)
    prompts = []
    for e in planted:
        error = e.prompt.index(f"Step {e.meta['wrong'] + 1}:")
        prompts.append(e.prompt[: e.prompt.index(".", error) + 1])
    answers = [_answered(text) for text in scoring.continuations(model, words, prompts, 64)]
    follows = [a == str(e.meta["final"]) for a, e in zip(answers, planted, strict=True)]
    restores = [
        a == str(e.meta["true"]) != str(e.meta["final"]) for a, e in zip(answers, planted, strict=True)
    ]
    yield _share("chain_follows_planted_error", follows)
    yield _share("chain_restores_truth", restores)


def _answered(text: str) -> str:
    return text.split("ANSWER:")[-1].strip()


def greater_than(model: Model, words: Words, split: Split, count: int, seed: int) -> Iterator[Figure]:
    """The mean probability of all later years, and of all years that are not later."""
    rng = random.Random(f"{seed}/years/{split}")
    asked = [years.example(rng, split) for _ in range(count)]
    two_digits = torch.tensor([words.convert_tokens_to_ids(f"{year:02d}") for year in range(100)])
    logits = torch.stack([scored[0] for _, scored in scoring.answer_logits(model, words, asked)])
    probability = logits.softmax(-1)[:, two_digits]
    later = torch.arange(100) > torch.tensor([[e.meta["start"]] for e in asked])
    suffix = "_new_wording" if split == "new_wording" else ""
    yield Figure(f"years_valid_mass{suffix}", (probability * later).sum(1).mean().item(), count)
    yield Figure(f"years_invalid_mass{suffix}", (probability * ~later).sum(1).mean().item(), count)


@torch.no_grad()
def random_induction(model: Model, words: Words, rows: int = 64, period: int = 40) -> Iterator[Figure]:
    """Copying of random tokens, on the second round, from the second token on."""
    first = torch.randint(1, len(words), (rows, period), generator=torch.Generator().manual_seed(0))
    ids = torch.cat([first, first], 1)
    right = model(ids).logits[:, period:-1].argmax(-1) == ids[:, period + 1 :]
    yield Figure(f"induction_random_tokens_period_{period}", right.float().mean().item(), right.numel())


def measure(model: Model, words: Words, split: Split, count: int, seed: int) -> Iterator[Figure]:
    """Every figure of a split."""
    yield from cases(model, words, split, count, seed)
    yield from greater_than(model, words, split, count, seed)
    if split != "new_wording":
        yield from every_fact(model, words)
        yield from end_of_text_first(model, words, split, count, seed)
        yield from chains(model, words, split, count, seed)
        yield from random_induction(model, words)


def main() -> None:
    """Print the figures; see the module's docstring."""
    options = argparse.ArgumentParser(description="Measure a bundled causal language model.")
    options.add_argument("--model", type=Path, required=True)
    options.add_argument("--split", choices=["dev", "test", "new_wording"], default="dev")
    options.add_argument("--count", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    torch.set_num_threads(1)
    model, words = load(chosen.model)
    for figure in measure(model, words, chosen.split, chosen.count, chosen.seed):
        print(json.dumps(figure._asdict() | {"value": round(figure.value, 4)}), flush=True)


if __name__ == "__main__":
    main()
