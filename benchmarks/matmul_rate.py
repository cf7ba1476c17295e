"""How much of the machine's arithmetic reaches the model: feature ablation beside one big matrix product.

Needed are two operations a weight and token read, for the weights of the blocks, and two a weight of the
unembedding for each token of the answer in each forward:

    needed = 2 * block_weights * tokens_read + 2 * width * vocabulary * answer_tokens * forwards

The products inside attention (a hundredth of it here), norms, softmax and all copying are needed too, and count for
nothing: the fraction is a little lower than what the processor does.
"""

from __future__ import annotations

import statistics
from functools import partial
from typing import Any

import torch

import pellucid
from benchmarks.asked import Asked
from benchmarks.gpt2_shape import model_and_tokenizer, prompt_and_answer
from benchmarks.report import markdown
from benchmarks.results import circumstances
from benchmarks.timing import timed

__all__ = ["NAME", "TITLE", "measured", "needed", "table"]

NAME = "matmul rate"
TITLE = "the share of the machine's matrix products per second that feature ablation reaches"
FORMULA = "2 x block weights x tokens read + 2 x width x vocabulary x answer tokens x forwards"
SIZE = 4096  # of the matrices; 4096 cubed takes a second or so
HEADS = ("work", "needed", "reached", "a product of 4096 x 4096", "fraction")


def measured(asked: Asked) -> dict[str, Any]:
    """Both rates, taken in turn, medians of ``runs``."""
    module, tokenizer = model_and_tokenizer()
    model = pellucid.load((module, tokenizer))
    prompt, answer = prompt_and_answer()
    one, other = torch.randn(2, SIZE, SIZE)
    product = partial(torch.mm, one, other)

    def ablation() -> pellucid.Explanation:
        model.memo.clear()
        return pellucid.explain(model, prompt, "leave_one_out", target=answer, ablate="mask")

    product(), ablation()
    pairs = [(timed(product)[1].clock, timed(ablation)) for _ in range(asked.runs)]
    cost = pairs[0][1][0].provenance
    flops = needed(module, cost.tokens, cost.forwards, len(answer.split()))
    rates = [(2 * SIZE**3 / alone, flops / seconds.clock) for alone, (_, seconds) in pairs]
    best, reached = (statistics.median(kind) for kind in zip(*rates, strict=True))
    return {
        **circumstances(asked.threads),
        "work": "leave_one_out, GPT-2-small shape, 64 prompt and 16 answer tokens",
        "formula": FORMULA,
        "tokens_read": cost.tokens,
        "forwards": cost.forwards,
        "needed_gflop": round(flops / 1e9, 1),
        "seconds": [round(seconds.clock, 3) for _, (_, seconds) in pairs],
        "reached_gflop_per_second": round(reached / 1e9, 1),
        "matmul_gflop_per_second": round(best / 1e9, 1),
        "fraction": round(reached / best, 3),
    }


def needed(module: Any, tokens: int, forwards: int, answer: int) -> int:
    """Operations in the products of a model of GPT-2's kind with its weights, see above."""
    blocks = sum(weight.numel() for weight in module.transformer.h.parameters() if weight.ndim == 2)
    return 2 * blocks * tokens + 2 * module.lm_head.weight.numel() * answer * forwards


def table(found: dict[str, Any]) -> str:
    """One line, and the machine."""
    rates = [f"{found[key]:.0f} GFLOP/s" for key in ("reached_gflop_per_second", "matmul_gflop_per_second")]
    line = (found["work"], f"{found['needed_gflop']:.0f} GFLOP", *rates, f"{found['fraction']:.0%}")
    return "\n".join([markdown(HEADS, [line], words=1), "", f"{found['machine']}."])
