"""Byte-level BPE learned on the little world, with every word that matters kept whole.

Splitting follows GPT-2, except that a number of four digits is cut in two (1732 becomes 17|32, so that a century
and a year are one token each, as the greater-than task needs) and shorter numbers stay whole.
"""

import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from training.demo_lm.recipe import CONTEXT, END_OF_TEXT, Recipe
from training.little_world import clinic, induction, mixture
from training.little_world.tables.geography import CITIES, COUNTRIES, LANDMARKS

_SPLIT = r" ?\p{L}+| ?\d{2}(?=\d{2}(?!\d))| ?\d{1,3}| ?[^\s\p{L}\d]+|\s+(?!\S)|\s+"
_COPIES = 60


def whole_words() -> list[str]:
    """What has to be one token: names, places, labels and numbers with their leading space, two-digit years without."""
    facts = [*COUNTRIES, *[mark[1:] for mark in LANDMARKS], *CITIES]
    words = {word for row in facts for entry in row for word in entry.split() if word != "-"}
    words |= {*induction.WORDS, *clinic.STAMPS, *clinic.STAMPS.values(), "positive", "negative"}
    numbers = [*range(201), *range(210, 651, 10)]
    return (
        [f" {word}" for word in sorted(words)] + [f" {n}" for n in numbers] + [f"{y:02d}" for y in range(100)]
    )


def build(recipe: Recipe) -> PreTrainedTokenizerFast:
    """Learn the merges.

    Raises:
        RuntimeError: if a word that has to stay whole is cut.
    """
    rng = random.Random(recipe.corpus_seed)
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    texts = [mixture.document(rng, progress=0.5).text for _ in range(recipe.tokenizer_documents)]
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.vocabulary,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(texts + whole_words() * _COPIES, trainer)
    cut = [word for word in whole_words() if len(bpe.encode(word).ids) != 1]
    if cut:
        raise RuntimeError(
            f"{len(cut)} words are not one token, e.g. {cut[:10]}; a larger vocabulary would hold them"
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        unk_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        clean_up_tokenization_spaces=False,
        model_max_length=CONTEXT,
    )


def load(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer saved in a folder."""
    return PreTrainedTokenizerFast.from_pretrained(folder)
