"""Which of the base model's 30,522 word pieces the small model keeps."""

import re
from collections.abc import Iterable

from transformers import BertTokenizer, PreTrainedTokenizerBase

SIZE = 14_000
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# The base vocabulary lists whole words by falling frequency from here on; before it stand characters and blanks.
FIRST_WORD = 1996
_WORD = re.compile(r"(##)?[a-z']+")
# Basic Latin to Latin Extended-B, then general punctuation, then the currency and letter-like signs of English.
_WRITTEN_IN_ENGLISH = re.compile(r"[\u0021-\u024f\u2010-\u205e€™№]")


def choose(base: PreTrainedTokenizerBase, sentences: Iterable[str], size: int = SIZE) -> list[int]:
    """The base ids to keep, in rising order; the place in the list is the new id.

    Kept are the special pieces, every single character English is printed with (so that no dash, curly quote or
    accented letter is unknown), every piece of `sentences`, then the base's most frequent words up to `size`.
    """
    pieces = base.convert_ids_to_tokens(range(len(base)))
    kept = {base.convert_tokens_to_ids(piece) for piece in SPECIAL}
    kept |= {i for i, piece in enumerate(pieces) if _is_printed_character(piece)}
    kept |= {i for ids in base(list(sentences), truncation=True)["input_ids"] for i in ids}
    for i in range(FIRST_WORD, len(pieces)):
        if len(kept) >= size:
            break
        if _WORD.fullmatch(pieces[i]):
            kept.add(i)
    return sorted(kept)


def _is_printed_character(piece: str) -> bool:
    return _WRITTEN_IN_ENGLISH.fullmatch(piece.removeprefix("##")) is not None


def cut(base: PreTrainedTokenizerBase, kept: list[int]) -> BertTokenizer:
    """A tokenizer that knows only `kept`. It neither pads nor truncates unless a call asks for it."""
    pieces = base.convert_ids_to_tokens(kept)
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    return BertTokenizer(vocab=vocabulary, do_lower_case=True, model_max_length=512)
