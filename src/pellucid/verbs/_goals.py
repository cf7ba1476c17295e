"""What people want to know, and for each goal the methods that say something about it, with what they cannot do."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GOALS", "Advice", "Goal"]


@dataclass(frozen=True)
class Advice:
    """One method for a goal. ``plain``: it gives one number a part of the text, which anybody can read."""

    name: str
    why: str
    cannot: str
    plain: bool = True


@dataclass(frozen=True)
class Goal:
    """A question and the methods for it, best first; ``by_score`` orders them by what they scored here instead."""

    question: str
    advice: tuple[Advice, ...]
    by_score: bool = False
    notes: tuple[str, ...] = ()


_HOLES = "A text with holes is one the model rarely saw."
_ATTENTION = Advice(
    "attention_rollout",
    "one forward, and often shown",
    "It says where the model looked, not what it used, and is the same for every answer: no explanation by itself.",
)
_LEAVE_ONE_OUT = Advice(
    "leave_one_out",
    "exact and easy to say: what the answer loses without this word alone",
    f"Of two words that say the same, neither gets credit. {_HOLES}",
)
_INTEGRATED = Advice(
    "integrated_gradients",
    "gradients from a baseline to the text; its credits add up, and it says by how much they do not",
    "It depends on the baseline, and needs gradients.",
)
_SHAPLEY = Advice(
    "shapley_sampling",
    "SHAP by random orders: every word's mean gain, with standard errors",
    f"It takes many forwards, and says nothing of pairs. {_HOLES}",
)
_PATCHING = Advice(
    "activation_patching",
    "exact runs with states of another text put in: what the answer follows is a cause there",
    "It needs a second text of the same form, shows what suffices in this pair alone, and is slow.",
    plain=False,
)
_KNOWN_IS_NOT_USED = "What can be read out of a layer need not be used by the model."

GOALS = {
    "words": Goal(
        "Which words decided this answer?",
        (
            Advice(
                "lrp",
                "relevance handed back through the model in one backward",
                "It follows what moved, not why attention moved it. Patented: free for personal and scientific use.",
            ),
            Advice(
                "attn_lrp",
                "the same with a rule for attention itself",
                "What is lost in softmax and norms is reported, not shared out. Patented as lrp is.",
            ),
            _INTEGRATED,
            _LEAVE_ONE_OUT,
            _SHAPLEY,
            Advice(
                "kernel_shap",
                "SHAP by a weighted regression over random subsets",
                f"Few samples leave noise: look at its standard errors. {_HOLES}",
            ),
            Advice(
                "partition_shap",
                "SHAP for groups of neighbours first, then inside them",
                f"It credits through a tree of neighbours, so words far apart that act together are split. {_HOLES}",
            ),
            Advice(
                "lime",
                "a linear model fitted around the text, with standard errors of the sampling",
                f"It does not say how well a line fits there; where it fits badly, its weights mean little. {_HOLES}",
            ),
            Advice(
                "saliency",
                "one backward: where the answer is most sensitive",
                "It has no sign, and a word the answer hangs on can have a flat gradient.",
            ),
            _ATTENTION,
        ),
        by_score=True,
    ),
    "trust": Goal(
        "Can an explanation of a short text be trusted?",
        (
            _LEAVE_ONE_OUT,
            _SHAPLEY,
            Advice(
                "shapley_interactions",
                "whether two words stand in for each other, or need each other",
                "Pairs only, and many forwards.",
                plain=False,
            ),
        ),
        notes=(
            "In a text of few words random rankings often do as well: evaluate then says not clearly better than "
            "chance, which is no proof that the explanation is wrong.",
        ),
    ),
    "documents": Goal(
        "Which parts of a long text, or which documents, does the answer come from?",
        (
            Advice(
                "context_cite",
                "a sparse linear model of which parts are needed, in a few dozen forwards however many parts there are",
                "It misses parts that only act together.",
            ),
            Advice(
                "hierarchical_shapley",
                "starts with large parts and looks closer only where there is credit",
                "A part whose halves cancel is not opened.",
            ),
            Advice(
                "leave_one_out",
                "one forward a document (unit segment): the plainest answer",
                "A fact that stands in two documents gets no credit in either.",
            ),
            Advice(
                "lrp",
                "as many passes for a long text as for a short one",
                "Credits of thousands of tokens are small and many: sum them by sentence. Patented: see methods.",
            ),
        ),
    ),
    "inside": Goal(
        "Which layer or head does it?",
        (
            Advice(
                "direct_logit_attribution",
                "what each layer and head writes for the answer; adds up to the logit",
                "It sees what is written to the output directly, and not what a head does for a later one.",
                plain=False,
            ),
            Advice(
                "head_importance",
                "every head at once, from one backward",
                "It is first order: a head that others stand in for looks unimportant.",
                plain=False,
            ),
            _PATCHING,
            Advice(
                "neuron_ablation",
                "neurons of an MLP, removed by exact runs",
                "A neuron is seldom the unit that a model computes in.",
                plain=False,
            ),
        ),
    ),
    "cause": Goal(
        "What causes the answer, not only goes with it?",
        (
            _PATCHING,
            Advice(
                "ablation",
                "what the answer loses without a head, a sublayer or a layer",
                "Others may make good what is removed, and a mean in its place is no state the model was ever in.",
                plain=False,
            ),
            Advice(
                "causal_tracing",
                "which states bring back a fact when its subject is noise",
                "Where a fact is restored is not where an edit works best; it depends on the noise.",
                plain=False,
            ),
            Advice(
                "attribution_patching",
                "all patches at once from one gradient",
                "It is an estimate: check what matters with activation_patching.",
                plain=False,
            ),
            Advice(
                "leave_one_out",
                "the same question of the text: what the answer loses without a word",
                f"It says nothing of the inside. {_HOLES}",
            ),
        ),
    ),
    "circuits": Goal(
        "Which parts of the model work together for this?",
        (
            Advice(
                "circuit",
                "the edges that carry an answer, with how much of it they carry",
                "Found on one pair it is that pair's: find_circuit takes many, and judges it on others.",
                plain=False,
            ),
            Advice(
                "edge_attribution",
                "every edge at once, to first order",
                "An estimate that ranks edges; it does not say how much a set of them carries.",
                plain=False,
            ),
            Advice(
                "path_patching",
                "exact runs of single edges: who speaks to whom",
                "One receiver at a time, and slow.",
                plain=False,
            ),
        ),
    ),
    "knows": Goal(
        "What does a layer know?",
        (
            Advice(
                "logit_lens",
                "each layer's state read as a next word, in one forward",
                f"Early layers do not speak the output's language: silence proves nothing. {_KNOWN_IS_NOT_USED}",
                plain=False,
            ),
            Advice(
                "tuned_lens",
                "the same through a translator learned for each layer",
                f"It has to be trained, and may itself supply what it says. {_KNOWN_IS_NOT_USED}",
                plain=False,
            ),
            Advice(
                "patchscope",
                "the model itself says what a state means, in another prompt",
                f"The prompt colours what it says. {_KNOWN_IS_NOT_USED}",
                plain=False,
            ),
            Advice(
                "ffn_updates",
                "what an MLP adds, as words",
                "Single neurons' words are a list to read, not a measurement.",
                plain=False,
            ),
        ),
        notes=(
            "There are no probes here. A probe would say what can be decoded, and decodable is not used.",
        ),
    ),
}
