"""Unchanged Hugging Face transformers models: what they say, score, and why."""
