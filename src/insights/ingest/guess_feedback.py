"""Which columns of a file of feedback are the text, the time, the scores and the groups."""

from __future__ import annotations

import re
import zoneinfo
from pathlib import Path

import pandas as pd

from insights.errors import listed
from insights.ingest.chosen_rows import is_quoted, speaker
from insights.ingest.dates import format_hint, parse_times
from insights.ingest.draft import Draft, quoted
from insights.ingest.profile import Profile, named
from insights.ingest.rating_words import word_scale
from insights.ingest.reading import stem
from insights.ingest.values import labels
from insights.messages import _, percent, plural

__all__ = ["asks_score", "best", "customer_column", "fill_feedback", "is_score", "offer_dimensions"]

_CHANNELS = {
    "ticket": ("ticket", "support", "case", "helpdesk", "工单"),
    "review": ("review", "rating", "stars", "评论", "评价", "点评", "hotel", "comment"),
    "social": ("tweet", "twitter", "weibo", "微博"),
    "survey": ("survey", "nps", "csat", "response", "form", "问卷", "调查", "remarks"),
    "complaint": ("complaint", "投诉"),
    "chat": ("chat", "conversation", "会话", "聊天"),
    "email": ("email", "mail", "邮件"),
}
_MOST_DIMENSIONS = 6
_RECOMMEND = re.compile(
    r"recommend|\bnps\b|net promoter|empfehl|weiterempf|recommand|recomend|raccomand|aanbevel"
    r"|推荐|推薦|おすすめ",
    re.I,
)
_SATISFIED = re.compile(
    r"satisf|\bcsat\b|zufrieden|satisfait|satisfech|satisfeit|soddisf|tevreden|满意|滿意"
    r"|how (?:would|do) you rate|overall (?:rating|experience)|总体评价|打分|评分",
    re.I,
)
_ASKED = re.compile(
    r"[?？]\s*\)?$|^\s*(?:Q?\d+[.、:：)]|\[?Q\d+)|^(?:what|how|why|which|any|please|was|wie|warum|"
    r"que|qué|was )\b|\b(?:comments?|suggestions?|feedback)\b|请|什么|哪些|如何|建议|意见",
    re.I,
)
_RANGE = re.compile(r"[(\[（]?\s*(-?\d+)\s*(?:-|–|—|to|bis|à|a|至|到|~)\s*(\d+)\s*[)\]）]?")
_NOT_ANSWERS = re.compile(
    r"^(?:name|e-?mail|first name|last name|company|address|url|ip|id|phone|姓名|邮箱|手机|电话)\b",
    re.I,
)


def fill_feedback(
    guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame, file: Path, *, survey: bool
) -> None:
    """Find text or open questions, time, scores, customer, speaker and channel."""
    _texts(guess, columns, survey=survey)
    if "created_at" not in guess.columns:
        _when(guess, columns, frame)
    _one_day(guess, frame)
    _zone(guess)
    _scores(guess, columns, frame)
    _keys(guess, columns)
    _speaker(guess, columns, frame)
    _other_roles(guess, columns)
    _channel(guess, columns, file)
    text = guess.columns.get("text", ("", ""))[0]
    if text in frame and not any(line.startswith("cut_quotes") for line, _r in guess.options):
        seen = frame[text].dropna().astype(str).iloc[:300]
        quotes = int(seen.map(is_quoted).sum())
        if quotes > max(1, len(seen) // 50):
            reason = _(
                "{n} of {rows} texts hold quoted mail or a signature", n=quotes, rows=len(seen)
            )
            guess.options.append(("cut_quotes: true", reason))
    offer_dimensions(guess, columns)


def best(columns, role: str, fits, *, need: float = 0.0, by_length: bool = False):
    """Return the fitting column whose name speaks most for the role, length breaking ties."""
    found = [
        (named(role, p.name) + (min(p.length, 200) / 250 + p.filled / 4 if by_length else 0), p)
        for p in columns.values()
        if p.filled > 0 and fits(p) and named(role, p.name) >= need
    ]
    return max(found, key=lambda item: item[0])[1] if found else None


def customer_column(columns: dict[str, Profile]) -> Profile | None:
    """Find the column that names the customer; its properties are none."""
    return best(
        columns,
        "customer_id",
        lambda p: (
            p.values > 2 and p.length < 45 and p.wordy < 0.5 and not p.is_date and not _property(p)
        ),
        need=0.25,
    )


def _property(p: Profile) -> bool:
    words = (
        r"age|gender|rating|satisf|(?<!ac)count|level|client|timezone|minutes|users$|type|segment|charge"
        r"|tenure|support|since|status|agent|role|级别|等级"
    )
    return bool(re.search(words, p.name.lower())) or (p.name.lower().endswith("name"))


def is_score(p: Profile, low: float, high: float) -> bool:
    """Whether all values are numbers of a scale."""
    return p.numeric > 0.95 and p.filled > 0 and p.low >= low and p.high <= high


def asks_score(p: Profile) -> bool:
    """Whether the header asks for satisfaction or a recommendation, and the values fit one."""
    asked = _RECOMMEND.search(p.wording) or _SATISFIED.search(p.wording)
    return bool(asked) and is_score(p, 0, 10)


def _texts(guess: Draft, columns: dict[str, Profile], *, survey: bool) -> None:
    """Map the text; where people answered several open questions, each is one."""
    if "text" in guess.columns or guess.asked:
        return
    free = [p for p in columns.values() if p.name not in guess.taken]
    texts = [p for p in free if p.is_text and not _NOT_ANSWERS.search(p.wording)]
    if survey:
        texts = [p for p in texts if not _RECOMMEND.search(p.wording) or _ASKED.search(p.wording)]
    asked = [p for p in texts if not _chosen(p)]
    if not survey:
        asked = [p for p in asked if _ASKED.search(p.wording) and len(p.wording) > 15]
    if len(asked) > 1:
        names = ", ".join(quoted(p.name) for p in asked)
        reason = _("open questions: each answer is a piece of feedback, scores count once a person")
        guess.options.append((f"questions: [{names}]", reason))
        return
    text = best({p.name: p for p in texts}, "text", lambda p: True, by_length=True)
    if text is None:
        guess.notes.append(_("no column of words: only scores are read"))
        return
    mean, differ = f"{text.length:.0f}", percent(text.distinct)
    guess.map("text", text.name, _("mean length {mean}, {share} distinct", mean=mean, share=differ))
    if len(text.name.split()) > 2 or text.name.endswith(("?", "？")):
        option = f"set: {{question: {quoted(text.name)}}}"
        guess.options.append((option, _("the only open question")))


def _chosen(p: Profile) -> bool:
    """Whether the answers were chosen from a list."""
    return p.values <= 12 and p.distinct < 0.2 and p.length < 40


def _when(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    """Choose the date on which feedback was given: full columns first, then by name."""
    found = [
        (round(p.filled, 2) >= 0.9, named("created_at", p.name) - 0.3 * _other_date(p), p)
        for p in columns.values()
        if p.is_date and p.name not in guess.taken
    ]
    if not found:
        _unread_dates(guess, columns)
        question = _(
            "created_at: no column holds dates that can be read, and feedback needs the time it "
            "was given. Which column is it?"
        )
        guess.ask(question, "columns: {created_at: …}", stop=True)
        return
    chosen = max(found, key=lambda item: item[:2])[2]
    others = [p.name for _full, _score, p in found if p is not chosen]
    example = str(frame[chosen.name].dropna().iloc[0])
    reason = _("reads as dates, such as {example}", example=example)
    if others:
        reason = _("{reason}; other dates: {others}", reason=reason, others=listed(others, 4))
    guess.map("created_at", chosen.name, reason)
    if chosen.ambiguous:
        question = _("created_at: {doubt}", doubt=chosen.doubt)
        guess.ask(question, "day_first: true" if "day_first" in chosen.doubt else "", stop=True)
    elif _other_date(chosen):
        question = _("is {name} when the feedback was given?", name=repr(chosen.name))
        guess.ask(question, "columns: {created_at: …}", stop=True)
    else:
        for note in parse_times(frame[chosen.name]).notes:
            if note.check != "ambiguous dates":
                continue
            detail = note.detail.split(": ", 1)[-1]
            guess.notes.append(_("dates can in part be read both ways: {detail}", detail=detail))


def _unread_dates(guess: Draft, columns: dict[str, Profile]) -> None:
    """Name columns that are called dates, with a value and the format that would read it."""
    for p in columns.values():
        if p.name in guess.taken or p.is_text or named("created_at", p.name) < 0.2 or not p.filled:
            continue
        form = format_hint(p.example) if re.search(r"\d", p.example) else ""
        if form:
            question = _("is {column}, such as {example}, the date?",
                         column=repr(p.name), example=repr(p.example))  # fmt: skip
            guess.ask(question, f"columns: {{created_at: {quoted(p.name)}}}, dates: '{form}'")


def _one_day(guess: Draft, frame: pd.DataFrame) -> None:
    """Ask where every row has one date, as anonymised exports do."""
    name = guess.columns.get("created_at", ("", ""))[0]
    if name not in frame:
        return
    known = labels(frame[name]).dropna()
    if len(known) > 9 and known.nunique() == 1:
        question = _(
            "created_at: every row says {example}, as anonymised exports do: when was it given?",
            example=str(known.iloc[0]),
        )
        guess.ask(question, "columns: {created_at: …}", stop=True)


def _other_date(p: Profile) -> bool:
    pattern = (
        r"purchase|visit|flown|birth|due|response|resol|clos|updat|sent|购买|入住|出生|reference"
    )
    return bool(re.search(pattern, p.name.lower()))


def _zone(guess: Draft) -> None:
    """Take the time zone that the header of the date states, such as '(UTC)'."""
    header = guess.columns.get("created_at", ("", ""))[0]
    stated = re.search(r"\(([A-Za-z_]+(?:/[A-Za-z_]+)*)\)\s*$", header)
    declared = any(line.startswith("timezone") for line, _reason in guess.options)
    if stated and not declared and stated[1] in zoneinfo.available_timezones():
        guess.options.append((f"timezone: {stated[1]}", _("stated in the header of the date")))


def _scores(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    """Find the likelihood to recommend, and the rating with its scale."""
    free = {p.name: p for p in columns.values() if p.name not in guess.taken and not p.is_date}
    if "nps" not in guess.columns:
        asked = [p for p in free.values() if _RECOMMEND.search(p.wording) and is_score(p, 0, 10)]
        if asked:
            chosen = max(asked, key=lambda p: (p.high > 5, p.filled))
            if chosen.high > 5 or (_scale_said(chosen.wording) or (0, 0))[1] == 10:
                reason = _("asks for a recommendation; numbers from {low} to {high}",
                           low=f"{chosen.low:g}", high=f"{chosen.high:g}")  # fmt: skip
                guess.map("nps", chosen.name, reason)
                free.pop(chosen.name)
    if "rating" in guess.columns:
        _check_scale(guess, columns)
        return
    satisfied = [p for p in free.values() if _SATISFIED.search(p.wording) and is_score(p, 0, 100)]
    stars = best(
        free, "rating",
        lambda p: is_score(p, 0, 100) and 1 <= p.values <= 101
        and not re.search(r"confidence|count|评论数|id$|group", p.name.lower()),
        need=0.3,
    )  # fmt: skip
    found = stars or (max(satisfied, key=lambda p: p.filled) if satisfied else None)
    if found is None:
        _rating_words(guess, columns, frame)
        return
    low, high = found.low, found.high
    guess.map(
        "rating", found.name, _("numbers from {low} to {high}", low=f"{low:g}", high=f"{high:g}")
    )
    said = _scale_said(found.wording)
    scale = said if said and said[0] <= low and said[1] >= high else _scale(found)
    reason = _("values found: {low} to {high}; the larger is taken as better",
               low=f"{low:g}", high=f"{high:g}")  # fmt: skip
    line = f"rating_scale: [{scale[0]:g}, {scale[1]:g}]"
    guess.options.append((line, _("said in the header") if scale == said else reason))
    if scale == said:
        return
    if found.values == 1:
        question = _("rating: every value of {name} is {low}: what is its scale?",
                     name=repr(found.name), low=f"{low:g}")  # fmt: skip
        guess.ask(question, line)
    elif low < 1 and scale[1] > 1:
        question = _("rating: is 0 in {name} a rating, or does it mean 'not given'?",
                     name=repr(found.name))  # fmt: skip
        guess.ask(question, f"rating_scale: [1, {scale[1]:g}]")


def _scale_said(name: str) -> tuple[float, float] | None:
    """Read the scale that a question states, such as '(1-7)'."""
    found = [(float(low), float(high)) for low, high in _RANGE.findall(name)]
    return next(((low, high) for low, high in found if 0 <= low < high <= 100 and low <= 1), None)


def _scale(p: Profile) -> tuple[float, float]:
    low, high = p.low, p.high
    if p.values == 2 and (low, high) == (0, 1):
        return (0, 1)
    for top in (5, 7, 10):
        if high <= top:
            return (0 if low < 1 else 1, top)
    return (0, 100)


def _check_scale(guess: Draft, columns: dict[str, Profile]) -> None:
    """Ask where a declared rating holds numbers outside its declared scale."""
    name = guess.columns["rating"][0]
    p, scale = columns.get(name), guess.source.get("rating_scale")
    if p is None or p.numeric < 0.5 or guess.source.get("values", {}).get("rating"):
        if p is not None and p.numeric < 0.5:
            guess.map("rating", name, _("words: {example} …", example=repr(p.example)))
        return
    if not scale:
        low, high = _scale(p)
        reason = _("values found: {low} to {high}; the larger is taken as better",
                   low=f"{p.low:g}", high=f"{p.high:g}")  # fmt: skip
        guess.options.append((f"rating_scale: [{low:g}, {high:g}]", reason))
    elif p.low < scale[0] or p.high > scale[1]:
        question = _("rating: {name} holds {low} to {high}, outside its usual scale: which is it?",
                     name=repr(name), low=f"{p.low:g}", high=f"{p.high:g}")  # fmt: skip
        low, high = _scale(p)
        guess.ask(question, f"rating_scale: [{low:g}, {high:g}]")


def _rating_words(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    """Take a column of words such as positive, neutral and negative for the rating, or ask."""
    seen = {
        p.name: scale
        for p in columns.values()
        if p.name not in guess.taken and not p.is_date
        and (not p.is_text or named("rating", p.name) > 0)
        and (scale := word_scale(p.name, frame[p.name])) is not None
    }  # fmt: skip
    sure = {name: scale for name, scale in seen.items() if scale.sure}
    if sure:
        asks = {key: bool(_SATISFIED.search(columns[key].wording)) for key in sure}
        name = max(sure, key=lambda key: (named("rating", key), asks[key], sure[key].read))
        scale = sure[name]
        guess.map("rating", name, scale.why)
        words = ", ".join(f"{quoted(w)}: {round(v, 4):g}" for w, v in scale.shares.items())
        guess.options.append(("rating_scale: [0, 1]", _("0 is the worst word, 1 the best")))
        guess.options.append((f"values: {{rating: {{{words}}}}}", _("what each word stands for")))
    for name, scale in seen.items():
        if name not in sure:
            question = _("is {name} ({words}) a rating? {why}; kept as a dimension.",
                         name=repr(name), words=listed(scale.shares, 5), why=scale.why)  # fmt: skip
            guess.ask(question, f"columns: {{rating: {quoted(name)}}}")


def _keys(guess: Draft, columns: dict[str, Profile]) -> None:
    free = {p.name: p for p in columns.values() if p.name not in guess.taken}
    customer = customer_column(free) if "customer_id" not in guess.columns else None
    if customer is not None:
        reason = _("named so; {n} different values", n=customer.values)
        if customer.filled < 0.95:
            reason = _("{reason}; empty in {share} of rows",
                       reason=reason, share=percent(1 - customer.filled))  # fmt: skip
        guess.map("customer_id", customer.name, reason)
    key = best(
        free, "feedback_id",
        lambda p: p.distinct > 0.8 and p.filled > 0.99 and not p.is_text and not p.is_date
        and p.name not in guess.taken,
        need=0.2,
    )  # fmt: skip
    if key is not None and "feedback_id" not in guess.columns:
        share = percent(key.distinct)
        guess.map("feedback_id", key.name, _("named so, {share} distinct", share=share))


def _speaker(guess: Draft, columns: dict[str, Profile], frame: pd.DataFrame) -> None:
    """Find the column that tells customers from agents and bots by its words."""
    told = guess.columns.get("speaker", ("",))[0]
    for p in columns.values():
        if (told and p.name != told) or (not told and p.name in guess.taken) or p.values > 20:
            continue
        counts = labels(frame[p.name]).dropna().value_counts()
        who = {word: speaker(word) for word in counts.index}
        known = sum(int(count) for word, count in counts.items() if who[word])
        kinds = {kind for kind in who.values() if kind}
        if not told and (known < 0.8 * counts.sum() or "customer" not in kinds or len(kinds) < 2):
            continue
        others = counts[[word for word in counts.index if who[word] in ("agent", "bot")]]
        reason = _("who wrote: {rows} of agents and bots are set aside",
                   rows=plural("{n} row", "{n} rows", int(others.sum())))  # fmt: skip
        guess.map("speaker", p.name, reason)
        strange = [word for word in counts.index if not who[word]]
        if strange:
            question = _("speaker: who is {words}? Such rows are set aside.", words=listed(strange))
            guess.ask(question, f"values: {{speaker: {{{quoted(strange[0])}: customer}}}}")
        return


def _other_roles(guess: Draft, columns: dict[str, Profile]) -> None:
    for role, fits in (
        ("csat", lambda p: p.numeric > 0.95),
        ("ces", lambda p: p.numeric > 0.95),
        ("channel", lambda p: p.values <= 30 and not p.is_date),
        ("status", lambda p: p.values <= 30 and not p.is_date and p.length < 40),
        ("closed_at", lambda p: p.is_date),
        ("ingested_at", lambda p: p.is_date),
        ("topic", lambda p: 2 <= p.values <= 150 and p.distinct < 0.2 and p.numeric < 0.5),
    ):
        if role in guess.columns:
            continue
        free = {p.name: p for p in columns.values() if p.name not in guess.taken}
        found = best(free, role, fits, need=0.3)
        if found is not None and not (role == "channel" and _fixed_channel(guess)):
            guess.map(role, found.name, _("named so; {n} different values", n=found.values))
    if "topic" in guess.columns:
        reason = _("at the end of the file: takes column 'topic' instead of a model")
        guess.options.append(("# notebooks: {topics: {source: given}}", reason))


def _fixed_channel(guess: Draft) -> bool:
    return any(line.startswith("channel:") for line, _reason in guess.options)


def _channel(guess: Draft, columns: dict[str, Profile], file: Path) -> None:
    if "channel" in guess.columns or _fixed_channel(guess):
        return
    for words in (stem(file).lower(), " ".join(columns).lower()):
        for channel, signs in _CHANNELS.items():
            sign = next((sign for sign in signs if sign in words), None)
            if sign:
                where = _("the file's name") if words == stem(file).lower() else _("the headers")
                reason = _("from {where}: {sign}", where=where, sign=repr(sign))
                guess.options.append((f"channel: {channel}", reason))
                return
    guess.ask(_("what channel is it?"), "channel: review (or survey, ticket, chat, email)")


def offer_dimensions(guess: Draft, columns: dict[str, Profile]) -> None:
    """Keep columns of few values as dimensions; a survey's closed questions come first."""
    for p in sorted(columns.values(), key=lambda p: not _ASKED.search(p.wording)):
        few = 2 <= p.values <= 60 and p.distinct < 0.4 and p.filled > 0.5 and p.length <= 60
        fits = p.numeric < 0.5 or _ASKED.search(p.wording) or re.search(
            r"(^|_)(id|sku|product|store|spot|hotel)", p.name.lower()
        )  # fmt: skip
        if few and fits and not p.is_date and p.name not in guess.taken:
            guess.dimensions.append(p.name)
    guess.dimensions = guess.dimensions[:_MOST_DIMENSIONS]
