"""Floor 4: benchmarks whose right answer is known: planted shortcuts, verified rationales, exact Shapley values."""
