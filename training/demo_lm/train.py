"""Train the bundled causal language model: ``python -m training.demo_lm.train --recipe second --start FIRST``.

The folder (``--folder``) fills up with ``tokenizer/``, ``corpus.npz``, ``checkpoint.pt`` (every few minutes; a run that
was interrupted goes on from it), ``log.jsonl`` and, at the end, ``model/`` (float32, with the tokenizer).
"""

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from training.demo_lm import corpus, forward, tokenizer
from training.demo_lm.recipe import CONTEXT, RECIPES, Recipe
from training.demo_lm.rows import Batch, batches

_LOG_EVERY, _SAVE_EVERY = 50, 100


def new_model(recipe: Recipe, vocabulary: int, end_of_text: int) -> GPT2LMHeadModel:
    """The untrained model."""
    torch.manual_seed(recipe.run_seed)
    config = GPT2Config(
        vocab_size=vocabulary,
        n_positions=CONTEXT,
        n_embd=recipe.width,
        n_layer=recipe.layers,
        n_head=recipe.heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=end_of_text,
        eos_token_id=end_of_text,
        tie_word_embeddings=True,
    )
    return GPT2LMHeadModel(config)


def new_optimizer(recipe: Recipe, model: GPT2LMHeadModel) -> torch.optim.AdamW:
    """AdamW; only matrices decay."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(0.9, 0.98), fused=True)


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, a plateau, then half a cosine down to zero."""
    warm_up = min(1.0, (step + 1) / recipe.warm_up_steps)
    decayed = max(0.0, (step - recipe.decay_from) / (recipe.steps - recipe.decay_from))
    return recipe.learning_rate * warm_up * 0.5 * (1 + math.cos(math.pi * decayed))


def batch_loss(recipe: Recipe, model: GPT2LMHeadModel, batch: Batch, step: int) -> Tensor:
    """Weighted cross entropy. Of the ordinary tokens (weight 1) only a random share is computed."""
    ids, following, weights = batch
    coin = torch.rand(weights.shape, generator=torch.Generator().manual_seed(step))
    sampled = (coin < recipe.ordinary_share) / recipe.ordinary_share
    weights = torch.where(weights == 1, sampled, weights).flatten()
    kept = weights > 0
    scores = forward.logits(model, forward.hidden(model, ids)[kept])
    losses = F.cross_entropy(scores, following.flatten()[kept], reduction="none")
    return (losses * weights[kept]).sum() / weights[kept].sum()


def update(
    recipe: Recipe, model: GPT2LMHeadModel, optimizer: torch.optim.Optimizer, batch: Batch, step: int
) -> float:
    """One step of the optimizer; returns the loss before it."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(recipe, step)
    loss = batch_loss(recipe, model, batch, step)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_clip)
    optimizer.step()
    return loss.item()


def _save(file: Path, model: GPT2LMHeadModel, optimizer: torch.optim.Optimizer, step: int) -> None:
    partial = file.with_suffix(".partial")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, partial)
    partial.replace(file)


def _resume(file: Path, model: GPT2LMHeadModel, optimizer: torch.optim.Optimizer) -> int:
    if not file.exists():
        return 0
    state: dict[str, Any] = torch.load(file)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def prepare(
    recipe: Recipe, folder: Path, start: Path | None
) -> tuple[corpus.Corpus, PreTrainedTokenizerFast]:
    """Make the corpus and the tokenizer (that of ``start``, if there is one), or read them from the folder."""
    tokens, documents = folder / "tokenizer", folder / "corpus.npz"
    if not tokens.exists():
        words = tokenizer.build(recipe) if start is None else tokenizer.load(start)
        words.save_pretrained(tokens)
    if not documents.exists():
        corpus.save(corpus.build(recipe, tokens / "tokenizer.json"), documents)
    return corpus.load(documents), tokenizer.load(tokens)


def train(
    recipe: Recipe, folder: Path, start: Path | None = None, stop: int | None = None
) -> GPT2LMHeadModel:
    """Run, or go on with, the whole recipe (or its first ``stop`` steps), from new weights or those of ``start``."""
    folder.mkdir(parents=True, exist_ok=True)
    data, words = prepare(recipe, folder, start)
    if start is None:
        model = new_model(recipe, len(words), words.eos_token_id)
    else:
        model = GPT2LMHeadModel.from_pretrained(start, dtype=torch.float32).train()
    optimizer = new_optimizer(recipe, model)
    done = _resume(folder / "checkpoint.pt", model, optimizer)
    last = min(recipe.steps, stop or recipe.steps)
    started, average = time.perf_counter(), float("nan")
    stream = batches(data, recipe, len(words), words.eos_token_id)
    with open(folder / "log.jsonl", "a") as log:
        for step, batch in zip(range(last), stream, strict=False):
            if step < done:
                continue
            loss = update(recipe, model, optimizer, batch, step)
            average = loss if math.isnan(average) else 0.98 * average + 0.02 * loss
            if (step + 1) % _LOG_EVERY == 0:
                seconds = time.perf_counter() - started
                speed = (step + 1 - done) * recipe.tokens_per_step / seconds
                line = {"step": step + 1, "seconds": round(seconds), "tokens_per_second": round(speed)}
                print(json.dumps(line | {"loss": round(average, 4)}), file=log, flush=True)
            if (step + 1) % _SAVE_EVERY == 0:
                _save(folder / "checkpoint.pt", model, optimizer, step + 1)
    return model


def main() -> None:
    """Train and save; see the module's docstring."""
    options = argparse.ArgumentParser(description="Train the bundled causal language model.")
    options.add_argument("--folder", type=Path, default=Path("build/demo_lm"))
    options.add_argument("--recipe", choices=list(RECIPES), required=True)
    options.add_argument("--start", type=Path, help="a saved model to go on from; new weights without it")
    options.add_argument("--stop", type=int, help="do only the first steps of the recipe")
    chosen = options.parse_args()
    # Matrices this small are faster on one core than on two, and one thread adds up in a fixed order.
    torch.set_num_threads(1)
    model = train(RECIPES[chosen.recipe], chosen.folder, chosen.start, chosen.stop)
    model.save_pretrained(chosen.folder / "model")
    tokenizer.load(chosen.folder / "tokenizer").save_pretrained(chosen.folder / "model")


if __name__ == "__main__":
    main()
