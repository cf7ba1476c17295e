"""Every number the training run depends on, in one place, so that the model card can quote it."""

from dataclasses import dataclass

CONTEXT = 256
END_OF_TEXT = "<|endoftext|>"


@dataclass(frozen=True)
class Recipe:
    """One run from random weights to the shipped ones; counted in steps and seeds, never in seconds."""

    # the model
    layers: int = 6
    width: int = 192
    heads: int = 6
    # twice GPT-2's: tied embeddings this narrow are otherwise too short to raise a copied token's logit
    initial_scale: float = 0.04
    # the corpus: shards of fresh documents, read once, in order
    vocabulary: int = 3800
    tokenizer_documents: int = 60_000
    shards: int = 16
    documents_per_shard: int = 20_000
    corpus_seed: int = 2026
    answer_weight: int = 8
    # the run
    steps: int = 2300
    tokens_per_step: int = 3072
    run_seed: int = 11
    # warm-up, plateau, and a cosine to zero from `decay_from` on
    learning_rate: float = 1.2e-3
    warm_up_steps: int = 100
    decay_from: int = 600
    weight_decay: float = 0.05
    gradient_clip: float = 1.0
    # a first reading of documents; then copying, on rows of random tokens half of the time; then documents again
    copying_from: int = 0
    copying_to: int = 0
    copying_random_share: float = 0.5
    random_share: float = 0.06
    # ordinary tokens are trained on at random, at a weight that keeps the expectation: the output layer is costly
    ordinary_share: float = 0.5
