"""Whether a text asks for something, which stands apart from how it sounds."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from insights.enrich.lexicon import clauses

__all__ = ["intent", "intents", "only_asks"]

_LONGEST = 3_000  # characters of a text that are read
_REQUEST = re.compile(
    r"\b(?:please|could you|can you|would (?:be|love|like)|wish|hope|suggest|feature request"
    r"|should (?:add|allow|have|offer)|we need|i need|needs? to)\b"
    r"|希望|建议|能否|可否|能不能|可不可以|最好能|请(?!假|客|求|问)|期待|盼"
)
_QUESTION = re.compile(
    r"^(?:how|what|which|when|where|who|why|is|are|do|does|can)\b|吗|怎么|如何|是否|哪|[?？]$"
)
# asked for, and nothing else said: words of thanks, of coming back or of how good something is
_MORE = re.compile(
    r"\b(?:thank\w*|love(?!\s+to (?:see|have))|great|amazing|awesome|again|back|return|keep)\b"
    r"|谢|满意|喜欢|不错|很好|真好|再来|再次|下次|光临|越来越|合作|一如既往|推荐"
)


def intent(clause: str) -> str:
    """Whether a clause is a 'request', a 'question' or a 'statement', by its words."""
    folded = clause.strip().lower()
    if _REQUEST.search(folded):
        return "request"
    return "question" if _QUESTION.search(folded) else "statement"


def intents(texts: Sequence[str]) -> np.ndarray:
    """What each message asks: 'request' where a clause requests, else 'question' likewise."""
    known = {text: _message(text) for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=object)


def only_asks(text: str) -> bool:
    """Whether every clause asks and none thanks, praises or looks forward to coming again."""
    folded = text[:_LONGEST].lower()
    if _MORE.search(folded) or not (_REQUEST.search(folded) or _QUESTION.search(folded)):
        return False
    return all(
        intent(f"{c.text}{folded[c.end : c.end + 1]}") != "statement" for c in clauses(folded)
    )


def _message(text: str) -> str:
    folded = text[:_LONGEST].lower()
    if not (_REQUEST.search(folded) or re.search(r"[?？]|吗|怎么|如何|是否|哪", folded)):
        return intent(folded)
    found = {intent(f"{c.text}{folded[c.end : c.end + 1]}") for c in clauses(folded)}
    return next((kind for kind in ("request", "question") if kind in found), "statement")
