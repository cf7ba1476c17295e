"""Every method on every family and shape of output: it runs, says finite numbers, draws, and comes back from a file.

By default each method meets one family a shape, and the whole product is marked ``full``. A method that is new
is here the day it is written.
"""

from __future__ import annotations

import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

import pellucid
from pellucid.core.errors import BadOption, TargetImpossible, UnsupportedModel
from pellucid.core.explanation import DIMS, Explanation
from pellucid.core.registry import find, names
from pellucid.core.text import Text
from tests.families import ALL, family, question, shape_of
from tests.models.huggingface.test_value import ablations

METHODS = names("method")
SEEDED = [by for by in METHODS if "seed" in find("method", by).options]
# One of each shape, and what is special: sliding windows, sigmoid-free decoders without padding, a scaled encoder.
SOME = (
    "gpt2", "gemma3", "roberta-masked", "bert-label", "gpt2-label-unpadded", "t5", "bart",
    "bert-token-label", "bert-question", "bert-pair",
)  # fmt: skip
# Small budgets: these tests are about what runs, not about what is found.
QUICK = {"samples": 32, "steps": 4, "budget": 40, "draws": 9, "neighbours": 20}
# Methods that must reach attention, and a family whose attention cannot be reached.
OF_ATTENTION = {
    "alti", "attention_flow", "attention_norms", "attention_pattern_types", "attention_rollout", "attention_weights",
    "attention_x_gradient",
    "attn_lrp", "head_importance", "lrp", "value_zeroing",
}  # fmt: skip
REFUSED = {(by, "bloom") for by in OF_ATTENTION}
# Methods that follow attention down through one stack of layers.
ONE_STACK = {"alti", "attention_flow", "attention_rollout"}
# Methods that may find that nothing mattered.
SPARSE = {"context_cite"}
# Methods that refuse a scale: those of an answer's probability, and those that take the gradient at the text itself.
OF_PROBABILITIES = {"context_cite", "reagent"}
AT_THE_TEXT = {
    "saliency", "input_x_gradient", "smoothgrad", "attention_x_gradient", "lrp", "attn_lrp", "head_importance",
}  # fmt: skip
# Methods of what is on its way to a token: not to labels, and not in an encoder.
OF_TOKENS = {"logit_lens", "tuned_lens", "patchscope", "direct_logit_attribution", "ffn_updates"}
# Methods of what adds up in the residual stream: not where the sum is normalised, nor where attention is not seen.
OF_SUMS = {"direct_logit_attribution", "ffn_updates"}
# Methods of edges between heads and MLPs: not where they do not add to the residual stream one by one.
OF_EDGES = {"edge_attribution", "circuit", "path_patching"}
# Methods that look into one pass of the model: two answers of several tokens are two.
ONE_PASS = {by for by in METHODS if find("method", by).family == "patching"} - {"ablation"}
# Methods that compare two texts, and so no distance from one.
OF_TWO_TEXTS = {by for by in ONE_PASS if "corrupt" in find("method", by).options}
REFUSE = {
    "entropy": OF_PROBABILITIES | OF_TOKENS,
    "kl": OF_PROBABILITIES | AT_THE_TEXT | OF_TOKENS | OF_TWO_TEXTS,
}


def refusal(by: str, name: str) -> tuple[type[Exception], str] | None:
    """How a method refuses a family that it cannot do: which error, and what it says."""
    if (by, name) in REFUSED:
        return UnsupportedModel, ""
    shape = shape_of(name)
    if by in ONE_STACK and shape == "encoder-decoder":
        return TargetImpossible, "reads with an encoder and writes with a decoder. Use attention_x_gradient"
    if by in OF_TOKENS and shape == "encoder-decoder":
        return TargetImpossible, "reads with an encoder and writes with a decoder"
    if by in OF_TOKENS and shape not in ("causal", "masked"):
        return TargetImpossible, "no token of its vocabulary"
    if by in OF_SUMS and (shape == "masked" or name == "bloom"):
        return BadOption, "has no .attn_out|has no .mlp_out"
    if by == "ablation" and name == "bloom":
        return BadOption, "block 0 of bloom has no z"
    if by in OF_EDGES and name.startswith(("bert", "roberta", "distilbert", "bloom", "t5", "bart")):
        return UnsupportedModel, "one stack of blocks|blocks that add up"
    return None


def is_refused(by: str, name: str, **given: Any) -> bool:
    """Whether a method refuses a family; if so, that it does, with the reason."""
    if expected := refusal(by, name):
        with pytest.raises(expected[0], match=expected[1]):
            explained(by, name, **given)
    return expected is not None


# What patching puts in the place of a word: of as many tokens in every family's vocabulary, or the next is taken.
SWAPS = {
    " film": " story",
    "film": "story",
    "old": "good",
    " good": " great",
    "store": "story",
    "went": "stood",
}


def swap(name: str, text: str | Text) -> tuple[str, str]:
    """A word of a text, and the text of as many tokens with another in its place."""
    model, asked = family(name), Text.of(text)
    length = len(model.tokens(model.cut(asked)))
    for word, other in SWAPS.items():
        if word in asked.string:
            swapped = asked.string.replace(word, other, 1)
            parts = Text.pair(*swapped.split("\n", 1)) if asked.seam else swapped
            if len(model.tokens(model.cut(parts))) == length:
                return word.strip(), swapped
    raise AssertionError(f"{name} has no other word of as many tokens for {asked.string!r}")


def needed(by: str, name: str, text: str | Text) -> dict[str, Any]:
    """What a method cannot do without, and has no default: another text, or a part of this one."""
    known = find("method", by).options
    if "lens" in known:
        return {"lens": lens_of(name)}
    if "prompt" in known and shape_of(name) == "masked":  # whose prompts have a mask
        return {"prompt": question(name).text, "placeholder": "old"}
    if not {"corrupt", "subject"} & set(known) or by in (
        "ablation",
        "neuron_ablation",
    ):  # which resamples only when asked to
        return {}
    word, corrupt = swap(name, text)
    return {key: value for key, value in (("corrupt", corrupt), ("subject", word)) if key in known}


@cache
def lens_of(name: str) -> str:
    """A lens for a family that may have one, of maps that nobody fitted; a folder that is not there for the others."""
    folder = Path(tempfile.mkdtemp()) / "lens"
    if shape_of(name) not in ("causal", "masked"):
        return str(folder)
    model = family(name)
    layers, width = len(model.blocks[""]), model.module.config.get_text_config().hidden_size
    card = {"model": name, "fingerprint": ""}
    drawn = torch.randn(layers, width, width + 1, generator=torch.Generator().manual_seed(0)) / 10
    lens = pellucid.TunedLens(drawn[..., :-1].clone(), drawn[..., -1].clone(), card)
    return str(lens.save(folder))


def options_of(by: str, kind: Any = "method") -> dict[str, Any]:
    known = find(kind, by).options
    return {name: value for name, value in QUICK.items() if name in known and known[name].default is not None}


def explained(by: str, name: str, **given: Any) -> Explanation:
    """One explanation, made from nothing and with no warning."""
    model = family(name)
    model.memo.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asked = {"text": question(name).text} | options_of(by) | given
        return pellucid.explain(model, by=by, **(needed(by, name, asked["text"]) | asked))


def finite(array: xr.DataArray) -> bool:
    """Every number is one; NaN only where a feature would meet itself, or there is no edge. Names are none."""
    if array.dtype.kind in "UO":
        return True
    if "dest" in array.dims:
        return bool(np.isfinite(array).any())
    alone = np.eye(array.sizes["input"], dtype=bool) if "input_b" in array.dims else np.False_
    return bool((np.isfinite(array.to_numpy()) | alone).all())


def check(why: Explanation, by: str, name: str, tmp_path: Path, **given: Any) -> None:
    assert set(why.data.dims) <= DIMS
    assert why.method == by
    assert why.provenance.fingerprint == family(name).fingerprint
    sizes = why.data.sizes
    assert all(sizes[dim] == len(why.text.features) for dim in ("input", "input_b") if dim in sizes)
    assert sizes.get("output", 1) in (1, len(why.target.ids))
    if "attribution" in why.data:
        assert why.data["attribution"].dims in (("output", "input"), ("input",))
    for array in why.data.values():
        assert finite(array), array.name
    assert explained(by, name, **given).data.identical(why.data)
    assert str(why).strip()
    for suffix in (".json", ".safetensors"):
        read = pellucid.read(pellucid.save(why, tmp_path / f"why{suffix}"))
        assert read.data.identical(why.data)
        assert (read.text, read.target, read.method) == (why.text, why.target, why.method)


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("by", METHODS)
def test_each_method_on_each_shape(
    by: str, name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = {"unit": "word", "target": question(name).one}
    if is_refused(by, name, **given):
        return
    why = explained(by, name, **given)
    assert capfd.readouterr().err == ""
    check(why, by, name, tmp_path, **given)
    assert (why.primary.fillna(0) != 0).any() or by in SPARSE


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("by", METHODS)
def test_several_tokens_against_another_answer(by: str, name: str) -> None:
    q = question(name)
    text = q.text_of_several or q.text
    target, against = (q.several, q.longer) if q.several else (q.one, q.other)
    if is_refused(by, name, text=text, target=target):
        return
    several = explained(by, name, text=text, target=target)
    assert finite(several.primary)
    if by in ONE_PASS and not family(name).head.closed:
        with pytest.raises(TargetImpossible, match="that differ in their last token alone"):
            explained(by, name, text=text, target=target, against=against)
        return
    contrast = explained(by, name, text=text, target=target, against=against)
    assert finite(contrast.primary)
    assert contrast.primary.sizes.get("output", 1) == 1


@pytest.mark.parametrize("name", ["gpt2", "roberta-masked", "t5"])
@pytest.mark.parametrize("by", METHODS)
def test_a_span_of_the_answer(by: str, name: str) -> None:
    q = question(name)
    asked = {"text": q.text_of_several or q.text, "target": q.several, "unit": "word"}
    if is_refused(by, name, **asked):
        return
    if by in ("logit_lens", "tuned_lens", "patchscope") and name == "gpt2":  # of the text's positions alone
        with pytest.raises(TargetImpossible, match="is said behind them"):
            explained(by, name, **asked, span=q.several.split()[-1])
        return
    why = explained(by, name, **asked, span=q.several.split()[-1])
    assert finite(why.primary)
    assert why.primary.sizes.get("output", 1) in (1, len(why.target.outputs))
    assert len(why.target.outputs) < len(why.target.ids)
    assert str(why).splitlines()[0].startswith(f"Why “{q.several.split()[-1]}” in “")


@pytest.mark.parametrize("name", ["gpt2", "bert-label"])
@pytest.mark.parametrize("scale", REFUSE)
@pytest.mark.parametrize("by", METHODS)
def test_all_that_could_be_said(by: str, scale: str, name: str) -> None:
    asked = {"unit": "word", "target": question(name).one, "scale": scale}
    if by in REFUSE[scale]:
        with pytest.raises(TargetImpossible, match="Use "):
            explained(by, name, **asked)
    elif not is_refused(by, name, **asked):
        why = explained(by, name, **asked)
        assert finite(why.primary)
        assert (why.primary.fillna(0) != 0).any()


@pytest.mark.parametrize("by", SEEDED)
def test_a_seed_is_a_seed(by: str) -> None:
    """The same gives the same, to the last digit; another gives an explanation of the same form."""
    one, same, other = (explained(by, "gpt2", target=" the", seed=s).data for s in (1, 1, 2))
    assert one.identical(same)
    assert one.sizes == other.sizes


@pytest.mark.parametrize("metric", names("metric"))
@pytest.mark.parametrize("name", SOME)
def test_each_metric_on_each_shape(metric: str, name: str) -> None:
    why = explained("leave_one_out", name, unit="word")
    options = options_of(metric, "metric")
    if "rationale" in find("metric", metric).options:
        options["rationale"] = [(why.text.features[0].start, why.text.features[0].end)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (score,) = pellucid.evaluate(why, family(name), by=metric, **options)
    low, high = score.bounds
    assert low <= score.value <= high or (np.isnan(score.value) and score.reason)


@pytest.mark.full
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("by", METHODS)
@pytest.mark.parametrize("unit", ["token", "word", "sentence"])
@pytest.mark.parametrize("kind", ["own", "one", "several", "contrast", "entropy", "kl"])
def test_the_whole_product(by: str, name: str, unit: str, kind: str, tmp_path: Path) -> None:
    if is_refused(by, name):
        return
    q = question(name)
    several = q.several or q.one
    given: dict[str, Any] = {
        "own": {},
        "one": {"target": q.one, "scale": "prob"},
        "several": {"target": several, "text": q.text_of_several or q.text, "scale": "logodds"},
        "contrast": {"target": q.one, "against": q.other, "scale": "logit"},
        "entropy": {"target": several, "text": q.text_of_several or q.text, "scale": "entropy"},
        "kl": {"target": q.one, "scale": "kl"},
    }[kind] | {"unit": unit}
    if by in REFUSE.get(kind, ()) or (kind == "kl" and shape_of(name) == "question"):
        with pytest.raises(TargetImpossible, match="Use "):
            explained(by, name, **given)
        return
    if kind == "entropy" and not family(name).head.closed:
        given["span"] = several.split()[-1]
    if unit == "sentence":  # two of them: methods of pairs refuse a text of one feature
        given["text"] = longer(given.get("text", q.text))
    for ablate in _ablations(by, name):
        asked = given | ablate
        check(explained(by, name, **asked), by, name, tmp_path, **asked)


def longer(text: str | Text) -> str | Text:
    """The text with a sentence more in front of it."""
    if isinstance(text, str) or text.seam is None:
        return f"It is true. {text}"
    first, second = (text.string[start:end] for start, end in text.parts)
    return Text.pair(f"It is true. {first}", second)


def _ablations(by: str, name: str) -> list[dict[str, str]]:
    if "ablate" not in find("method", by).options:
        return [{}]
    return [{"ablate": ablate} for ablate in ablations(name)]


def test_every_shape_is_met() -> None:
    assert {shape_of(name) for name in SOME} == {shape_of(name) for name in ALL}
