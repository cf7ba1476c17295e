"""The tables behind the little world: facts, people and word lists."""
