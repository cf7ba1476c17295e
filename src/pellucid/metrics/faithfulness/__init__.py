"""Faithfulness: does the explanation say what the model really uses."""
