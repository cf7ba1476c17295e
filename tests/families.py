"""Every supported family as a tiny random model with a tokenizer of its own kind, built in place.

The weights are drawn large enough that logits differ clearly, and biases and norms are not the identity, so
that a forgotten bias, a shifted position or a leaked padding token shows in every number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import nn

from pellucid.core.text import Text
from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = [
    "ALL", "CAUSAL", "ENCODER_DECODER", "LABEL", "MASKED", "PAIR", "PROPOSERS", "QUESTION",
    "TOKEN_LABEL", "Question", "family", "fresh", "live", "question", "shape_of",
]  # fmt: skip

_FIRST = ("gpt2", "llama", "qwen3", "gemma3", "neox", "opt", "bloom")
_LATER = ("mistral", "qwen2", "gemma2", "phi")
CAUSAL = (*_FIRST, *_LATER)
MASKED = ("bert-masked", "roberta-masked", "distilbert-masked")
LABEL = (
    "bert-label", "roberta-label", "distilbert-label",
    "gpt2-label", "gpt2-label-unpadded", "llama-label", "llama-label-unpadded",
)  # fmt: skip
ENCODER_DECODER = ("t5", "bart")
TOKEN_LABEL = ("bert-token-label", "roberta-token-label", "gpt2-token-label")
QUESTION = ("bert-question", "roberta-question", "distilbert-question")
PAIR = ("bert-pair", "roberta-pair")  # labels of texts of two parts
# A family's place is the seed of its weights: what is new comes last.
ALL = (*_FIRST, *MASKED, *LABEL, *ENCODER_DECODER, *TOKEN_LABEL, *QUESTION, *PAIR, *_LATER)
# Families that propose no tokens, and a family with the same tokens that does it for them.
PROPOSERS = {
    "bert-label": "bert-masked", "roberta-label": "roberta-masked", "distilbert-label": "distilbert-masked",
    "gpt2-label": "gpt2", "llama-label": "llama", "bart": "roberta-masked",
    "bert-token-label": "bert-masked", "bert-question": "bert-masked", "roberta-pair": "roberta-masked",
}  # fmt: skip

POSITIONS = 64
WORDS = 160  # tokens learned on top of the alphabet
SENTENCES = (
    "The capital of France is Paris, and the capital of England is London.",
    "The Eiffel Tower stands in Paris; the old bridge stands in London.",
    "A good film, a great cast and a wonderful story that nobody forgets.",
    "It was a bad film with a weak story, and the cast was not great.",
    "When Mary and John went to the store, John gave a drink to Mary.",
    "He said it is 12 or 34, but she didn't know whether it was 5.",
    "good\nfilm\nthe\nold\nThe\n" * 5,
    " good old film" * 5,
)


def live(name: str) -> tuple[nn.Module, Any]:
    """A new module and tokenizer of a family, the same numbers every time."""
    tokenizer = _TOKENIZERS[name.split("-")[0]]()
    torch.manual_seed(ALL.index(name))
    module = _MODULES[name](tokenizer)
    with torch.no_grad():
        for weight in module.parameters():
            weight.mul_(0.5 if weight.ndim == 1 else 0).add_(torch.randn_like(weight), alpha=0.3)
        if name in TOKEN_LABEL:
            module.classifier.bias[0] -= 5  # some words have a label other than "O"
    return module.eval(), tokenizer


def fresh(name: str) -> HuggingFaceModel:
    """A new model of a family, for a test that changes it."""
    infill = family(PROPOSERS[name]) if name in PROPOSERS else None
    return HuggingFaceModel(*live(name), name, infill=infill)


@cache
def family(name: str) -> HuggingFaceModel:
    """The model of a family that all tests share; leave it as it is."""
    return fresh(name)


def shape_of(name: str) -> str:
    """causal, masked, label, encoder-decoder, token-label or question."""
    shapes = {
        "causal": CAUSAL, "masked": MASKED, "label": LABEL + PAIR, "encoder-decoder": ENCODER_DECODER,
        "token-label": TOKEN_LABEL, "question": QUESTION,
    }  # fmt: skip
    return next(shape for shape, names in shapes.items() if name in names)


# Questions


@dataclass(frozen=True)
class Question:
    """A text and answers to it: of one token, of several, and two more to compare them against."""

    text: str | Text
    one: str
    other: str
    several: str = ""
    longer: str = ""
    text_of_several: str = ""


_QUESTIONS = {
    "causal": Question("The old film is good, and", " the", " a", " great cast", " story with Mary"),
    "masked": Question(
        "the old [MASK] is good.", "film", "story", "film the", "the film", "the old [MASK][MASK] is."
    ),
    "label": Question("A good old film.", "good", "bad"),
    "token-label": Question("Mary went to the old store.", "PER", "LOC"),
    "question": Question(
        Text.pair("Who went to the store?", "Mary went, and John gave a drink to Mary."),
        *("John", "drink", "John gave", "a drink to"),
    ),
    "pair": Question(Text.pair("A good old film.", "The story was not great."), "good", "bad"),
    "encoder-decoder": Question("The old film is good.", "the", "a", "the film", "a story with"),
}


def question(name: str) -> Question:
    """The question that is asked of a family."""
    asked = _QUESTIONS["pair" if name in PAIR else shape_of(name)]
    mask = getattr(family(name).tokenizer, "mask_token", None)
    words = {f.name: getattr(asked, f.name) for f in fields(asked)}
    return Question(
        **{key: w.replace("[MASK]", mask or "") if isinstance(w, str) else w for key, w in words.items()}
    )


# Tokenizers


@cache
def _byte_level() -> tuple[list[str], list[tuple[str, str]]]:
    """Tokens and merges of a byte-level BPE."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return _bpe(
        learner, trainers.BpeTrainer(vocab_size=256 + WORDS, initial_alphabet=alphabet, show_progress=False)
    )


@cache
def _sentence_piece() -> tuple[list[str], list[tuple[str, str]]]:
    """Tokens and merges of a BPE that writes a space as a mark, and what it does not know as bytes."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    tokens, merges = _bpe(learner, trainers.BpeTrainer(vocab_size=WORDS + 60, show_progress=False))
    return [f"<0x{byte:02X}>" for byte in range(256)] + tokens, merges


def _bpe(learner: Tokenizer, trainer: trainers.BpeTrainer) -> tuple[list[str], list[tuple[str, str]]]:
    learner.train_from_iterator(SENTENCES, trainer)
    model = json.loads(learner.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), [tuple(pair) for pair in model["merges"]]


@cache
def _unigram() -> list[tuple[str, float]]:
    learner = Tokenizer(models.Unigram())
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=WORDS, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    learner.train_from_iterator(SENTENCES, trainer)
    return [
        (token, score) for token, score in json.loads(learner.to_str())["model"]["vocab"] if token != "<unk>"
    ]


@cache
def _word_pieces() -> list[str]:
    learner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=WORDS + 60, show_progress=False)
    learner.train_from_iterator((s.lower() for s in SENTENCES), trainer)
    return sorted(learner.get_vocab(), key=learner.get_vocab().get)


def _vocabulary(*specials: str, tokens: list[str]) -> dict[str, int]:
    return {token: i for i, token in enumerate([*specials, *(t for t in tokens if t not in specials)])}


def _gpt2() -> Any:
    tokens, merges = _byte_level()
    return transformers.GPT2Tokenizer(vocab=_vocabulary("<|endoftext|>", tokens=tokens), merges=merges)


def _neox() -> Any:
    tokens, merges = _byte_level()
    return transformers.GPTNeoXTokenizer(vocab=_vocabulary("<|endoftext|>", tokens=tokens), merges=merges)


def _bloom() -> Any:
    tokens, merges = _byte_level()
    vocabulary = _vocabulary("<unk>", "<s>", "</s>", "<pad>", tokens=tokens)
    specials = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
    return transformers.GPT2Tokenizer(vocab=vocabulary, merges=merges, **specials)


def _qwen3() -> Any:
    tokens, merges = _byte_level()
    vocabulary = _vocabulary("<|endoftext|>", "<|im_start|>", "<|im_end|>", tokens=tokens)
    return transformers.Qwen2Tokenizer(
        vocab=vocabulary, merges=merges, eos_token="<|im_end|>", additional_special_tokens=["<|im_start|>"]
    )


def _opt() -> Any:
    tokens, merges = _byte_level()
    vocabulary = _vocabulary("<s>", "<pad>", "</s>", tokens=tokens)
    return transformers.GPT2Tokenizer(
        vocab=vocabulary, merges=merges, bos_token="</s>", eos_token="</s>", unk_token="</s>", pad_token="<pad>",
        add_bos_token=True,
    )  # fmt: skip


def _roberta() -> Any:
    tokens, merges = _byte_level()
    vocabulary = _vocabulary("<s>", "<pad>", "</s>", "<unk>", "<mask>", tokens=tokens)
    return transformers.RobertaTokenizer(vocab=vocabulary, merges=merges)


def _llama() -> Any:
    tokens, merges = _sentence_piece()
    vocabulary = _vocabulary("<unk>", "<s>", "</s>", tokens=tokens)
    return transformers.LlamaTokenizer(vocab=vocabulary, merges=merges, add_bos_token=True)


def _gemma3() -> Any:
    tokens, merges = _sentence_piece()
    vocabulary = _vocabulary("<pad>", "<eos>", "<bos>", "<unk>", "<mask>", tokens=tokens)
    return transformers.GemmaTokenizer(vocab=vocabulary, merges=merges, add_bos_token=True)


def _t5() -> Any:
    sentinels = [(f"<extra_id_{i}>", 0.0) for i in range(3, -1, -1)]
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *_unigram(), *sentinels]
    return transformers.T5Tokenizer(vocab=vocabulary, extra_ids=4)


def _bert() -> Any:
    vocabulary = _vocabulary("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", tokens=_word_pieces())
    return transformers.BertTokenizer(vocab=vocabulary)


_TOKENIZERS: dict[str, Callable[[], Any]] = {
    "gpt2": _gpt2, "llama": _llama, "qwen3": _qwen3, "gemma3": _gemma3, "neox": _neox, "opt": _opt, "bloom": _bloom,
    "bert": _bert, "distilbert": _bert, "roberta": _roberta, "bart": _roberta, "t5": _t5,
    "mistral": _llama, "qwen2": _qwen3, "gemma2": _gemma3, "phi": _gpt2,
}  # fmt: skip

# Modules

WIDTH = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
PLACES = {"id2label": {0: "O", 1: "PER", 2: "LOC"}, "label2id": {"O": 0, "PER": 1, "LOC": 2}}
LABELS = {"id2label": {0: "bad", 1: "neutral", 2: "good"}, "label2id": {"bad": 0, "neutral": 1, "good": 2}}


def _ids(tokenizer: Any) -> dict[str, Any]:
    """What a configuration says of the vocabulary."""
    roles = ("pad", "bos", "eos")
    return {"vocab_size": len(tokenizer)} | {
        f"{r}_token_id": getattr(tokenizer, f"{r}_token_id") for r in roles
    }


def _of(kind: str, config: str, **fixed: Any) -> Callable[[Any], nn.Module]:
    """A builder of ``transformers.kind`` from its configuration; ``fixed`` overrides what the tokenizer says."""

    def build(tokenizer: Any) -> nn.Module:
        settings = getattr(transformers, config)(**{**_ids(tokenizer), **fixed})
        return getattr(transformers, kind)(settings)

    return build


_GPT2 = {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": POSITIONS}
_LLAMA = WIDTH | {"num_key_value_heads": 2, "max_position_embeddings": POSITIONS}
_BERT = WIDTH | {"max_position_embeddings": POSITIONS}
_ROBERTA = WIDTH | {"max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1}
_DISTILBERT = {"dim": 16, "hidden_dim": 32, "n_layers": 2, "n_heads": 4, "max_position_embeddings": POSITIONS}

_MODULES: dict[str, Callable[[Any], nn.Module]] = {
    "gpt2": _of("GPT2LMHeadModel", "GPT2Config", **_GPT2),
    "llama": _of("LlamaForCausalLM", "LlamaConfig", **_LLAMA),
    "qwen3": _of("Qwen3ForCausalLM", "Qwen3Config", head_dim=8, **_LLAMA, bos_token_id=0),
    "gemma3": _of(
        "Gemma3ForCausalLM", "Gemma3TextConfig", head_dim=8, query_pre_attn_scalar=8, sliding_window=4,
        layer_types=["sliding_attention", "full_attention"], **_LLAMA,
    ),
    "neox": _of("GPTNeoXForCausalLM", "GPTNeoXConfig", **_BERT),
    "opt": _of(
        "OPTForCausalLM", "OPTConfig", hidden_size=16, ffn_dim=32, num_hidden_layers=2, num_attention_heads=4,
        word_embed_proj_dim=16, max_position_embeddings=POSITIONS,
    ),
    "bloom": _of("BloomForCausalLM", "BloomConfig", hidden_size=16, n_layer=2, n_head=4),
    "mistral": _of("MistralForCausalLM", "MistralConfig", head_dim=8, sliding_window=4, **_LLAMA),
    "qwen2": _of("Qwen2ForCausalLM", "Qwen2Config", **_LLAMA, bos_token_id=0),
    "gemma2": _of(
        "Gemma2ForCausalLM", "Gemma2Config", head_dim=8, query_pre_attn_scalar=8, sliding_window=4,
        layer_types=["sliding_attention", "full_attention"], attn_logit_softcapping=2.0,
        final_logit_softcapping=3.0, attn_implementation="eager", **_LLAMA,
    ),
    "phi": _of("PhiForCausalLM", "PhiConfig", num_key_value_heads=2, partial_rotary_factor=0.5, **_BERT),
    "bert-masked": _of("BertForMaskedLM", "BertConfig", **_BERT),
    "roberta-masked": _of("RobertaForMaskedLM", "RobertaConfig", **_ROBERTA),
    "distilbert-masked": _of("DistilBertForMaskedLM", "DistilBertConfig", **_DISTILBERT),
    "bert-label": _of("BertForSequenceClassification", "BertConfig", **_BERT, **LABELS),
    "roberta-label": _of("RobertaForSequenceClassification", "RobertaConfig", **_ROBERTA, **LABELS),
    "distilbert-label": _of("DistilBertForSequenceClassification", "DistilBertConfig", **_DISTILBERT, **LABELS),
    "gpt2-label": _of("GPT2ForSequenceClassification", "GPT2Config", **_GPT2, **LABELS, pad_token_id=0),
    "gpt2-label-unpadded": _of("GPT2ForSequenceClassification", "GPT2Config", **_GPT2, **LABELS, pad_token_id=None),
    "llama-label": _of("LlamaForSequenceClassification", "LlamaConfig", **_LLAMA, **LABELS, pad_token_id=2),
    "llama-label-unpadded": _of(
        "LlamaForSequenceClassification", "LlamaConfig", **_LLAMA, **LABELS, pad_token_id=None
    ),
    "t5": _of(
        "T5ForConditionalGeneration", "T5Config", d_model=16, d_kv=4, d_ff=32, num_layers=2, num_heads=4,
        decoder_start_token_id=0, feed_forward_proj="gated-gelu",
    ),
    "bart": _of(
        "BartForConditionalGeneration", "BartConfig", d_model=16, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=32, decoder_ffn_dim=32,
        max_position_embeddings=POSITIONS, scale_embedding=True, forced_eos_token_id=None,
    ),
    "bert-token-label": _of("BertForTokenClassification", "BertConfig", **_BERT, **PLACES),
    "roberta-token-label": _of("RobertaForTokenClassification", "RobertaConfig", **_ROBERTA, **PLACES),
    "gpt2-token-label": _of("GPT2ForTokenClassification", "GPT2Config", **_GPT2, **PLACES),
    "bert-question": _of("BertForQuestionAnswering", "BertConfig", **_BERT),
    "roberta-question": _of("RobertaForQuestionAnswering", "RobertaConfig", **_ROBERTA),
    "distilbert-question": _of("DistilBertForQuestionAnswering", "DistilBertConfig", **_DISTILBERT),
    "bert-pair": _of("BertForSequenceClassification", "BertConfig", **_BERT, **LABELS),
    "roberta-pair": _of("RobertaForSequenceClassification", "RobertaConfig", **_ROBERTA, **LABELS),
}  # fmt: skip


def tokenizers() -> Iterator[tuple[str, Any]]:
    """Each kind of tokenizer once, with the name of a family that has it."""
    for name in ("gpt2", "llama", "gemma3", "opt", "bert-label", "roberta-label", "t5"):
        yield name, family(name).tokenizer
