"""What real exports hold besides feedback: duplicates, tests, spam, broken values, secrets."""

from __future__ import annotations

import pandas as pd

from insights.synthetic.grammar import Draw
from insights.synthetic.personal import DECOYS, KINDS, made_up

__all__ = ["add_personal", "extra_rows"]

# kind of dirt: share of genuine rows, and the channels it occurs in
_SHARES: dict[str, tuple[float, tuple[str, ...]]] = {
    "duplicate": (0.012, ("ticket", "survey", "chat", "review", "exit")),
    "repeat": (0.006, ("ticket", "chat")),
    "test": (0.005, ("ticket", "survey", "chat")),
    "spam": (0.004, ("review", "chat", "ticket")),
    "empty": (0.004, ("ticket", "survey", "chat", "review")),
    "broken_date": (0.002, ("ticket", "chat")),
    "future_date": (0.0006, ("ticket", "review")),
    "bad_rating": (0.0008, ("ticket",)),
    "clash": (0.0003, ("ticket",)),
    "unknown_customer": (0.003, ("ticket", "chat")),
}
_TESTS = {
    "en": (
        "test",
        "Test",
        "testing 123",
        "asdf",
        "asdfgh",
        "test test",
        "qwerty",
        "TEST please ignore",
    ),
    "zh": ("测试", "测试测试", "测试一下", "test", "123", "测试请忽略"),
}
_SPAM = {
    "en": (
        "Cheap followers and likes!!! Visit http://spam.example.net/{} now",
        "Earn $500 a day from home, write to t.example.org/job{}",
        "BUY crypto signals here >>> http://coins.example.net/{} <<<",
        "Best casino bonus code {}, click http://casino.example.org",
    ),
    "zh": (
        "加微信vip{}领取优惠券，日赚五百",
        "低价代开发票，联系QQ {}",
        "刷单兼职，一天三百，详情点击 http://spam.example.net/{}",
        "专业贷款，当天放款，回复{}了解",
    ),
}
_BROKEN = ("31/02/2025 10:15", "2024-13-45 09:00:00", "0000-00-00 00:00:00", "n/a", "yesterday", "")


def add_personal(
    draw: Draw, frame: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Put personal data into 3 % of the messages and look-alikes into 1 %."""
    text = frame["text"].to_list()
    found: list[tuple[str, str, str]] = []
    alike: list[tuple[str, str, str]] = []
    for row, (key, language) in enumerate(
        zip(frame["feedback_id"], frame["language"], strict=True)
    ):
        at = draw.uniform()
        if at >= 0.04:
            continue
        kind = draw.pick(KINDS if at < 0.03 else DECOYS)
        value, sentence = made_up(draw, kind, language)
        (found if at < 0.03 else alike).append((key, kind, value))
        gap = "" if language == "zh" else " "
        before = draw.chance(0.15)
        text[row] = f"{sentence}{gap}{text[row]}" if before else f"{text[row]}{gap}{sentence}"
    names = ["feedback_id", "kind", "value"]
    return (
        frame.assign(text=text),
        pd.DataFrame(found, columns=names),
        pd.DataFrame(alike, columns=names),
    )


def extra_rows(draw: Draw, frame: pd.DataFrame) -> pd.DataFrame:
    """Add the dirty rows among the genuine ones, in order of time within a channel."""
    rows = frame.to_dict("records")
    by_channel: dict[str, list[dict]] = {}
    for row in rows:
        by_channel.setdefault(row["channel"], []).append(row)
    extra: list[dict] = []
    serial = dict.fromkeys(by_channel, 900_000)
    for kind, (share, channels) in _SHARES.items():
        for _ in range(max(2, round(share * len(frame)))):
            here = [name for name in channels if name in by_channel]
            base = draw.pick(by_channel[draw.pick(here)])
            serial[base["channel"]] += 1
            key = f"{base['feedback_id'][0]}-{serial[base['channel']]}"
            extra.append(_dirty(draw, kind, base, key))
    result = pd.DataFrame(rows + extra, columns=list(frame.columns))
    order = {name: place for place, name in enumerate(by_channel)}
    result["_channel"] = result["channel"].map(order)
    result = result.sort_values(["_channel", "day"], kind="stable", ignore_index=True)
    return result.drop(columns="_channel")


def _dirty(draw: Draw, kind: str, base: dict, key: str) -> dict:
    """Make one dirty row, near a genuine one."""
    row = {**base, "kind": kind, "feedback_id": key}
    if kind == "duplicate":
        same = draw.chance(0.5)  # an export run twice keeps the id, a form sent twice does not
        return {
            **row,
            "feedback_id": base["feedback_id"] if same else key,
            "duplicate_of": base["feedback_id"],
        }
    row["day"] = base["day"] + (1 + draw.below(86_400)) / 86_400
    row["created_at"] = base["created_at"] + pd.Timedelta(
        seconds=round((row["day"] - base["day"]) * 86_400)
    )
    if kind == "repeat":
        return {**row, "duplicate_of": base["feedback_id"]}
    blank = {"topic": None, "polarity": None, "second_topic": None, "second_polarity": None}
    if kind == "test":
        return {**row, **blank, "text": draw.pick(_TESTS[base["language"]])}
    if kind == "spam":
        text = draw.pick(_SPAM[base["language"]]).format(1000 + draw.below(9000))
        return {**row, **blank, "text": text, "customer_id": None}
    if kind == "empty":
        return {**row, **blank, "text": draw.pick(("", " ", "   ", "-", "N/A", "\n"))}
    if kind == "broken_date":
        return {**row, "raw_time": draw.pick(_BROKEN)}
    if kind == "future_date":
        return {**row, "created_at": base["created_at"] + pd.Timedelta(days=3653 + draw.below(900))}
    if kind == "bad_rating":
        return {**row, "stars": draw.pick((0.0, 9.0, 11.0, -1.0))}
    if kind == "clash":
        return {**row, "feedback_id": base["feedback_id"], "text": f"{base['text']} (2)"}
    return {**row, "customer_id": f"C{990_000 + draw.below(9000)}"}
