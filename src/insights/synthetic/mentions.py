"""Who mentions which topic, when, where and in which mood."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.synthetic.people import ORIGIN
from insights.synthetic.topics import CHANNELS, NULL, POLARITY, RELEASE, TOPICS, topic_weights

__all__ = ["GAP_DAYS", "WINDOW_DAYS", "MentionLog"]

WINDOW_DAYS, GAP_DAYS = 90, 14


class MentionLog:
    """Who mentioned what, when; grows month by month."""

    def __init__(self) -> None:
        self.parts: list[pd.DataFrame] = []
        self.who = np.empty(0, dtype=int)
        self.when = np.empty(0)
        self.topic = np.empty(0, dtype=int)

    def exposures(self, first: float, customers: int) -> dict[str, np.ndarray]:
        """Say for each topic and customer whether the window before the period has a mention."""
        opens, closes = first - GAP_DAYS - WINDOW_DAYS, first - GAP_DAYS
        hit = (self.when > opens) & (self.when <= closes)
        counts = np.zeros((len(TOPICS), customers), dtype=int)
        np.add.at(counts, (self.topic[hit], self.who[hit]), 1)
        return {name: counts[place] > 0 for place, name in enumerate(TOPICS)}

    def add(
        self,
        rng: np.random.Generator,
        china: np.ndarray,
        who: np.ndarray,
        when: np.ndarray,
        level: np.ndarray,
    ) -> None:
        """Add messages: channel by region, polarity by channel, topic by all of it."""
        draw = rng.random(len(who))
        channel = np.where(
            china,
            np.where(draw < 0.68, "chat", np.where(draw < 0.88, "ticket", "survey")),
            np.where(draw < 0.63, "ticket", "survey"),
        )
        when = np.floor(when * 86_400) / 86_400
        polarity, topic = _subjects(rng, channel, when, level)
        self._append(who, when, channel, polarity, topic)

    def add_exits(
        self, rng: np.random.Generator, start: np.ndarray, end: np.ndarray, voluntary: np.ndarray
    ) -> None:
        """Let half of those who leave fill in the cancellation survey, days before the end."""
        who = np.flatnonzero(voluntary & (rng.random(len(end)) < 0.55))
        when = np.maximum(end[who] - rng.random(len(who)) * 12, start[who])
        when = np.floor(np.maximum(when, 0.01) * 86_400) / 86_400
        channel = np.full(len(who), "exit")
        polarity, topic = _subjects(rng, channel, when, np.zeros(len(who)))
        self._append(who, when, channel, polarity, topic)

    def _append(
        self,
        who: np.ndarray,
        when: np.ndarray,
        channel: np.ndarray,
        polarity: np.ndarray,
        topic: np.ndarray,
    ) -> None:
        if channel.size and channel[0] != "exit":
            self.who = np.append(self.who, who)
            self.when = np.append(self.when, when)
            self.topic = np.append(self.topic, topic)
        self.parts.append(
            pd.DataFrame(
                {
                    "customer": who,
                    "day": when,
                    "channel": channel.astype(object),
                    "polarity": polarity - 1,
                    "topic": np.array(TOPICS, dtype=object)[topic],
                }
            )
        )

    def table(self) -> pd.DataFrame:
        """Return every mention: customer, day, channel, polarity, topic."""
        return pd.concat(self.parts, ignore_index=True)


def _subjects(
    rng: np.random.Generator, channel: np.ndarray, when: np.ndarray, level: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw polarity (0, 1, 2) and topic index of each message."""
    surged = when >= (RELEASE - ORIGIN).days
    polarity = np.zeros(len(channel), dtype=int)
    weights = np.zeros((len(channel), len(TOPICS)))
    mood = rng.random(len(channel))
    for name in CHANNELS:
        chosen = channel == name
        negative, neutral, _ = POLARITY[name]
        polarity[chosen] = np.searchsorted([negative, negative + neutral], mood[chosen])
        for late in (False, True):
            rows = chosen & (surged == late)
            weights[rows] = topic_weights(name, surged=late)[polarity[rows]]
    weights[:, TOPICS.index(NULL)] *= np.exp(-1.6 * level)
    edges = np.cumsum(weights, axis=1)
    topic = (rng.random(len(channel))[:, None] * edges[:, -1:] > edges).sum(axis=1)
    return polarity, topic
