"""Proposals: the tokens that a language model would have put where a feature stands.

At each position of a feature: the likeliest token that is neither the one that stands there nor a special one.
What is proposed for a feature never comes from reading that feature:

* a masked language model reads the text with all tokens of the feature masked, and fills them at once;
* a causal one reads what stands before the feature and continues it greedily, for as many tokens as the
  feature has. Before the first token of a text it reads its start of text.

They depend on the text and its features alone, so that a value function gives one number for each mask.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from pellucid.core.errors import BadOption, NotFinite
from pellucid.core.progress import meter
from pellucid.models.huggingface.batches import padded_batches
from pellucid.models.huggingface.encode import Encoding
from pellucid.models.huggingface.heads.causal import CausalHead
from pellucid.models.huggingface.heads.masked import MaskedHead
from pellucid.models.huggingface.memory import is_out_of_memory
from pellucid.models.huggingface.rows import Row

if TYPE_CHECKING:
    from pellucid.models.huggingface.model import HuggingFaceModel

__all__ = ["Proposer", "proposer_of"]

# Texts whose proposals are remembered.
TEXTS = 256
# Logits of one batch, in numbers: 2**26 float32 are 256 MB.
LOGITS = 2**26


def proposer_of(model: HuggingFaceModel, other: HuggingFaceModel | None) -> Proposer | None:
    """Who proposes tokens to a model: the other model, else it itself, or nobody.

    Raises `BadOption` for another model that is no language model, or that numbers its tokens in another way.
    """
    if other is None:
        return Proposer(model, model.tokenizer) if isinstance(model.head, (CausalHead, MaskedHead)) else None
    if not isinstance(other.head, (CausalHead, MaskedHead)):
        kind = type(other.module).__name__
        raise BadOption(
            f"infill={other.name}: a {kind} proposes no tokens. Give a masked or causal language model."
        )
    ours, theirs = model.tokenizer.get_vocab(), other.tokenizer.get_vocab()
    different = [token for token, number in ours.items() if theirs.get(token) != number]
    if different:
        raise BadOption(
            f"infill={other.name}: its tokens have other ids than those of {model.name}, e.g. {different[0]!r} "
            f"({len(different)} of {len(ours)}). Give a language model with the same tokenizer."
        )
    return Proposer(other, model.tokenizer)


class Proposer:
    """A language model, asked for tokens of ``tokenizer``."""

    def __init__(self, model: HuggingFaceModel, tokenizer: Any) -> None:
        self.model, self._tokenizer = model, tokenizer
        self._known: OrderedDict[tuple, np.ndarray] = OrderedDict()

    def refusal(self, encoding: Encoding) -> str | None:
        """Why nothing can be proposed for this text, if so."""
        model, tokens = self.model, len(encoding.ids)
        if model.context is not None and tokens > model.context:
            return f"{model.name} is to propose its tokens, and reads at most {model.context} of its {tokens}"
        begins = isinstance(model.head, CausalHead) and encoding.feature_of[0] >= 0
        if begins and model.start_id is None:
            return f"nothing stands before its first token, and {model.name} has no token that starts a text"
        return None

    def forget(self) -> None:
        """Propose anew from now on."""
        self._known.clear()

    def __call__(self, encoding: Encoding) -> np.ndarray:
        """The ids of the text with each feature's tokens replaced, int64, shape (position,)."""
        with self.model.session():
            types = b"" if encoding.types is None else encoding.types.tobytes()
            key = (self.model.state, encoding.ids.tobytes(), types, encoding.feature_of.tobytes())
            if key not in self._known:
                filled = isinstance(self.model.head, MaskedHead)
                self._known[key] = self._filled(encoding) if filled else self._continued(encoding)
            self._known.move_to_end(key)
            if len(self._known) > TEXTS:
                self._known.popitem(last=False)
            return self._known[key]

    def _filled(self, encoding: Encoding) -> np.ndarray:
        """The proposals of a masked language model."""
        found = encoding.ids.copy()
        mask = self.model.tokenizer.mask_token_id
        places = _places(encoding)
        for tokens in sorted({len(place) for place in places}):
            some = [place for place in places if len(place) == tokens]
            rows = []
            for place in some:
                ids = encoding.ids.copy()
                ids[place] = mask
                rows.append(Row(ids, np.ones(len(ids), bool), encoding.types, place))
            originals = np.stack([encoding.ids[place] for place in some])
            for numbers, best in self._best(rows, originals):
                for number, ids in zip(numbers, best, strict=True):
                    found[some[number]] = ids
        return found

    def _continued(self, encoding: Encoding) -> np.ndarray:
        """The proposals of a causal language model, the first token of each feature before the second."""
        found = encoding.ids.copy()
        places = _places(encoding)
        self._first(encoding, np.array([place[0] for place in places]), found)
        for step in range(1, max(map(len, places))):
            some = [place for place in places if len(place) > step]
            rows = []
            for place in some:
                ids = encoding.ids.copy()
                ids[place[:step]] = found[place[:step]]
                rows.append(_plain(ids[: place[step]]))
            originals = np.array([[encoding.ids[place[step]]] for place in some])
            for numbers, best in self._best(rows, originals):
                for number, ids in zip(numbers, best, strict=True):
                    found[some[number][step]] = ids[0]
        return found

    def _first(self, encoding: Encoding, firsts: np.ndarray, found: np.ndarray) -> None:
        """Put the proposals for these positions, each read off the text before it, into ``found``.

        One pass reads them all, or one for each `LOGITS` numbers of logits.
        """
        head, ids = self.model.head, encoding.ids
        if 0 in firsts:
            for _, best in self._best([_plain(np.array([self.model.start_id]))], ids[:1][None]):
                found[0] = best[0, 0]
        size = max(1, LOGITS // self.model.vocabulary)
        for start in range(1, len(ids), size):
            stop = min(start + size, len(ids))
            if not ((start <= firsts) & (firsts < stop)).any():
                continue
            behind = tuple(ids[start:stop].tolist())
            inputs = head.inputs([_plain(ids[:start])], behind)
            best = self._chosen(self._logits(inputs, behind), ids[None, start:stop])[0]
            meter().spend(forwards=1, tokens=stop - 1)
            chosen = firsts[(start <= firsts) & (firsts < stop)]
            found[chosen] = best[chosen - start]

    def _best(self, rows: Sequence[Row], originals: np.ndarray) -> Iterator[tuple[list[int], np.ndarray]]:
        """Batch by batch the numbers of the rows and the ids proposed for them, shape (row, T)."""
        model, tokens = self.model, originals.shape[1]
        waiting = list(range(len(rows)))
        most = max(1, LOGITS // (tokens * model.vocabulary))
        while waiting:
            lengths = [len(rows[i]) for i in waiting]
            budget = min(model.batch_tokens, most * max(lengths))
            numbers = [waiting[i] for i in padded_batches(lengths, budget, model.head.together)[0].rows]
            some = [rows[i] for i in numbers]
            blank = (0,) * tokens
            try:
                best = self._chosen(self._logits(model.head.inputs(some, blank), blank), originals[numbers])
            except (torch.OutOfMemoryError, RuntimeError) as error:
                if not is_out_of_memory(error) or len(numbers) == 1:
                    raise
                most = len(numbers) // 2
                continue
            waiting = [i for i in waiting if i not in set(numbers)]
            meter().spend(forwards=len(some), tokens=sum(map(len, some)))
            yield numbers, best

    @torch.no_grad()
    def _logits(self, inputs: dict[str, Tensor], answer: tuple[int, ...]) -> Tensor:
        return self.model.head.logits(inputs, answer).float()

    def _chosen(self, logits: Tensor, originals: np.ndarray) -> np.ndarray:
        """The likeliest ids that may be proposed, shape (row, T), of logits of shape (row, T, vocabulary)."""
        if torch.isnan(logits).any():
            raise NotFinite(self.model.name, self.model.dtype)
        forbidden = torch.ones(logits.shape[-1], dtype=torch.bool, device=logits.device)
        forbidden[torch.tensor(self._allowed(logits.shape[-1]), device=logits.device)] = False
        own = torch.from_numpy(originals).to(logits.device)
        logits = logits.masked_fill(forbidden, -torch.inf).scatter(-1, own[..., None], -torch.inf)
        return logits.argmax(-1).cpu().numpy()

    def _allowed(self, vocabulary: int) -> list[int]:
        """The ids of tokens that stand for text in both models."""
        special = {*self._tokenizer.all_special_ids, *self.model.tokenizer.all_special_ids}
        return sorted(i for i in set(self._tokenizer.get_vocab().values()) - special if i < vocabulary)


def _places(encoding: Encoding) -> list[np.ndarray]:
    """The positions of each feature, in order of the features."""
    return [np.flatnonzero(encoding.feature_of == f) for f in range(encoding.features)]


def _plain(ids: np.ndarray) -> Row:
    return Row(ids, np.ones(len(ids), bool), None, np.empty(0, np.int64))
