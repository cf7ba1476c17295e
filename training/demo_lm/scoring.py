"""What a causal model answers: logits at the answer, exact matches and greedy continuations, in batches."""

from collections import defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

from training.little_world.markup import Example

_BATCH = 64


@torch.no_grad()
def answer_logits(
    model: GPT2LMHeadModel,
    tokenizer: PreTrainedTokenizerFast,
    examples: Sequence[Example],
    end_of_text_first: bool = False,
) -> list[tuple[Tensor, Tensor]]:
    """For each example the answer's token ids (n,) and the logits (n, vocabulary) that predict them."""
    first = [tokenizer.eos_token_id] if end_of_text_first else []
    prompts = [first + tokenizer(example.prompt)["input_ids"] for example in examples]
    answers = [tokenizer(example.answer)["input_ids"] for example in examples]
    found: dict[int, tuple[Tensor, Tensor]] = {}
    by_length = sorted(range(len(examples)), key=lambda i: len(prompts[i]) + len(answers[i]))
    for start in range(0, len(by_length), _BATCH):
        rows = by_length[start : start + _BATCH]
        # Padding on the right changes nothing to its left in a causal model.
        texts = [torch.tensor(prompts[i] + answers[i]) for i in rows]
        hidden = model.transformer(torch.nn.utils.rnn.pad_sequence(texts, batch_first=True)).last_hidden_state
        for row, i in enumerate(rows):
            before = hidden[row, len(prompts[i]) - 1 : len(prompts[i]) + len(answers[i]) - 1]
            found[i] = torch.tensor(answers[i]), model.lm_head(before).float()
    return [found[i] for i in range(len(examples))]


def right(
    model: GPT2LMHeadModel,
    tokenizer: PreTrainedTokenizerFast,
    examples: Sequence[Example],
    end_of_text_first: bool = False,
) -> list[bool]:
    """Whether the greedy answer is the whole right answer.

    Agreement is right when the answer is likelier than the foil, since the prompt leaves the verb's tense open.
    """
    verdicts = []
    scored = answer_logits(model, tokenizer, examples, end_of_text_first)
    for example, (answer, logits) in zip(examples, scored, strict=True):
        if example.task == "agreement":
            foil = tokenizer(example.foil)["input_ids"][0]
            verdicts.append(bool(logits[0, answer[0]] > logits[0, foil]))
        else:
            verdicts.append(bool((logits.argmax(-1) == answer).all()))
    return verdicts


@torch.no_grad()
def continuations(
    model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast, prompts: Sequence[str], steps: int
) -> list[str]:
    """Greedy continuations of at most ``steps`` tokens, cut at the first end-of-text."""
    encoded = [tokenizer(prompt)["input_ids"] for prompt in prompts]
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, ids in enumerate(encoded):
        by_length[len(ids)].append(i)
    texts = [""] * len(prompts)
    for rows in by_length.values():
        start = torch.tensor([encoded[i] for i in rows])
        ids = model.generate(
            start, attention_mask=torch.ones_like(start), max_new_tokens=steps, do_sample=False
        )
        for i, written in zip(rows, ids[:, start.shape[1] :].tolist(), strict=True):
            kept = (
                written[: written.index(tokenizer.eos_token_id)]
                if tokenizer.eos_token_id in written
                else written
            )
            texts[i] = tokenizer.decode(kept)
    return texts
