"""What customers of the made-up firm write about, where, and in which mood."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = [
    "CHANNELS",
    "LEAK",
    "NULL",
    "POLARITY",
    "RELEASE",
    "SURGE",
    "SURGE_FACTOR",
    "TOPICS",
    "expected_polarity",
    "topic_weights",
]

# topic: weight among negative, neutral, positive messages
_WEIGHTS: dict[str, tuple[float, float, float]] = {
    "sync": (0.05, 0.04, 0.02),
    "booking": (0.10, 0.12, 0.11),
    "access": (0.09, 0.09, 0.06),
    "billing": (0.22, 0.14, 0.0),
    "speed": (0.09, 0.04, 0.04),
    "crash": (0.09, 0.04, 0.02),
    "onboarding": (0.08, 0.16, 0.06),
    "calendar": (0.08, 0.13, 0.09),
    "climate": (0.08, 0.10, 0.09),
    "support": (0.28, 0.22, 0.0),
    "price": (0.06, 0.06, 0.03),
    "reports": (0.06, 0.10, 0.08),
    "praise": (0.0, 0.0, 0.40),
}
TOPICS = (*_WEIGHTS, "leaving")
SURGE, SURGE_FACTOR = "sync", 6.0
RELEASE = pd.Timestamp("2025-03-11")  # of version 4.0, after which the surge begins
NULL = "onboarding"  # asked about by customers with low usage; no effect of its own
LEAK = "leaving"  # occurs in the cancellation survey only

# channel: share of negative, neutral, positive messages; the same in every month
POLARITY: dict[str, tuple[float, float, float]] = {
    "ticket": (0.45, 0.33, 0.22),
    "review": (0.62, 0.13, 0.25),
    "survey": (0.26, 0.24, 0.50),
    "chat": (0.40, 0.34, 0.26),
    "exit": (0.74, 0.20, 0.06),
}
CHANNELS = tuple(POLARITY)

_LEANING: dict[str, dict[str, float]] = {
    "ticket": {"access": 1.3, "praise": 0.5, "price": 0.6},
    "review": {
        "billing": 0.4,
        "support": 0.4,
        "crash": 2.4,
        "speed": 1.6,
        "access": 0.5,
        "reports": 0.4,
        "climate": 0.6,
    },
    "survey": {"price": 1.3, "reports": 1.3, "climate": 1.2},
    "chat": {"booking": 1.2, "access": 1.2},
    "exit": {"price": 2.5, "onboarding": 0.5, "access": 0.5, "climate": 0.4, "booking": 0.5},
}
_LEAVING = (0.85, 1.6, 2.0)  # weight of the leak topic in the cancellation survey


def topic_weights(channel: str, *, surged: bool) -> np.ndarray:
    """Weights of the topics, shape (3 polarities, topics), each row summing to 1.

    The surging topic only takes room from other topics of the same polarity, so that the
    release changes what is written about and not how happy a channel is.
    """
    table = np.array([[_WEIGHTS[name][p] for name in _WEIGHTS] for p in range(3)])
    leaning = _LEANING[channel]
    table = table * np.array([leaning.get(name, 1.0) for name in _WEIGHTS])
    if surged:
        table[:, TOPICS.index(SURGE)] *= np.array([SURGE_FACTOR, 2.0, 1.0])
    leaving = np.array(_LEAVING if channel == "exit" else (0.0, 0.0, 0.0))[:, None]
    table = np.hstack([table, leaving * table.sum(axis=1, keepdims=True)])
    return table / table.sum(axis=1, keepdims=True)


def expected_polarity(channel: str) -> float:
    """Expected polarity (-1 to 1) of a message in the channel, in any month."""
    negative, _, positive = POLARITY[channel]
    return positive - negative
