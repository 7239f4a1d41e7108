"""Streams of words drawn at random, in which a term may emerge or one author may shout."""

import numpy as np
import pandas as pd

PERIODS, TERMS = 16, 300
SHARES = 1 / np.arange(3, TERMS + 3)
SHARES = SHARES / SHARES.sum()


def uses(seed, *, periods=PERIODS, per_period=1_200, wander=0.0, writers=200, rise=None):
    """Draw uses of terms: term, at, writer, text.

    `wander` is the standard deviation of each term's log share from period to period; `rise` is
    (term, factor) in the last quarter. A text holds four terms; a third of the texts come from
    twenty busy writers, each with words of their own liking.
    """
    rng = np.random.default_rng(seed)
    busy = rng.dirichlet(20 * SHARES, 20)
    rows = []
    for at in range(periods):
        share = SHARES * np.exp(wander * rng.standard_normal(TERMS))
        if rise is not None and at >= periods - max(1, round(periods / 4)):
            share[rise[0]] *= rise[1]
        share = share / share.sum()
        count = per_period // 4
        loud = rng.random(count) < 1 / 3
        writer = np.where(
            loud, rng.integers(20, size=count), 20 + rng.integers(writers, size=count)
        )
        word = rng.choice(TERMS, (count, 4), p=share)
        liked = np.array([rng.choice(TERMS, 4, p=busy[w] * share / (busy[w] @ share))
                          for w in writer[loud]])  # fmt: skip
        if len(liked):
            word[loud] = liked
        text = at * count + np.arange(count)
        rows.append(
            pd.DataFrame(
                {
                    "term": word.ravel(),
                    "at": at,
                    "writer": np.repeat(writer, 4),
                    "text": np.repeat(text, 4),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def feedback(seed=0, *, months=12, per_month=80, burst=None):
    """Draw records of random English words; `burst` turns a frame of records into another."""
    rng = np.random.default_rng(seed)
    letters = np.array(list("bdfgklmnprstv"))
    vowels = np.array(list("aeiou"))
    words = ["".join(rng.choice(letters if i % 2 == 0 else vowels) for i in range(7))
             for _ in range(120)]  # fmt: skip
    share = 1 / np.arange(3, 123)
    rows = []
    for i in range(months * per_month):
        day = pd.Timestamp("2024-01-01", tz="UTC") + pd.DateOffset(months=i // per_month)
        text = " ".join(rng.choice(words, 6, p=share / share.sum()))
        rows.append((f"r{i:05d}", day + pd.Timedelta(days=int(rng.integers(30))), text,
                     f"c{rng.integers(400)}"))  # fmt: skip
    columns = ["feedback_id", "created_at", "text", "customer_id"]
    return pd.DataFrame(rows, columns=columns)
