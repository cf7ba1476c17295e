"""Explanations and scores built by hand: no model is loaded to test a drawing."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from pellucid.core.explanation import Explanation, label
from pellucid.core.provenance import Provenance
from pellucid.core.score import Control, Score
from pellucid.core.target import Target
from pellucid.core.text import Feature, Text

FAMILY = "👨‍👩‍👧"

TEXTS = {
    "plain": "The Eiffel Tower is located in the city of",
    "emoji family": f"a {FAMILY} b",
    "arabic": "في عام 1984 كتب نجيب محفوظ رواية",
    "hebrew": "ירושלים היא עיר 1984 עתיקה",
    "chinese": "东京是日本的首都。",
    "devanagari": "नमस्ते दुनिया",
    "script": "</script><img src=x onerror=alert(1)>",
    "special": "<s> hello </s> [MASK]",
    "entity": "&lt; &amp; &#60;",
    "nul": "a\x00b \x1b[31mred\x1b[0m \x07",
    "blanks": "\n\n\tif x:\n\t\treturn  1\r\n ",
    "hidden": "a\u200bb \u202eevil \ufeff \u00ad x\U000e0041\U000e0042",
    "repeated": "the cat and the dog and the bird",
    "one": "Hi",
    "surrogate": "x \ud800 y",
    "quotes": "\"a\" 'b' <b onmouseover='x'>",
    "markup": "[bold red]not markup[/] :smile: {{ 7*7 }}",
    "long word": "a" * 300,
}

MADE = Provenance(
    model="demo-lm",
    fingerprint="0123456789abcdef",
    by="leave_one_out",
    options={"ablate": "delete"},
    seed=7,
    dtype="float32",
    device="cpu",
    seconds=1.25,
    forwards=10,
    calls=1,
    tokens=1234,
    versions={"pellucid": "0.1.0"},
    notes=("The path did not converge.",),
)


def bytes_as_tokens(string: str) -> list[Feature]:
    """The hardest tokenizer: every byte is a token, so the bytes of a character share its span."""
    return [Feature(i, i + 1) for i, c in enumerate(string) for _ in c.encode("utf-8", "surrogatepass")]


def characters(string: str) -> list[Feature]:
    return [Feature(i, i + 1) for i in range(len(string))]


def words(string: str) -> list[Feature]:
    return list(Text(string).cut("word").features)


def why(
    string: str,
    features: list[Feature] | None = None,
    values: np.ndarray | list[float] | None = None,
    *,
    outputs: tuple[str, ...] = (" Paris",),
    summed: bool = False,
    signed: bool = True,
    error: bool = False,
    attrs: dict | None = None,
) -> Explanation:
    """An explanation of ``string``; without ``values``, numbers between -1 and 1."""
    features = words(string) if features is None else features
    text = Text(string).with_features("token", features)
    shape = (len(features),) if summed else (len(outputs), len(features))
    if values is None:
        values = np.random.default_rng(0).uniform(-1, 1, shape)
    array = np.asarray(values, dtype=float).reshape(shape)
    dims = ("input",) if summed else ("output", "input")
    arrays = {"attribution": (dims, array)}
    if error:
        arrays["standard_error"] = (dims, np.full(shape, 0.05))
    facts = {"primary": "attribution", "signed": signed, "units": "logprob"} | (attrs or {})
    target = Target("".join(outputs), scale="logprob", ids=tuple(range(len(outputs))), outputs=outputs)
    return Explanation(label(xr.Dataset(arrays, attrs=facts), text, target), text, target, MADE)


def array_of(*dims: str, size: int = 3) -> Explanation:
    """An explanation whose primary array has these dims."""
    text = Text("a b c").with_features("token", [Feature(0, 1), Feature(2, 3), Feature(4, 5)])
    values = np.random.default_rng(1).normal(size=[size] * len(dims))
    data = xr.Dataset(
        {"effect": (dims, values)}, attrs={"primary": "effect", "signed": True, "units": "logit"}
    )
    return Explanation(data, text, Target("yes", scale="logit", ids=(1,)), MADE)


def score(metric: str = "comprehensiveness", value: float = 0.91, better: str = "higher", **more) -> Score:
    draws = tuple(np.linspace(0.0, 0.62, 99))
    controls = more.pop("controls", (Control("random rankings", draws),))
    bounds = more.pop("bounds", (-1.0, 1.0))
    return Score(metric, value, better, bounds, MADE, controls, **more)  # type: ignore[arg-type]


def no_score() -> Score:
    return score("plausibility", math.nan, controls=(), reason="there is no rationale to compare with")
