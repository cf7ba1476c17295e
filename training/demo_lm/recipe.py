"""Every number the training runs depend on, in one place, so that the model card can quote it."""

from dataclasses import dataclass, replace

CONTEXT = 256
END_OF_TEXT = "<|endoftext|>"


@dataclass(frozen=True)
class Recipe:
    """One run; counted in steps and seeds, never in seconds."""

    # the model and its tokenizer, where the run begins with new ones
    layers: int = 6
    width: int = 192
    heads: int = 8
    vocabulary: int = 3800
    tokenizer_documents: int = 60_000
    # the corpus: shards of fresh documents, read in order
    shards: int = 40
    documents_per_shard: int = 20_000
    corpus_seed: int = 2026
    answer_weight: int = 8
    # the run: warm-up, plateau, and a cosine to zero from `decay_from` on
    steps: int = 6500
    tokens_per_step: int = 3072
    run_seed: int = 11
    learning_rate: float = 1.8e-3
    warm_up_steps: int = 100
    decay_from: int = 4000
    weight_decay: float = 0.05
    gradient_clip: float = 1.0
    # a first reading of documents; then copying, on rows of random tokens half of the time; then documents again
    copying_from: int = 1400
    copying_to: int = 2100
    copying_random_share: float = 0.5
    random_share: float = 0.06
    # ordinary tokens are trained on at random, at a weight that keeps the expectation: the output layer is costly
    ordinary_share: float = 0.5


# From new weights. The bundled first weights were made in several sittings; this is the same course in one.
FIRST = Recipe()
# From the first weights, which copy already; the shipped model is its end.
SECOND = replace(
    FIRST, shards=16, steps=2300, learning_rate=1.2e-3, decay_from=600, copying_from=0, copying_to=0
)
RECIPES = {"first": FIRST, "second": SECOND}
