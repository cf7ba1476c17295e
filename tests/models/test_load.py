"""Everything a user can name becomes a model, or an error that says what to type."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

import pellucid
from pellucid.core.errors import BadOption, UnknownName, UnsupportedModel
from pellucid.models.bundled import BUNDLED
from pellucid.models.huggingface.fingerprint import of_module
from tests.families import ALL, family, live


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small model on disk."""
    module, tokenizer = live("gpt2")
    module.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    return tmp_path


def score(model: Any) -> np.ndarray:
    text = model.cut("The old film is good, and")
    value = model.value(text, model.resolve(text, pellucid.Target(" the")))
    return value(np.ones((1, len(text.features)), bool))


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_name(name: str) -> None:
    model = pellucid.load(name)
    assert model.name == name
    assert model.dtype == "float32"
    assert not model.fingerprint.startswith("live:")


def test_a_folder(folder: Path) -> None:
    for ref in (folder, str(folder)):
        model = pellucid.load(ref)
        assert model.name == str(folder)
        np.testing.assert_allclose(score(model), score(family("gpt2")), atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_every_family_comes_back_from_a_folder(name: str, tmp_path: Path) -> None:
    module, tokenizer = live(name)
    module.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = pellucid.load(tmp_path)
    text = "The old film is good."
    given = tokenizer(text, return_tensors="pt")
    assert model.tokenizer(text)["input_ids"] == given["input_ids"][0].tolist()
    assert type(model.module) is type(module)
    for weight, other in zip(model.module.parameters(), module.parameters(), strict=True):
        torch.testing.assert_close(weight, other)


def test_a_live_pair_and_what_is_loaded_already() -> None:
    module, tokenizer = live("gpt2")
    module.train()
    model = pellucid.load((module, tokenizer))
    assert model.module is module
    assert module.training
    assert model.name == "GPT2LMHeadModel"
    assert pellucid.load(model) is model
    np.testing.assert_allclose(score(model), score(family("gpt2")), atol=1e-5)


def test_a_pipeline() -> None:
    module, tokenizer = live("bert-label")
    pipeline = transformers.pipeline("text-classification", model=module, tokenizer=tokenizer, device="cpu")
    model = pellucid.load(pipeline)
    assert model.module is module
    text = "A good old film."
    assert model.generate([text]) == [pipeline(text)[0]["label"]]


@pytest.mark.parametrize("ref", [3, ("one",), (None, None), ("gpt2", "gpt2"), object()])
def test_something_else_is_refused(ref: object) -> None:
    with pytest.raises(UnsupportedModel, match=r"a pair \(model, tokenizer\)"):
        pellucid.load(ref)


def test_options_of_a_file_do_not_fit_a_live_model() -> None:
    with pytest.raises(BadOption, match="dtype"):
        pellucid.load(live("gpt2"), dtype="float16")
    with pytest.raises(BadOption, match="device"):
        pellucid.load(family("gpt2"), device="cuda")


def test_sixteen_bits_become_float32_on_a_processor(folder: Path) -> None:
    live("gpt2")[0].half().save_pretrained(folder)
    model = pellucid.load(folder)
    assert model.dtype == "float32"
    assert all(w.dtype == torch.float32 for w in model.module.parameters())
    assert pellucid.load(folder, dtype="bfloat16").dtype == "bfloat16"
    assert pellucid.load(folder, dtype=torch.float16).dtype == "float16"


def test_options_reach_from_pretrained(folder: Path) -> None:
    model = pellucid.load(folder, attn_implementation="eager", device="cpu")
    assert model.module.config._attn_implementation == "eager"
    assert model.device == "cpu"
    np.testing.assert_allclose(score(model), score(family("gpt2")), atol=1e-5)


def test_a_subfolder_is_where_everything_is(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    for file in folder.glob("*.*"):
        shutil.move(file, inner)
    np.testing.assert_allclose(
        score(pellucid.load(folder, subfolder="inner")), score(family("gpt2")), atol=1e-5
    )


@pytest.mark.parametrize("name", ["demo_lm", "demolm", "Demo-LM", "demo-sentimant"])
def test_a_slip_of_the_pen(name: str) -> None:
    with pytest.raises(UnknownName, match="Did you mean demo-"):
        pellucid.load(name)


@pytest.mark.parametrize("name", ["no/such-model", "./not/a/folder/here", "gpt2-of-nobody"])
def test_a_name_that_leads_nowhere(name: str) -> None:
    with pytest.raises(UnknownName, match="There are: demo-lm, demo-sentiment") as caught:
        pellucid.load(name)
    assert "folder with config.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


BREAKS = {
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "weights"),
    "half the weights": (lambda f: (f / "model.safetensors").write_bytes(b"\0" * 100), "weights"),
    "no config": (lambda f: (f / "config.json").unlink(), "config.json"),
    "config cut short": (lambda f: (f / "config.json").write_text('{"model_type": "gp'), "config.json"),
    "unknown kind": (lambda f: edit(f, model_type="nosuch"), "nosuch"),
    "unknown class": (lambda f: edit(f, architectures=["NoSuchForCausalLM"]), "NoSuchForCausalLM"),
    "no class": (lambda f: edit(f, architectures=None), "found nothing"),
    "no output": (lambda f: edit(f, architectures=["GPT2Model"]), "found GPT2Model"),
    "two choices": (lambda f: edit(f, architectures=["GPT2DoubleHeadsModel"]), "found GPT2DoubleHeadsModel"),
    "another head": (lambda f: edit(f, architectures=["GPT2ForTokenClassification"]), "classifier.weight"),
    "another width": (lambda f: edit(f, n_embd=32), "another shape"),
    "a missing weight": (lambda f: drop(f, "transformer.ln_f.bias"), "ln_f.bias"),
    "no tokenizer": (lambda f: [t.unlink() for t in f.glob("tokenizer*")], "tokenizer"),
}


def drop(folder: Path, name: str) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize("what", BREAKS)
def test_a_folder_that_is_not_whole(what: str, folder: Path) -> None:
    spoil, says = BREAKS[what]
    spoil(folder)
    with pytest.raises(UnsupportedModel, match=says) as caught:
        pellucid.load(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_device_that_is_not_there(folder: Path) -> None:
    with pytest.raises(BadOption, match="There are: cpu"):
        pellucid.load(folder, device="nosuch")


def test_a_precision_that_does_not_exist(folder: Path) -> None:
    with pytest.raises(BadOption, match="float32, bfloat16, float16"):
        pellucid.load(folder, dtype="flaot32")


def test_a_slow_tokenizer_is_refused_at_once() -> None:
    class Slow:
        is_fast = False

        def decode(self, _: object) -> str:
            return ""

    with pytest.raises(UnsupportedModel, match=r"fast tokenizer .* found Slow"):
        pellucid.load((live("gpt2")[0], Slow()))


def test_a_model_without_an_answer_is_refused() -> None:
    module, tokenizer = live("gpt2")
    with pytest.raises(UnsupportedModel, match="found GPT2Model"):
        pellucid.load((module.transformer, tokenizer))


def test_the_fingerprint_is_that_of_the_weights(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(folder, elsewhere, dirs_exist_ok=True)
    first, second = pellucid.load(folder), pellucid.load(elsewhere)
    assert first.fingerprint == second.fingerprint
    assert not first.fingerprint.startswith("live:")
    assert pellucid.load(folder, dtype="bfloat16").fingerprint == first.fingerprint
    weights = load_file(elsewhere / "model.safetensors")
    weights["transformer.ln_f.bias"][0] += 1
    save_file(weights, elsewhere / "model.safetensors", metadata={"format": "pt"})
    assert pellucid.load(elsewhere).fingerprint != first.fingerprint


@torch.no_grad()
def test_an_edited_model_has_another_fingerprint_until_it_is_put_back(folder: Path) -> None:
    model = pellucid.load(folder)
    before, weight = model.fingerprint, model.module.transformer.h[0].mlp.c_fc.weight
    kept = weight.clone()
    weight[0, 1] += 1
    edited = model.fingerprint
    assert edited.startswith("live:")
    weight.copy_(kept)
    assert model.fingerprint == before
    weight[0, 1] += 1
    assert model.fingerprint == edited


def test_live_weights_have_the_fingerprint_of_their_numbers() -> None:
    one, two = pellucid.load(live("gpt2")), pellucid.load(live("gpt2"))
    assert one.fingerprint == two.fingerprint == family("gpt2").fingerprint
    assert one.fingerprint.startswith("live:")
    assert one.fingerprint != pellucid.load(live("neox")).fingerprint
    one.module.half()
    assert one.fingerprint != two.fingerprint


def test_weights_that_are_views_have_the_fingerprint_of_their_numbers() -> None:
    """Flattened weights begin anywhere, also where four bytes cannot be read as one number."""
    weight = torch.randn(7, 6).to(torch.bfloat16)
    inside = torch.cat([torch.zeros(1, dtype=torch.bfloat16), weight.flatten()])[1:].view(7, 6)
    holders = [torch.nn.Linear(6, 7, bias=False) for _ in range(2)]
    for holder, numbers in zip(holders, (weight, inside), strict=True):
        holder.weight = torch.nn.Parameter(numbers)
    assert holders[1].weight.storage_offset() == 1
    assert of_module(holders[0]) == of_module(holders[1])


def test_reading_a_long_text_does_not_change_the_fingerprint() -> None:
    """Some position encodings are buffers that grow with the text; they are not weights."""
    module, tokenizer = live("llama")
    module.config.rope_parameters = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}
    module = type(module)(module.config).eval()
    model = pellucid.load((module, tokenizer))
    before = model.fingerprint
    with torch.no_grad():
        module(input_ids=torch.ones(1, 100, dtype=torch.long))
    assert model.fingerprint == before


def test_loading_warns_of_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pellucid.load(folder)
    lines = capfd.readouterr().err.replace("\r", "\n").splitlines()
    assert [line for line in lines if line and not line.startswith("Loading weights")] == []
