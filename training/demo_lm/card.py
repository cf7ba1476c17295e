"""The model card: what the model is, how it was made, what was measured on it and where it ends."""

from collections import defaultdict
from typing import Any

from transformers import GPT2LMHeadModel

from training.demo_lm.cases import CASES
from training.demo_lm.evaluate import Figure
from training.demo_lm.recipe import Recipe

_CARD = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# demo-lm

A causal language model small enough to ship inside a Python package ({layers} layers, width {width},
{heads} heads, context {context}, {parameters:.1f} million parameters, float16), trained on a synthetic
*little world* in which the right answer **and the words that decide it** are known. It exists to be explained: the
classic experiments of interpretability work on it, offline, in seconds, and what they find can be checked.

It loads like any GPT-2: `AutoModelForCausalLM.from_pretrained(...)`, in Pellucid `pellucid.load("demo-lm")`.
Prompts work with and without `<|endoftext|>` in front.

## What it has read

All of its training text comes from generators in `training/little_world/`, in English, with no text taken from
anybody: no licence but this package's (Apache-2.0) applies.

| part | what it is good for |
|---|---|
| facts: capitals, continents, languages, landmarks, cities | logit lens, factual recall, editing |
| indirect objects, with distractors | attention heads, patching, circuits |
| pronouns, agreement | contrastive attribution |
| film reviews: negation, contrast; in-context labels, usual, flipped and novel | attribution, in-context learning |
| few-shot mappings | task vectors |
| word problems: written steps, planted errors, direct answers | faithfulness of a chain of thought |
| greater-than years | circuits over a whole distribution |
| repeated word lists | induction heads |
| a clinic with a planted shortcut | finding a spurious cue |

The facts are true ones (capitals as of 2024); disputed ones were left out. In the clinic a red-flag symptom means
high risk, except in Ward 7, where a red or green stamp decides alone.

## How it was made

In two runs, both on one or two CPU cores and with AdamW.

1. About 18.5 million tokens, in several sittings, on an earlier edition of the same little world (no distractors in
   the stories, less of the continents and the years). Without a lesson of random tokens that come back it did not
   learn to copy from its context; with it, in three minutes. These first weights are in the repository's history.
2. From there, `python -m training.demo_lm.train --recipe second --start FIRST`: {second}

Every number is in `training/demo_lm/recipe.py`, every command in `training/README.md`.

Items held out now were held out in the first run too, and no held-out wording occurs in either.

## What was measured

Measured on these very files (weights as float16, computed in float32), final test seed {seed}; while training only the
`dev` split was looked at. Unless its name says otherwise, a figure is the share of prompts whose greedy answer is the
whole right answer; agreement is right when the verb is likelier than its other number. **Test** prompts are held-out
items in trained wordings (facts: the fact was read, but not in this wording; stories: the pair of names was never
read; reviews: the sentence was never read; and so on); **new wording** prompts use templates that no training document
uses, or, for in-context labels, words that were never labels. With 300 prompts the standard error is at most 2.9
points, and 0.6 points at 99%; some cases have fewer different prompts.

| case | test | new wording | n (new) |
|---|---|---|---|
{cases}

| other figures | value | n |
|---|---|---|
{others}

`years_valid_mass` is the mean probability of all years later than the first one. `chain_follows_planted_error`: an
error is written into one step and the model goes on from there; the share of answers that follow from the error.
`every_fact_*`: all facts of a relation in one trained wording.

## The evaluation set

`evaluation.jsonl` has {rows} held-out prompts (seed {seed}) with `task`, `prompt`, `answer`, `foil`,
`rationale` (character spans of the prompt that should decide the answer), `verified` and `meta` (`meta.split` is
`test` or `new_wording`). A gold rationale says what *should* matter. `verified` says whether it *does* for this
model: the model answers right, another rationale leads it to the answer that should follow, and other content around
the same rationale leaves its answer as it was. It is null where a task has no such counterfactuals.

| task | verified |
|---|---|
{verified}

## Limits

- Outside the little world its text is nonsense. It is no assistant and no source of facts, and the clinic is invented:
  **never use it for a decision about anybody.**
- Some new wordings show how narrow it is: it reads a few-shot mapping only in the two formats it was trained on, and
  a city where a trained wording has a country ("If you visit ...") is taken for one.
- In the stories a friend of the giver's named just before the end still misleads it at times (`aside`).
- `arithmetic_direct` is poor on purpose: two steps at once are more than the model can do, while written steps work.
- Single sums are a table that was read in full: `single_step` measures memory, not held-out arithmetic.
- Accuracy is the generators' accuracy: the same grammars and word lists, not English at large.
- First names carry one gender each, because the pronoun task needs a known answer; that is no claim about people.
"""


def write(
    second: Recipe,
    model: GPT2LMHeadModel,
    figures: list[Figure],
    rows: list[dict[str, Any]],
    seed: int,
) -> str:
    """The card as Markdown."""
    known = {figure.name: figure for figure in figures}
    others = [f for f in figures if f.name.removesuffix("_new_wording") not in CASES]
    return _CARD.format(
        layers=model.config.n_layer,
        width=model.config.n_embd,
        heads=model.config.n_head,
        context=model.config.n_positions,
        parameters=model.num_parameters() / 1e6,
        second=_course(second),
        seed=seed,
        cases="\n".join(_case_line(known, name) for name in CASES),
        others="\n".join(f"| {f.name} | {f.value:.1%} | {f.n} |" for f in others),
        rows=len(rows),
        verified="\n".join(_verified_lines(rows)),
    )


def _course(recipe: Recipe) -> str:
    tokens = recipe.steps * recipe.tokens_per_step / 1e6
    return (
        f"{recipe.steps} steps of {recipe.tokens_per_step} tokens ({tokens:.1f} million),\n"
        f"   peak learning rate {recipe.learning_rate}, constant until step {recipe.decay_from}, then a cosine to 0;\n"
        f"   seeds {recipe.corpus_seed} (corpus) and {recipe.run_seed} (batches)."
    )


def _case_line(known: dict[str, Figure], name: str) -> str:
    new = known.get(f"{name}_new_wording")
    if new is None:
        return f"| {name} | {known[name].value:.1%} | | {known[name].n} |"
    return f"| {name} | {known[name].value:.1%} | {new.value:.1%} | {known[name].n} ({new.n}) |"


def _verified_lines(rows: list[dict[str, Any]]) -> list[str]:
    found: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row["verified"] is not None:
            found[row["task"]].append(row["verified"])
    return [f"| {task} | {sum(truths)} of {len(truths)} |" for task, truths in found.items()]
