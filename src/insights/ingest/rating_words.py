"""Ratings written as words or signs, in English and Chinese, as shares of a scale."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

__all__ = ["WordScale", "word_scale"]

# places on a scale from -2 to 2; where no word of either end is used, -1 and 1 are the ends
_SCALES: dict[str, dict[float, str]] = {
    "polarity": {
        -2: "very negative|extremely negative|strongly negative|非常消极|非常负面",
        -1: "negative|neg|消极|负面|负向|负",
        0: "neutral|neu|mixed|中性|中立|中",
        1: "positive|pos|积极|正面|正向|正",
        2: "very positive|extremely positive|strongly positive|非常积极|非常正面",
    },
    "satisfaction": {
        -2: "very dissatisfied|very unsatisfied|extremely dissatisfied|completely dissatisfied"
        "|highly dissatisfied|非常不满意|很不满意|十分不满意|极不满意|非常不满",
        -1: "dissatisfied|unsatisfied|not satisfied|somewhat dissatisfied|slightly dissatisfied"
        "|rather dissatisfied|unhappy|不满意|不太满意|比较不满意|较不满意|不满",
        0: "neutral|neither|neither satisfied nor dissatisfied|indifferent|一般|普通|尚可|中立"
        "|中等",
        1: "satisfied|somewhat satisfied|slightly satisfied|fairly satisfied|rather satisfied|happy"
        "|满意|比较满意|较满意|基本满意",
        2: "very satisfied|extremely satisfied|completely satisfied|highly satisfied|very happy"
        "|非常满意|很满意|十分满意|极其满意",
    },
    "review": {-1: "差评", 0: "中评", 1: "好评"},
    "recommendation": {
        -1: "not recommended|not recommend|would not recommend|do not recommend|detractor"
        "|detractors|不推荐|贬损者|批评者",
        0: "passive|passives|maybe|不确定|被动者|中立者",
        1: "recommended|recommend|would recommend|promoter|promoters|推荐|推荐者",
    },
    "thumbs": {
        -1: "👎|thumbs down|thumb down|thumbs-down|dislike|disliked|踩|不喜欢",
        1: "👍|thumbs up|thumb up|thumbs-up|like|liked|赞|点赞|喜欢",
    },
    "faces": {
        -2: "😡|😠|😭|😢",
        -1: "🙁|☹|😞|😟|😕",
        0: "😐|😶",
        1: "🙂|😊|☺",
        2: "😀|😃|😄|😍|😁",
    },
    "quality": {
        -2: "very bad|very poor|terrible|awful|horrible|worst|很差|非常差|极差|太差",
        -1: "bad|poor|not good|below average|差|较差|不好|不佳|坏",
        0: "ok|okay|average|fair|so-so|so so|medium|neutral|一般|中等|还行|还可以|普通",
        1: "good|great|nice|above average|好|较好|不错|良好|良",
        2: "very good|excellent|outstanding|perfect|amazing|awesome|best|很好|非常好|优秀|极好|优",
    },
    "numbers": {-2: "one", -1: "two", 0: "three", 1: "four", 2: "five"},
    "answer": {-1: "no|n|false|否|不会|不", 1: "yes|y|true|是|会"},
}
_PLACE = {
    scale: {word: place for place, words in levels.items() for word in words.split("|")}
    for scale, levels in _SCALES.items()
}
_PLAIN = frozenset({"satisfaction", "review", "recommendation", "faces"})  # mean nothing else
_NAMED = re.compile(
    r"rating|rated|\brate\b|score|stars?\b|sentiment|polarity|satisf|opinion|attitude|emotion|mood"
    r"|feeling|experience|recommend|nps|csat|thumb|reaction|feedback|review|verdict|evaluat|happy"
    r"|评分|评价|评级|星级|打分|情感|情绪|满意|态度|倾向|推荐|感受|好评",
)
_ASKED = re.compile(r"recommend|推荐")
_ANOTHER = re.compile(
    r"status|state\b|condition|health|credit|result|test\b|blood|balance|weather|stock|risk|grade"
    r"|状态|状况|结果|检测|库存|天气|风险|信用"
)
_UNANSWERED = re.compile(
    r"|(un)?offered|n/a|na|nan|none|null|(not |un)rated|no (rating|answer)|unknown|unsure|not sure"
    r"|don't know|not applicable|-+|未评[价分]?|无|未知|不知道|不清楚"
)
_SHARE = 0.9  # of the cells that must be words of one scale
_STARS = re.compile(r"([★⭐🌟])️?")
_EMPTY = re.compile(r"[☆✩]")
_MOST = 60  # distinct values above which a column is no scale


@dataclass(frozen=True)
class WordScale:
    """What a column's words stand for.

    Attributes
    ----------
    kind
        Name of the scale.
    shares
        Each word as it is written, with its share of the scale, 0 worst to 1 best.
    read
        Share of the answering cells that are words of the scale.
    sure
        Whether the column is a rating, by its name and its words; otherwise it may be.
    why
        The reason, in words.
    """

    kind: str
    shares: dict[str, float]
    read: float
    sure: bool
    why: str


def word_scale(name: str, column: pd.Series) -> WordScale | None:
    """Read a column as a rating in words, or not at all.

    Nine of ten cells that answer must be words of one scale, of two places at least. It is sure to
    be a rating where the name says so, or where the words mean nothing else (very satisfied; 好评;
    positive, neutral and negative together) and the name does not speak of another thing. Yes and
    no count only where the name asks for a recommendation.
    """
    counts = column.dropna().astype(str).str.strip().value_counts()
    counts = counts[[not _UNANSWERED.fullmatch(word.casefold()) for word in counts.index]]
    if counts.empty or len(counts) > _MOST:
        return None
    best = max(
        (_as_stars(counts), *(_as_words(kind, counts) for kind in _PLACE)),
        key=lambda found: found[2],
    )
    kind, places, read = best
    if read < _SHARE or len(set(places.values())) < 2:
        return None
    plain = re.sub(r"[_\-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).lower()
    if kind == "answer" and not _ASKED.search(plain):
        return None
    ends = 2.0 if any(abs(place) > 1 for place in places.values()) else 1.0
    shares = {word: (place + ends) / (2 * ends) for word, place in places.items()}
    three = kind == "polarity" and set(places.values()) >= {-1, 0, 1}
    meant = kind in _PLAIN or kind == "stars" or three
    named = bool(_NAMED.search(plain))
    sure = named or (meant and not _ANOTHER.search(plain))
    why = f"{read:.0%} of its cells are words of one scale ({kind})"
    if named:
        why += ", and its name says so"
    elif sure:
        why += ", which mean nothing else"
    else:
        why += ", but its name does not say that it is a rating"
    ordered = dict(sorted(shares.items(), key=lambda item: (item[1], item[0])))
    return WordScale(kind, ordered, read, sure, why)


def _as_words(kind: str, counts: pd.Series) -> tuple[str, dict[str, float], float]:
    known = _PLACE[kind]
    places = {}
    for word in counts.index:
        plain = re.sub(r"[\ufe0f\U0001f3fb-\U0001f3ff]", "", word).strip(" .!。！").casefold()
        plain = re.sub(r"[\s_]+", " ", plain)
        if plain in known:
            places[word] = float(known[plain])
    return kind, places, float(counts[list(places)].sum() / counts.sum())


def _as_stars(counts: pd.Series) -> tuple[str, dict[str, float], float]:
    """Rows of one to five stars, full ones counted; ☆ are empty ones."""
    places = {}
    for word in counts.index:
        full = len(_STARS.findall(word))
        rest = _EMPTY.sub("", _STARS.sub("", word)).replace("\ufe0f", "").strip()
        total = full + len(_EMPTY.findall(word))
        if not rest and total and full <= 5 and (total == 5 or full == total):
            places[word] = float(full - 3)
    return "stars", places, float(counts[list(places)].sum() / counts.sum())
