"""Attribution: which part of the input mattered."""
