"""How the bundled causal language model is made: tokenizer, corpus, training, evaluation, export."""
