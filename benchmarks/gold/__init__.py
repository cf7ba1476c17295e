"""The methods on texts whose deciding words are known: how many of them each finds, and what that costs."""
