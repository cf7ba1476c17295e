"""What a language model proposes for a feature is what it would have written there, without seeing the feature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import pellucid
from pellucid.core.errors import AblationImpossible, BadOption, NotFinite
from pellucid.core.progress import metered
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.models.huggingface import proposals
from pellucid.models.huggingface.model import HuggingFaceModel
from tests import twin
from tests.families import CAUSAL, MASKED, PROPOSERS, family, fresh, live, question

TEXTS = ("The old film is good, and", "  good film \n 12 or 34!", "x", "He didn't know")


def proposed(model: Any, text: Text) -> list[int]:
    return model.proposer(model.encoding(text)).tolist()


@pytest.mark.parametrize("name", [*CAUSAL, *MASKED, *PROPOSERS])
@pytest.mark.parametrize("unit", ["token", "word", "sentence"])
def test_equals_one_token_at_a_time(name: str, unit: Any) -> None:
    model = family(name)
    for string in (*TEXTS, question(name).text):
        text = model.cut(string, unit)
        assert proposed(model, text) == twin.proposals(name, text.string, text)


@pytest.mark.parametrize("name", ["gpt2", "bert-masked", "bloom"])
def test_a_feature_does_not_see_itself(name: str) -> None:
    """Whatever stood there, the same is proposed, unless it is what stood there; nothing else moves."""
    model = family(name)
    texts = [model.cut(f"The old {word} is", "word") for word in ("film", "story", "cast")]
    found = [proposed(model, text) for text in texts]
    assert len({len(ids) for ids in found}) == 1, "the words have as many tokens"
    place = twin.owners(model.tokenizer, texts[0]).index(2)
    own = [model.encoding(text).ids[place] for text in texts]
    free = {ids[place] for ids in found} - set(own)
    assert len(free) <= 1


def test_batches_and_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gpt2", "bloom", "roberta-masked"):
        for unit in ("token", "sentence"):
            text = family(name).cut("The old film is good. It was a bad story, and the cast was not.", unit)
            expected = proposed(family(name), text)
            for limit, tokens in ((1, 4096), (3 * family(name).vocabulary, 20), (10**9, 1)):
                model = fresh(name)
                monkeypatch.setattr(proposals, "LOGITS", limit)
                model.batch_tokens = tokens
                assert proposed(model, text) == expected
            monkeypatch.undo()


@pytest.mark.parametrize("name", ["gpt2", "bert-masked"])
def test_out_of_memory_asks_for_fewer(name: str) -> None:
    model = fresh(name)
    text = model.cut("The old film is good. It was a bad story. A great cast and the end.", "sentence")

    def refuse(module: Any, args: Any, inputs: dict[str, Any]) -> None:
        if len(inputs["input_ids"]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with model.module.register_forward_pre_hook(refuse, with_kwargs=True):
        found = proposed(model, text)
    assert found == proposed(family(name), text)


@pytest.mark.parametrize(
    ("name", "unit", "forwards"), [("opt", "token", 1), ("gpt2", "token", 2), ("bert-masked", "token", 5)]
)
def test_they_are_made_once_a_text_and_counted(name: str, unit: Any, forwards: int) -> None:
    """A causal model reads every token's proposal off one pass, and one of its start; a masked one, a row a feature."""
    model = fresh(name)
    text = model.cut("the old good film the" if name == "bert-masked" else " the old film", unit)
    with metered() as meter:
        first = proposed(model, text)
    assert meter.forwards == forwards
    with metered() as meter:
        assert proposed(model, text) == first
    assert meter.forwards == 0
    with torch.no_grad():
        for weight in model.module.parameters():
            weight.add_(torch.randn_like(weight))
    with metered() as meter:
        assert proposed(model, text) != first
    assert meter.forwards == forwards


def test_the_memo_knows_who_proposed() -> None:
    """Two proposers of one classifier give numbers of their own."""
    module, tokenizer = live("bert-label")
    one, other = (
        HuggingFaceModel(module, tokenizer, "it", infill=family(n))
        for n in ("bert-masked", "distilbert-masked")
    )
    other.memo = one.memo
    text = one.cut("A good old film.", "word")
    target = one.resolve(text, Target("good"))
    mask = np.array([[True, False, True, False, True]])
    found = [model.value(text, target, "infill")(mask) for model in (one, other)]
    assert proposed(one, text) != proposed(other, text)
    assert not np.allclose(*found)


def test_who_cannot_propose_is_refused() -> None:
    t5, label = family("t5"), fresh("bert-label")
    text = t5.cut("The old film", "word")
    with pytest.raises(
        AblationImpossible, match=r"proposes no tokens\. Load it with infill=.*Possible: delete, "
    ):
        t5.value(text, t5.resolve(text, Target("the")), "infill")
    module, tokenizer = live("bert-label")
    with pytest.raises(BadOption, match="bert-label: a BertForSequenceClassification proposes no tokens"):
        HuggingFaceModel(module, tokenizer, "it", infill=label)
    with pytest.raises(BadOption, match=r"tokens have other ids.*same tokenizer"):
        HuggingFaceModel(module, tokenizer, "it", infill=family("roberta-masked"))


def test_without_a_start_of_text_a_first_feature_has_no_proposal() -> None:
    model = fresh("gpt2")
    for role in ("bos_token", "eos_token", "unk_token"):
        setattr(model.tokenizer, role, None)
    model.module.config.bos_token_id = None
    text = model.cut("The film is")
    target = model.resolve(text, Target(" good"))
    with pytest.raises(AblationImpossible, match="nothing stands before its first token"):
        model.value(text, target, "infill")
    frozen = model.cut(text.freeze("The"), "word")
    assert np.isfinite(model.value(frozen, target, "infill")(np.zeros((1, 2), bool))).all()


def test_a_proposer_with_less_room_is_refused() -> None:
    module, tokenizer = live("bart")
    small = fresh("roberta-masked")
    small.context = 5
    model = HuggingFaceModel(module, tokenizer, "it", infill=small)
    text = model.cut("The old film is good.")
    with pytest.raises(
        AblationImpossible, match="roberta-masked is to propose its tokens, and reads at most 5"
    ):
        model.value(text, model.resolve(text, Target("the")), "infill")


@torch.no_grad()
def test_broken_weights_are_refused() -> None:
    model = fresh("bert-masked")
    for weight in model.module.parameters():
        weight.fill_(torch.nan)
    with pytest.raises(NotFinite):
        proposed(model, model.cut("good film"))


def test_a_proposer_is_named_when_the_model_is_loaded(tmp_path: Any) -> None:
    module, tokenizer = live("bert-masked")
    module.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    live_pair = live("bert-label")
    for infill in (tmp_path, str(tmp_path), (module, tokenizer), family("bert-masked")):
        model = pellucid.load(live_pair, infill=infill)
        why = pellucid.explain(model, "A good old film.", ablate="infill", unit="word")
        assert why.provenance.options["ablate"] == "infill"
        (note,) = why.provenance.notes
        assert note.startswith("What stood in for removed features was proposed by ")
        assert model.proposer.model.fingerprint in note
    with pytest.raises(BadOption, match="loaded already"):
        pellucid.load(family("bert-label"), infill=tmp_path)
