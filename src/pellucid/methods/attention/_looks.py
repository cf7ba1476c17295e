"""What a reader of anything made of attention weights must know."""

from __future__ import annotations

__all__ = ["NOTE"]

NOTE = (
    "Attention says where the model looked, not what it used: a look may carry nothing, and other looks can give the "
    "same answer (Jain and Wallace 2019, arXiv:1902.10186). attention_norms weighs what was looked at; for what the "
    "answer hangs on, take an attribution and evaluate it."
)
