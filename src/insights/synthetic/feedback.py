"""All feedback of the firm: genuine messages, ratings, and the dirt that real exports hold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.synthetic.dirt import add_personal, extra_rows
from insights.synthetic.firm import Firm
from insights.synthetic.grammar import Draw
from insights.synthetic.messages import compose
from insights.synthetic.people import MONTHS, ORIGIN
from insights.synthetic.topics import POLARITY, RELEASE, TOPICS, topic_weights

__all__ = ["PREFIX", "SOURCES", "write_feedback"]

SOURCES = {
    "ticket": "tickets",
    "review": "reviews",
    "survey": "survey",
    "chat": "chat",
    "exit": "cancellations",
}
PREFIX = {"ticket": "T", "review": "R", "survey": "S", "chat": "W", "exit": "X"}
_REVIEW_GROWTH = 0.105  # a month, on the log scale
_STARS = np.cumsum(  # of 1 to 4 stars, for negative, neutral, positive
    [[0.56, 0.30, 0.11, 0.02], [0.04, 0.16, 0.58, 0.18], [0.0, 0.02, 0.10, 0.33]], axis=1
)
_TENS = ((2.4, 1.6), (5.4, 1.3), (8.7, 1.1))  # mean and spread for negative, neutral, positive


def write_feedback(
    rng: np.random.Generator, firm: Firm, *, reviews: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Write every message; returns rows in file order, planted personal data, and decoys."""
    draw = Draw(rng)
    frame = pd.concat([_attributed(firm), _reviews(rng, reviews)], ignore_index=True)
    frame = frame.sort_values(["channel", "day"], kind="stable", ignore_index=True)
    frame["language"] = _languages(rng, frame)
    messages = [
        compose(draw, language=language, topic=topic, polarity=polarity, channel=channel)
        for language, topic, polarity, channel in zip(
            frame["language"], frame["topic"], frame["polarity"], frame["channel"], strict=True
        )
    ]
    for name in ("text", "second_topic", "second_polarity", "typo", "markup"):
        frame[name] = pd.Series([getattr(message, name) for message in messages], dtype=object)
    frame = _rated(rng, frame)
    frame["created_at"] = (
        ORIGIN + pd.to_timedelta((frame["day"] * 86_400).round().astype("int64"), unit="s")
    ).dt.tz_localize("UTC")
    frame["kind"] = "message"
    frame["raw_time"] = None
    frame["duplicate_of"] = None
    serial = frame.groupby("channel").cumcount() + 1
    frame["feedback_id"] = frame["channel"].map(PREFIX) + "-" + (100_000 + serial).astype(str)
    frame, personal, decoys = add_personal(draw, frame)
    frame = extra_rows(draw, frame)
    frame.insert(0, "source", frame["channel"].map(SOURCES))
    frame.insert(1, "line", frame.groupby("source").cumcount())
    place = frame.loc[frame["kind"] != "clash"].set_index("feedback_id")[["source", "line"]]
    place = place[~place.index.duplicated()]
    personal = personal.join(place, on="feedback_id")
    decoys = decoys.join(place, on="feedback_id")
    return frame, personal, decoys


def _attributed(firm: Firm) -> pd.DataFrame:
    people = firm.customers
    who = firm.mentions["customer"].to_numpy()
    return firm.mentions.drop(columns="customer").assign(
        customer_id=people["customer_id"].to_numpy()[who],
        region=people["region"].to_numpy()[who],
    )


def _reviews(rng: np.random.Generator, expected: float) -> pd.DataFrame:
    """Store reviews name no customer; their number grows ten-fold in two years."""
    weight = np.exp(_REVIEW_GROWTH * np.arange(24))
    counts = rng.poisson(expected * weight / weight.sum())
    first = (MONTHS[:24] - ORIGIN).days.to_numpy().repeat(counts)
    length = (MONTHS[1:] - MONTHS[:24]).days.to_numpy().repeat(counts)
    day = np.floor((first + rng.random(len(first)) * length) * 86_400) / 86_400
    negative, neutral, _ = POLARITY["review"]
    polarity = np.searchsorted([negative, negative + neutral], rng.random(len(day)))
    late = day >= (RELEASE - ORIGIN).days
    tables = np.stack([topic_weights("review", surged=flag) for flag in (False, True)])
    edges = np.cumsum(tables[late.astype(int), polarity], axis=1)
    topic = (rng.random(len(day))[:, None] * edges[:, -1:] > edges).sum(axis=1)
    return pd.DataFrame(
        {
            "day": day,
            "channel": np.full(len(day), "review", dtype=object),
            "polarity": polarity - 1,
            "topic": np.array(TOPICS, dtype=object)[topic],
            "customer_id": None,
            "region": np.where(rng.random(len(day)) < 0.17, "China", "other").astype(object),
        }
    )


def _languages(rng: np.random.Generator, frame: pd.DataFrame) -> np.ndarray:
    draw = rng.random(len(frame))
    china = (frame["region"] == "China").to_numpy()
    chinese = np.where(china, draw < 0.95, draw < 0.01) | (frame["channel"] == "chat").to_numpy()
    return np.where(chinese, "zh", "en").astype(object)


def _rated(rng: np.random.Generator, frame: pd.DataFrame) -> pd.DataFrame:
    """Add `stars` (1-5), `tens` and `nps` (0-10), `csat` (1-5): what each channel asks for."""
    mood = frame["polarity"].to_numpy() + 1
    draw = rng.random((len(frame), 2))
    stars = 1 + (draw[:, :1] > _STARS[mood]).sum(axis=1)
    csat = 1 + (draw[:, 1:] > _STARS[mood]).sum(axis=1)
    centre, spread = np.array(_TENS)[mood].T
    tens = np.clip(np.round(rng.normal(centre, spread)), 0, 10) + 0.0  # no minus zero
    nps = np.clip(np.round(rng.normal(0.5 * (centre + tens), 1.2)), 0, 10) + 0.0
    asked = rng.random((len(frame), 4))
    channel = frame["channel"].to_numpy()
    share = pd.Series(channel).map({"ticket": 0.45, "review": 0.99, "chat": 0.4}).fillna(0)
    survey, leaving = channel == "survey", channel == "exit"
    return frame.assign(
        stars=np.where(asked[:, 0] < share.to_numpy(), stars, np.nan),
        tens=np.where(
            (survey & (asked[:, 1] < 0.92)) | (leaving & (asked[:, 1] < 0.7)), tens, np.nan
        ),
        nps=np.where(survey & (asked[:, 2] < 0.6), nps, np.nan),
        csat=np.where(survey & (asked[:, 3] < 0.5), csat, np.nan),
    )
