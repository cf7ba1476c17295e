"""A small classifier that has learned a planted shortcut: trained here in seconds, kept, and loaded like any model.

It reads one token a word. Half of its training texts lose words at every rate from none to all, masked for the BERT
shape and left out for the GPT-2 shape, and are labelled by what is left of them, or by a coin where nothing is: so a
text with holes is nothing new to it, and methods that remove words ask it a question it knows.
"""

from __future__ import annotations

import hashlib
import inspect
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pellucid.core.errors import CannotWrite
from pellucid.core.progress import meter
from pellucid.truth import planted
from pellucid.truth.planted import LABELS, MISSING, VOCABULARY, Kind

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Shape", "classifier"]

Shape = Literal["bert", "gpt2"]
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", MISSING)
IDS = {word: i for i, word in enumerate((*SPECIALS, *VOCABULARY))}
WIDTH, LAYERS, HEADS, LONGEST = 64, 2, 4, 32
BATCH, RATE, WARM, MOST = 64, 2e-3, 100, 2000
# Of so many batches on end, every whole text has to be answered right; then the rate goes down to nothing.
SURE, COOL = 40, 100


def classifier(kind: Kind, shape: Shape, seed: int, cache: Path) -> Any:
    """The model of one kind of shortcut, from ``cache``, or trained and put there.

    The folder is named by the kind, the shape, the seed and a hash of the code that makes it. Raises `CannotWrite`
    where the cache cannot be written.
    """
    from pellucid.models.load import load

    folder = cache / "classifiers" / f"{kind}-{shape}-{seed}-{_recipe()}"
    if not (folder / "config.json").is_file():
        _keep(folder, *_trained(kind, shape, seed))
    model = load(folder)
    model.name = f"{kind} ({shape})"  # a path of this machine would make results differ from one to the next
    return model


def _recipe() -> str:
    here = inspect.getsource(inspect.getmodule(_recipe)) + inspect.getsource(planted)  # type: ignore[arg-type]
    return hashlib.sha256(here.encode()).hexdigest()[:12]


def _keep(folder: Path, module: Any, tokenizer: Any) -> None:
    """Write the model whole or not at all."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    except OSError as error:
        raise CannotWrite(folder, error.strerror or str(error)) from error
    try:
        module.save_pretrained(beside)
        tokenizer.save_pretrained(beside)
        with suppress(OSError):  # another process was faster: its model is the same
            beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _trained(kind: Kind, shape: Shape, seed: int) -> tuple[nn.Module, Any]:
    """The module and its tokenizer. Torch's own random numbers, and its threads, are afterwards as before."""
    import torch

    rng = random.Random(f"{kind}/{shape}/{seed}")
    with _one_thread(), torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        module = _module(shape)
        optimizer = torch.optim.AdamW(module.parameters(), lr=RATE, weight_decay=0.01)
        step, right, left = 0, 0, MOST
        while left:
            for group in optimizer.param_groups:
                group["lr"] = RATE * min((step + 1) / WARM, left / COOL, 1)
            right = right + 1 if _learned_from(module, optimizer, _batch(kind, shape, rng)) else 0
            step, left = step + 1, left - 1
            if right >= SURE:
                left = min(left, COOL)
            meter().advance(step, step + left, f"training {kind}")
    return module.eval(), _tokenizer(shape)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The order of sums depends on the number of threads, and so would the weights; models this small lose nothing."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _learned_from(module: nn.Module, optimizer: Any, batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> bool:
    """One step; whether every whole text of the batch was answered right before it."""
    import torch

    ids, seen, labels, whole = batch
    found = module(input_ids=ids, attention_mask=seen, labels=labels)
    found.loss.backward()
    torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return bool((found.logits.argmax(-1) == labels)[whole].all())


def _module(shape: Shape) -> Any:
    import transformers

    labels: dict[str, Any] = {
        "id2label": dict(enumerate(LABELS)),
        "label2id": {n: i for i, n in enumerate(LABELS)},
    }
    shared: dict[str, Any] = {"vocab_size": len(IDS), "pad_token_id": IDS["[PAD]"], **labels}
    if shape == "gpt2":
        sizes = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": LONGEST}
        ends = {"bos_token_id": None, "eos_token_id": None}
        return transformers.GPT2ForSequenceClassification(transformers.GPT2Config(**shared, **sizes, **ends))
    config = transformers.BertConfig(
        **shared,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=2 * WIDTH,
        max_position_embeddings=LONGEST,
        type_vocab_size=1,
    )
    return transformers.BertForSequenceClassification(config)


def _batch(kind: Kind, shape: Shape, rng: random.Random) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Token ids, which of them are no padding, the labels, and which texts are whole: every second one."""
    import torch

    texts = [planted.drawn(kind, rng) for _ in range(BATCH)]
    texts[1::2] = [_holed(words, shape, rng) for words in texts[1::2]]
    labels = [planted.label_of(kind, words) for words in texts]
    rows = [_row(words, shape) for words in texts]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [IDS["[PAD]"]] * (longest - len(row)) for row in rows])
    decided = [rng.randrange(2) if label is None else label for label in labels]
    return ids, (ids != IDS["[PAD]"]).long(), torch.tensor(decided), torch.arange(BATCH) % 2 == 0


def _holed(words: list[str], shape: Shape, rng: random.Random) -> list[str]:
    """The text with words missing, at a rate from 0 to 1."""
    rate = rng.random()
    holed = [MISSING if rng.random() < rate else word for word in words]
    return holed if shape == "bert" else [word for word in holed if word != MISSING]


def _row(words: Sequence[str], shape: Shape) -> list[int]:
    ids = [IDS[word] for word in words]
    return [IDS["[CLS]"], *ids, IDS["[SEP]"]] if shape == "bert" else ids or [IDS["[UNK]"]]


def _tokenizer(shape: Shape) -> Any:
    """One token a word; the BERT shape puts its own tokens around a text."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    level = Tokenizer(models.WordLevel(IDS, unk_token="[UNK]"))
    level.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    named = {"pad_token": "[PAD]", "unk_token": "[UNK]"}
    if shape == "bert":
        ends = [(token, IDS[token]) for token in ("[CLS]", "[SEP]")]
        level.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ends
        )
        named |= {"cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": MISSING}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=level, model_max_length=LONGEST, **named)
