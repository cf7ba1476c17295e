"""What methods and metrics may ask of a model: a ladder of access, each step with all of the one below.

``BlackBox`` writes text; ``GreyBox`` also scores answers when parts of the text are removed; ``WhiteBox``
also opens its insides. ``models/`` implements them; nothing here knows how.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from pellucid.core.opened import Block, Edges, Gradients, Relevance, Trace
from pellucid.core.site import Patch
from pellucid.core.target import Target
from pellucid.core.text import Text, Unit

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from pellucid.core.explanation import Explanation

__all__ = [
    "ABLATIONS",
    "LADDER",
    "Ablation",
    "BlackBox",
    "Block",
    "Edges",
    "Explain",
    "Gradients",
    "GreyBox",
    "Relevance",
    "Trace",
    "ValueFunction",
    "WhiteBox",
    "access_of",
]

Ablation = Literal["delete", "mask", "attention", "mean", "infill", "baseline"]
ABLATIONS: tuple[str, ...] = get_args(Ablation)


class BlackBox(Protocol):
    """Text in, text out. ``continues``: its answer stands behind the text, as part of it."""

    name: str
    fingerprint: str
    continues: bool

    def cut(self, text: str | Text, unit: Unit | None = None) -> Text:
        """The text with its features; ``unit`` None keeps the unit the text has."""
        ...

    def generate(self, texts: Sequence[str], *, max_tokens: int = 64) -> list[str]:
        """The model's own continuation of each text, greedily."""
        ...


class ValueFunction(Protocol):
    """The value of every subset of features: one question that most explanations and metrics ask."""

    ablate: Ablation
    features: int
    outputs: int

    def __call__(self, masks: np.ndarray) -> np.ndarray:
        """Scores of the target with some features removed.

        ``masks``: bool, shape (draw, input), True = kept. Returns float64, shape (draw, output), on the
        target's scale; the outputs add up to the target's number.
        """
        ...

    def total(self, masks: np.ndarray) -> np.ndarray:
        """The target's one number for each mask, shape (draw,)."""
        ...


class GreyBox(BlackBox, Protocol):
    """Also scores: the log-probability of an answer with any features removed."""

    def resolve(self, text: Text, target: Target) -> Target:
        """The target with answer, scale and outputs filled in."""
        ...

    def value(self, text: Text, target: Target, ablate: Ablation | None = None) -> ValueFunction:
        """The value function of a cut text and a resolved target; ``ablate`` None is the model's default."""
        ...


class WhiteBox(GreyBox, Protocol):
    """Also opens: gradients, and whatever passes inside."""

    blocks: Mapping[str, Sequence[Block]]
    """The blocks of each stack, first to last: "" in a model of one stack, "enc" and "dec" in one of two."""

    vocabulary: int
    """How many logits a position has."""

    def token_texts(self, ids: Sequence[int]) -> tuple[str, ...]:
        """Each of some tokens on its own, as text."""
        ...

    def tokens(self, text: Text) -> tuple[str, ...]:
        """The tokens that a cut text is read as, special ones included: what stands at each position."""
        ...

    def answer_positions(self, text: Text, target: Target) -> tuple[int, ...]:
        """The position at which each token of a resolved target's answer is read off, counted as a trace does.

        In a model of two stacks they are the decoder's. Raises `TargetImpossible` where the answer is no token.
        """
        ...

    def owners(self, text: Text) -> np.ndarray:
        """The feature that each position of a cut text belongs to, -1 for none, shape (position,)."""
        ...

    def output_weights(self, layer: int, stack: str = "") -> Tensor:
        """What each number of z adds to what the attention writes, shape (head, head width, width): no bias."""
        ...

    def trace(
        self,
        texts: Text | Sequence[Text],
        target: Target | None = None,
        *,
        read: Sequence[str] = (),
        change: Mapping[str, Callable[[Tensor], Tensor]] | None = None,
        gradients: Sequence[str] = (),
    ) -> Trace:
        """Run cut texts once, and keep what passes at the sites ``read``, and gradients at the sites ``gradients``.

        ``change``: by site, a function of what passes, shape (text, position, ...); the model goes on with what it
        returns. What is changed at a site is what is read there.
        """
        ...

    def sweep(
        self,
        text: Text,
        target: Target,
        patches: Sequence[Patch],
        source: Mapping[str, Tensor],
        base: Mapping[str, Tensor] | None = None,
    ) -> np.ndarray:
        """The target's outputs, float64, shape (patch, output), when numbers from elsewhere are put into a text.

        ``source``: numbers by site, shape (position, ...), as a trace of a text of as many tokens gives them.
        ``base``: numbers that stand at whole sites under every patch, in front of what it puts there. The same as
        one forward a patch, in far fewer.
        """
        ...

    def sweep_states(
        self, text: Text, target: Target, patches: Sequence[Patch], source: Mapping[str, Tensor]
    ) -> Tensor:
        """What leaves the last block under each patch of a sweep, where each token of the answer is said.

        Shape (patch, T, width). Raises `TargetImpossible` where the answer is no token, and of two stacks.
        """
        ...

    def edges(self, clean: Text, corrupt: Text, target: Target, corrupt_target: Target) -> Edges:
        """The edges between the parts of the model, for two texts of as many tokens and the same question of each.

        Raises `UnsupportedModel` where what is written to the residual stream is no sum of what its parts write.
        """
        ...

    def unembed(self, states: Tensor) -> Tensor:
        """Logits, shape (..., vocabulary), of states behind the last block, shape (..., width).

        They have a gradient where the states ask for one.
        """
        ...

    def readout(self, state: Tensor, target: Target) -> tuple[Tensor, float]:
        """How the target's logit reads a last state, shape (width,), with the final norm's scale as it is there.

        Returns a direction, shape (width,), and a constant: ``direction . state + constant`` is the logit of the
        answer's last token, less that of the other answer's, if there is one. So parts of the state add up.
        """
        ...

    def pull(self, site: str, numbers: Tensor, direction: Tensor) -> Tensor:
        """A direction of the residual stream, shape (width,), as one of what stands at z or mlp_act in one position.

        ``numbers``: what stands there. The result has their shape, and ``result . numbers`` is ``direction`` times
        what they add to the stream: a norm behind is held at its scale, and biases are left out.
        """
        ...

    def push(self, site: str, numbers: Tensor, parts: Tensor) -> Tensor:
        """What parts of ``numbers``, shape (part, ...), add to the stream as in `pull`, shape (part, width)."""
        ...

    def gradients(self, text: Text, target: Target, *, layer: int | None = None) -> Gradients:
        """Gradients of a resolved target at the input embeddings of a cut text.

        With ``layer`` they are taken at the residual stream behind that many blocks: 0 is what enters the
        first block, the number of blocks what leaves the last. -1 counts from there.
        """
        ...

    def relevance(
        self, text: Text, target: Target, *, attention: Literal["products", "constant"], epsilon: float = 0.0
    ) -> Relevance:
        """Layer-wise relevance propagation of a resolved target to the input embeddings of a cut text.

        ``attention``: how it shares relevance out. ``products``: between the attention weights and what they
        weigh; ``constant``: the weights get none. ``epsilon``: what steadies the rule of linear layers.
        """
        ...

    def randomized(self, blocks: int, *, seed: int = 0) -> AbstractContextManager[None]:
        """Inside a ``with``, a model whose head and last ``blocks`` blocks have learned nothing; then as it was.

        The entries of each of their weights, norms and biases too, stand in another order, so that their sizes are the
        same. Embeddings stay. 0 blocks are the head alone; of two stacks the decoder's are the last.
        """
        ...

    def noised(self, text: Text, radius: float, *, seed: int = 0) -> AbstractContextManager[None]:
        """Inside a ``with``, a model that embeds the tokens of a cut text's features nearby; then as it was.

        Uniform noise of up to ``radius`` standard deviations of all embeddings is added to each number.
        """
        ...

    def attention_gradients(
        self, text: Text, target: Target, read: Callable[[Tensor, Tensor], Tensor]
    ) -> tuple[np.ndarray, np.ndarray]:
        """What ``read(pattern, gradient)`` makes of each layer's attention to the text, by key.

        It is called with the pattern and the gradient of a resolved target at it, shape (head, query, key)
        each, and returns shape (key,). Returns the sums over the positions of each feature, shape
        (layer, input), and over all other positions, shape (layer,), float64.
        """
        ...


class Explain(Protocol):
    """The question of an explanation asked again: what a metric is given that has a parameter ``explain: Explain``."""

    def __call__(
        self, text: Text | str | None = None, *, by: str | None = None, seed: int | None = None
    ) -> Explanation:
        """The same method with the same options, of the same answer to the same text, but for what is given.

        ``text``: another text, read in the same unit. ``by``: another method, with its own defaults. ``seed``: another
        one, for methods that have it. Raises a `PellucidError` where that cannot be asked.
        """
        ...


# What each step of the ladder adds, lowest first.
_STEPS = {
    "BlackBox": ("cut", "generate"),
    "GreyBox": ("resolve", "value"),
    "WhiteBox": (
        *("gradients", "relevance", "attention_gradients", "answer_positions", "trace", "sweep"),
        *("sweep_states", "edges", "unembed", "readout", "pull", "push", "randomized", "noised"),
    ),
}
LADDER = tuple(_STEPS)


def access_of(model: object) -> str:
    """The highest step of the ladder that ``model`` reaches, or an empty string.

    Only the class is looked at: an ``isinstance`` of a protocol reads every attribute, and a fingerprint is
    a hash of all weights.
    """
    reached = ""
    for step, methods in _STEPS.items():
        if not all(callable(getattr(type(model), name, None)) for name in methods):
            break
        reached = step
    return reached
