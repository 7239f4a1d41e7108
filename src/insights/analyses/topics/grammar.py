"""A little grammar of English and Chinese: which runs of words can stand as a title."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from insights.enrich.words import is_han, stem, stop_words

__all__ = ["DROPPED", "NEGATIONS", "complete", "content", "shape", "word_stem"]

# left out of a title, as a headline does: articles, possessives, degree
DROPPED = frozenset(
    "a an the my our your his her their its this that these those some any very really so just too "
    "also still already again even quite please pls".split()
)
NEGATIONS = frozenset({"not"})
_NEGATIVE = frozenset(
    "not no cannot can't cant won't wont don't dont doesn't doesnt didn't didnt isn't isnt wasn't "
    "wasnt aren't hasn't hasnt haven't havent couldn't wouldn't never unable without nobody "
    "不 没 没有 无 无法 不能 不会 不是 不了 未 别 没法 不到".split()
)
# stop words that may be part of what a title says
_TELLING = frozenset(
    "time times hours hour minutes long late last next first second twice back up bad poor worst "
    "lost out off better worse great good best excellent terrible awful happy help use using ask "
    "try look give keep call money wrong fire bill system cry serious "
    "好 不错 差 快 慢 高 低 大 小 多 少 新 旧 贵 便宜 满意 很好 推荐 喜欢 值得 给力 完美 时间 没有 "
    "不能 不会 无 没 不 东西 问题 会员 买 开始 "
    .split()
)
# words after which a title still waits for something
_OPEN = frozenset(
    "good great best bad better worse excellent terrible awful happy last next first second very "
    "need needs needed try look take make give keep find use using ask new whole entire different "
    "same many several own other such more most much "
    "没有 不能 不会 无 没 不 无法 未 别 没法 想 要 可以 能 会 有 去 在 给 把 被 让 到 用 买 多 少 是 说 开始".split()
)
# words that may not come first
_LATE = frozenset(
    "back up out off times twice ago later long time hours hour minutes "
    "好 很好 不错 挺好 喜欢 值得 差 快 慢 高 低 多 少 贵 满意 推荐 到 了 过 给力 起来 下来 出来 不了 不到 来 去 买".split()
)
_ASKING = frozenset("what where when how why which if because as while than".split())
_WORDY = frozenset("be been being will would should could do does did is are was were have has had".split())
_POINTING = frozenset("我 我们 你 你们 您 他 她 它 他们 这 那 这个 那个 这款 这次 款 个 次 件 自己 就 也 都 还 又 再".split())
_PERSONS = frozenset("i you we he she they it me us him them who i'm i've i'll".split())


@cache
def content(word: str) -> bool:
    """Whether the word says something by itself, or negates."""
    if word in _NEGATIVE or word in _TELLING:
        return True
    if not is_han(word) and len(word) < 2:
        return False
    bare = word.replace("'", "")
    return word not in stop_words() and bare not in stop_words() and word not in DROPPED


@cache
def word_stem(word: str) -> str:
    """Return what forms of one word share; negations are one word."""
    return "not" if word in _NEGATIVE else word if is_han(word) else stem(word)


def complete(words: Sequence[str], i: int, j: int) -> bool:
    """Whether `words[i:j]` can stand alone: it waits for nothing before or after."""
    first, last = words[i], words[j - 1]
    if last in _OPEN or last in _NEGATIVE or first in _LATE:
        return False
    told = [word for word in words[i:j] if content(word) and word not in _NEGATIVE]
    if all(word in _TELLING for word in told):
        return False
    kept = [word for word in words[i:j] if word not in DROPPED]
    if is_han(first):
        return 2 <= sum(map(len, kept)) <= 10
    return len(kept) <= 6


def shape(words: Sequence[str]) -> float:
    """Weight of a wording by how much it reads like a title, about 1."""
    weight = 1.0
    if is_han(words[0]):
        length = sum(map(len, words))
        weight *= 0.7 if length < 3 else 1.0 if length <= 6 else 0.8
        weight *= 0.5 ** sum(word in _POINTING for word in words)
    else:
        weight *= {1: 0.8, 5: 0.85, 6: 0.7}.get(len(words), 1.0)
        weight *= 0.4 ** sum(word in _PERSONS for word in words)
        weight *= 0.6 ** sum(word in _ASKING for word in words)
        weight *= 0.8 ** sum(word in _WORDY for word in words)
        if words[-1].endswith("ly"):
            weight *= 0.6
    if words[0] in _NEGATIVE:
        weight *= 1.1
    return weight
