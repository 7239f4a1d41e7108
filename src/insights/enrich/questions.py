"""A bare answer read with its question: "parking", asked what one disliked, is no praise.

Only answers that say nothing of their own are touched: a few words without polarity, given to a
question that asks for one side. What an engine then reads is the answer in a clause of that side,
so that every engine, taught by ratings or not, hears what the person was asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from insights.enrich.lexicon import lexicon_scores

__all__ = ["asked_side", "read_as_answers"]

_WORDS, _SIGNS = 5, 10  # most words, or Chinese signs, of a bare answer
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_BAD = re.compile(
    r"\b(?:dislike[ds]?|(?:did|do|does)(?: not|n['’]?t) (?:you )?(?:like|enjoy)|like[ds]? least"
    r"|least (?:like|enjoy|satisf)\w*|hate[ds]?|worst|dissatisf\w+|disappoint\w*|frustrat\w+"
    r"|annoy\w*|bother\w*|went wrong|problems?|issues?|complain\w*|improve\w*|do(?:ne)? better"
    r"|weakness\w*|drawbacks?|cons)\b"
    r"|不喜欢|不满|讨厌|最差|糟糕|失望|问题|缺点|不足|改进|改善|抱怨|投诉|烦恼",
    re.I,
)
_GOOD = re.compile(
    r"\b(?:like[ds]?|love[ds]?|enjoy(?:ed|s)?|best|satisf(?:ied|ies|y)|pleased|impress\w*"
    r"|went well|strengths?|advantages?|pros)\b"
    r"|喜欢|满意|最好|优点|优势|欣赏|称赞|做得好",
    re.I,
)
# asks how much, or for reasons either way: it names a side and asks for none
_OPEN = re.compile(
    r"\b(?:how|rate|recommend\w*|likely|whether|or not)\b|如何|怎么样|多大|是否|推荐|程度", re.I
)
_NOTHING = re.compile(r"(?:nothing|none|no|not? (?:a )?thing|没有|无|没什么)(?: at all)?", re.I)
_NO_ANSWER = re.compile(
    r"(?:n/?a|idk|not sure|unsure|no (?:idea|comment|opinion)|(?:i )?(?:don['’]?t|do not) know"
    r"|everything|all(?: of it)?|不知道|不清楚|不确定|说不上|全部|都)(?: .*)?",
    re.I,
)
_STATEMENT = re.compile(
    r"^(?:i|we|you|he|she|they|it|there|this|that)\b|\b(?:is|are|was|were|am|has|have|had|will)\b"
    r"|我|你|他|是|有",
    re.I,
)
_CLAUSE = {  # (side, whether Chinese): what an engine reads
    (-1, False): "I dislike this: {}",
    (1, False): "The best: {}",
    (-1, True): "不满意{}",
    (1, True): "最满意{}",
}
_DENIED = {  # the same where the answer is "nothing"
    (-1, False): "No complaints",
    (1, False): "I dislike it",
    (-1, True): "没有不满意的",
    (1, True): "不满意",
}


def asked_side(question: str) -> int:
    """Return -1 where a question asks for what is bad only, 1 for what is good only, else 0."""
    if _OPEN.search(question):
        return 0
    bad = _BAD.search(question) is not None
    good = _GOOD.search(_BAD.sub(" ", question)) is not None
    return int(good) - int(bad)


def read_as_answers(texts: Sequence[str], questions: Sequence[str]) -> list[str]:
    """Return the texts as an engine is to read them; n of both, '' where no question is known.

    "Nothing" denies what was asked for. Texts that are longer, state something or have polarity of
    their own stay as they are.
    """
    sides = {question: asked_side(question) if question else 0 for question in set(questions)}
    read = list(texts)
    short = [k for k, text in enumerate(texts) if sides[questions[k]] and _bare(text)]
    alone = lexicon_scores([texts[k] for k in short]).tolist() if short else []
    for k, score in zip(short, alone, strict=True):
        answer, side = texts[k].strip().rstrip(".!。！"), sides[questions[k]]
        han = _HAN.search(answer) is not None
        if _NOTHING.fullmatch(answer):
            read[k] = _DENIED[side, han]
        elif score == 0:
            read[k] = _CLAUSE[side, han].format(answer)
    return read


def _bare(text: str) -> bool:
    """Whether a text is a few words that name something and state nothing."""
    answer = text.strip().rstrip(".!。！")
    signs = len(_HAN.findall(answer))
    few = signs <= _SIGNS if signs else len(answer.split()) <= _WORDS
    if not answer or not few or not any(sign.isalpha() for sign in answer):
        return False
    if _NOTHING.fullmatch(answer):
        return True
    return not (_NO_ANSWER.fullmatch(answer) or _STATEMENT.search(answer))
