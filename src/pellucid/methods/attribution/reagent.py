"""ReAGent: what a generative model's answer hangs on, learned from random sets of replaced features."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.special import expit

from pellucid.core.errors import AblationImpossible, BadOption
from pellucid.core.protocols import Ablation, GreyBox, ValueFunction
from pellucid.core.registry import method
from pellucid.core.target import Target
from pellucid.core.text import Text
from pellucid.methods.attribution._coalitions import affordable
from pellucid.methods.attribution._estimate import dataset, mean_of
from pellucid.methods.attribution._stopping import check_until, drawn

__all__ = ["reagent", "sets", "updates"]

FEWEST = 8  # sets, for their spread to tell their error


@method(cost="samples forwards, and one; proposals for infill", paper="Zhao and Shan 2024, arXiv:2402.00794")
def reagent(
    model: GreyBox,
    text: Text,
    target: Target,
    *,
    samples: int = 256,
    ratio: float = 0.3,
    budget: int | None = None,
    until: int | None = None,
    seed: int = 0,
    ablate: Ablation | None = None,
) -> xr.Dataset:
    """Replace a random set of features by likely others, again and again, and shift importance to where it hurts.

    For a random set R of r features, ``delta = p(answer | text) - p(answer | text with R replaced)``, between -1
    and 1. A fall speaks for what was replaced, and as much against what was not, so that in logit space

    ``s_i <- s_i + logit((1 + delta) / 2)`` for i in R, ``s_i <- s_i - logit((1 + delta) / 2)`` for the others,

    and the importance of the n features is ``softmax(s)``. The softmax does not see what all features share, so
    each update is given without its mean: ``2 logit((1 + delta) / 2) (1[i in R] - r / n)``. The credit of i is
    the mean update over the sets; ``softmax(samples x credit)`` is the paper's importance. In expectation it is
    ``2 r/n (1 - r/n)`` times by how much more, in logits, the sets with i take away than the sets without it. The
    credits add up to 0; what never matters has a little less than 0.

    The paper starts from random scores and stops when the answer stays among the top words of the model with
    only the most important features left; here scores start at 0, and ``until`` stops when the top lies apart.
    Every token of an answer has a probability of its own; against another answer, it is that of the answer if
    only these two were possible. Features are replaced by ``ablate="infill"`` where there are proposals.

    Returns ``attribution``, ``standard_error``, ``lower`` and ``upper``, dims (output, input), signed, in
    log-odds a set: positive where replacing the feature takes the answer away.

    :param samples: how many random sets, at least 8.
    :param ratio: the share of the features that a set replaces, between 0 and 1; at least one, never all.
    :param budget: the most forwards; fewer sets are drawn if they would take more.
    :param until: stop before that when the top features, this many, lie apart from the rest.
    :param seed: of the sets; the same seed gives the same numbers.
    :param ablate: how a feature is removed; by default infill, or where nothing is proposed as the model prefers.
    """
    if not 0 < ratio < 1:
        raise BadOption(f"ratio={ratio}: a share of the features between 0 and 1.")
    if len(text.features) < 2:
        raise BadOption("Features are weighed against each other, and the text has one. Give a finer unit.")
    check_until(until, len(text.features))
    count = affordable(samples, budget, FEWEST, fixed=1, noun="sets")
    target.check_answer("reagent")
    value, why = _replacing(model, text, target.on("logprob"), ablate)
    replaced = sets(value.features, count, ratio, seed)
    probability = expit if target.against_ids else np.exp
    whole = probability(value(np.ones((1, value.features), bool)))

    def gather(start: int, stop: int) -> np.ndarray:
        some = replaced[start:stop]
        return updates(whole - probability(value(~some)), some)

    found, notes = drawn(gather, mean_of, count, until, "sets")
    return dataset(found, "logodds", {"ablate": value.ablate}, why + notes)


def sets(features: int, count: int, ratio: float, seed: int) -> np.ndarray:
    """Random sets of ``ratio`` of the features, bool, shape (set, input); at least one feature, never all."""
    size = min(max(1, round(ratio * features)), features - 1)
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(features) < size, (count, 1)), axis=1)


def updates(falls: np.ndarray, replaced: np.ndarray) -> np.ndarray:
    """What each set adds to each feature's score, shape (set, output, input), of falls of shape (set, output).

    ``logit((1 + delta) / 2)`` is 2 artanh delta. A fall of 1 or -1 would be infinite; it is held off by a step.
    """
    edge = 1 - np.finfo(np.float64).eps
    shift = 2 * np.arctanh(np.clip(falls, -edge, edge))
    sides = 2 * (replaced - replaced.mean(1, keepdims=True))
    return shift[:, :, None] * sides[:, None, :]


def _replacing(
    model: GreyBox, text: Text, target: Target, ablate: Ablation | None
) -> tuple[ValueFunction, tuple[str, ...]]:
    """The value function, with infill if nothing else is asked for and it can be done; else a note."""
    if ablate is not None:
        return model.value(text, target, ablate), ()
    try:
        return model.value(text, target, "infill"), ()
    except AblationImpossible:
        value = model.value(text, target)
        return value, (f"Nothing proposes tokens here, so features were removed by {value.ablate}.",)
