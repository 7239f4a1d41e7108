"""The hardest sentences of the page, counted again from the records by plain pandas.

Each check reads the numbers out of the sentence and counts them from two tables only: the feedback
and the class and score of each record. None of the analysis's own code is used to count.
"""

import re

import numpy as np
import pandas as pd
import pytest
from tests.analyses.sentiment.planted_messages import on_panel

from insights.analyses import sentiment
from insights.stats.calendar import Calendar

_SIDES = ("negative", "neutral", "positive")


def records_of(feedback, scored):
    """One row a record with text: month, half of the time, score, rating, channel, author."""
    both = feedback.merge(scored.drop(columns="rating", errors="ignore"), on="feedback_id")
    both = both[both["method"] != "empty"].copy()
    both["month"] = both["created_at"].dt.tz_convert("UTC").dt.strftime("%Y-%m")
    months = sorted(both["month"].unique())
    both["second"] = both["month"] >= months[(len(months) + 1) // 2]
    both["author"] = both["feedback_id"]
    if "customer_id" in both:
        named = both["customer_id"].notna()
        both["author"] = both["customer_id"].astype(object).where(named, both["author"])
    return both


def numbers(pattern, text):
    found = re.search(pattern, text)
    assert found, text
    return [float(part.replace(",", "").rstrip("%")) for part in found.groups()]


def dimensions_of(text):
    """The columns that the sentence says were held fixed."""
    said = re.search(
        r"[Aa]t (?:a fixed|the) (?:mix of (.+?)|(\S+) mix) (?:between|rose|fell|of the)", text
    )
    return re.split(r", | and ", said[1] or said[2])


def check_change(records, text):
    """True change and change of mix: one regression a half; interval by its customers."""
    true, low, high, first, second, raw, mix = numbers(
        r"of mean sentiment at a fixed.*?: (\S+) \[(\S+), (\S+)\] \(n = (\S+) and (\S+)\)\. "
        r"As it stands it moved by (\S+) \[.*?\], of which (\S+) ",
        text,
    )
    names = dimensions_of(text)
    assert [len(part) for _, part in records.groupby("second")] == [first, second]
    values = split_of(records, names)
    assert [true, mix, raw] == pytest.approx(values, abs=0.00051)
    # a jackknife over authors in place of influence functions
    folds = range(records["fold"].max() + 1)
    rows = np.array([split_of(records[records["fold"] != k], names)[0] for k in folds])
    spread = np.sqrt((len(rows) - 1) / len(rows) * np.square(rows - rows.mean()).sum())
    assert (high - low) / (2 * 1.96) == pytest.approx(spread, rel=0.25)


def dummies_of(records, names):
    known = records[names].astype(object)
    levels = pd.get_dummies(known.where(known.notna(), "not given")).astype(float)
    return levels.assign(one=1.0)


def split_of(records, names):
    """Oaxaca and Blinder: the mean coefficients times the change of the mix, and the rest."""
    levels = dummies_of(records, names)
    mix, slopes = {}, {}
    for side, rows in records.groupby("second").groups.items():
        mix[side] = levels.loc[rows].mean()
        slopes[side] = np.linalg.lstsq(
            levels.loc[rows].to_numpy(), records.loc[rows, "score"].to_numpy(), rcond=None
        )[0]
    true = (mix[False] + mix[True]) / 2 @ (slopes[True] - slopes[False])
    means = records.groupby("second")["score"].mean()
    raw = means[True] - means[False]
    return true, raw - true, raw


def check_error(records, text):
    """Every rated negative record set beside every other one; precision and recall counted."""
    rated, area, precision, recall = numbers(
        r"On (\S+) rated records.*?with probability (\S+) \[.*?records called negative (\S+) are, "
        r"and of the negative ones (\S+) are found",
        text,
    )
    known = records[records["rated"] != ""]
    assert len(known) == rated
    bad = known["rated"] == "negative"
    # the likelier negative ranks lower; a tie counts half
    p = np.sort(known.loc[~bad, "p_negative"].to_numpy())
    mine = known.loc[bad, "p_negative"].to_numpy()
    below = np.searchsorted(p, mine, "left") + np.searchsorted(p, mine, "right")
    assert area == pytest.approx(below.mean() / 2 / len(p), abs=0.0051)
    called = known["label"] == "negative"
    assert precision == pytest.approx(100 * (bad & called).sum() / called.sum(), abs=0.51)
    assert recall == pytest.approx(100 * (bad & called).sum() / bad.sum(), abs=0.51)


def check_shares(records, text):
    """The share that, passed through the confusion, gives the labels seen among unrated ones."""
    corrected, called, n = numbers(
        r"mistakes, (\S+) \[.*?\] of the records are negative; (\S+) of (\S+) records were called",
        text,
    )
    assert len(records) == n
    assert called == pytest.approx(100 * (records["label"] == "negative").mean(), abs=0.051)
    rated = records[records["rated"] != ""]
    rest = records[records["rated"] == ""]
    confusion = pd.crosstab(rated["rated"], rated["label"]).reindex(
        index=_SIDES, columns=_SIDES, fill_value=0
    )
    rows = confusion.div(confusion.sum(axis=1), axis=0).fillna(0)
    seen = rest["label"].value_counts(normalize=True).reindex(_SIDES, fill_value=0)
    steps = np.linspace(0, 1, 1001)
    weights = np.array([(a, b, 1 - a - b) for a in steps for b in steps if a + b <= 1])
    weights = weights[(weights[:, confusion.sum(axis=1) == 0] == 0).all(axis=1)]
    mixed = np.clip(weights @ rows.to_numpy(), 1e-9, None)
    fit = np.log(mixed) @ seen.to_numpy()
    # a class that is never called leaves many as good: what cannot be told stays as it was rated
    given = (confusion.sum(axis=1) / confusion.to_numpy().sum()).to_numpy()
    best = weights[fit > fit.max() - 1e-6]
    best = best[np.argmin(np.square(best - given).sum(axis=1)), 0]
    share = len(rest) / len(records)
    again = share * best + (1 - share) * (rated["rated"] == "negative").mean()
    assert corrected == pytest.approx(100 * again, abs=0.11)  # the grid is that coarse


def check_fixed_mix(records, text):
    """The month that is named with the mix of the whole time, by one regression."""
    mean, n, fixed = numbers(
        r"mean sentiment, from -1 to 1, was (\S+) \[.*?\] \(n = (\S+)\)"
        r".*?it would have been (\S+) ",
        text,
    )
    named = f"{pd.Timestamp(re.search(r'In (.+?) mean sentiment', text)[1]):%Y-%m}"
    last = records[records["month"] == named]
    assert len(last) == n
    assert mean == pytest.approx(last["score"].mean(), abs=0.0051)
    levels = dummies_of(records, dimensions_of(text))
    now = levels.loc[last.index]
    assert (now.sum() >= 5).all()
    slopes = np.linalg.lstsq(now.to_numpy(), last["score"].to_numpy(), rcond=None)[0]
    assert fixed == pytest.approx(levels.mean() @ slopes, abs=0.0051)


def check_authors(records, text):
    """One vote a message beside one vote an author."""
    n, mean, people, vote = numbers(
        r"by message \(n = (\S+)\) mean sentiment is (\S+) .*? vote a customer "
        r"\(n = ([\d,]+?)(?:, .*?)?\) it is (\S+) ",
        text,
    )
    assert len(records) == n
    assert mean == pytest.approx(records["score"].mean(), abs=0.0051)
    each = records.groupby("author")["score"].mean()
    assert len(each) == people
    assert vote == pytest.approx(each.mean(), abs=0.0051)


CHECKS = {
    "changes": check_change,
    "classified": check_error,
    "shares": check_shares,
    "trend": check_fixed_mix,
    "authors": check_authors,
}


@pytest.fixture(scope="module")
def page():
    """Feedback with a shift of channels, noisy ratings and eager authors; and what is said."""
    rng = np.random.default_rng(5)
    n = 1500
    month = np.sort(rng.integers(0, 12, n))
    channel = np.where(rng.random(n) < 0.25 + 0.04 * month, "ticket", "survey")
    good = rng.random(n) < np.where(channel == "ticket", 0.35, 0.7)
    thing = rng.choice(["desk", "app", "lamp", "room"], n)
    praise, blame = ["love the", "works well, this", "great"], ["hate the", "broken", "awful"]
    said = [
        f"{rng.choice(praise if g else blame)} {t} {i}"
        for i, (g, t) in enumerate(zip(good, thing, strict=True))
    ]
    star = np.where(rng.random(n) < 0.85, good, ~good).astype(float)
    star[rng.random(n) < 0.1] = 0.5
    star[rng.random(n) < 0.4] = np.nan
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{i:05d}" for i in range(n)],
            "created_at": pd.Timestamp("2024-01-10", tz="UTC")
            + pd.to_timedelta(30.4 * month + rng.integers(0, 15, n), unit="D"),
            "text": said,
            "channel": channel,
            "customer_id": [f"c{i}" for i in (400 * rng.random(n) ** 2).astype(int)],
            "language": "en",
            "rating": star,
        }
    )
    given = {"calendar": Calendar(), "params": sentiment.Params()}
    scored = sentiment.classify(feedback, params=given["params"])
    results = {
        "classified": scored,
        "changes": on_panel(sentiment.changes, feedback, scored, **given),
        "shares": sentiment.class_shares(scored, params=given["params"]),
        "trend": on_panel(sentiment.trend, feedback, scored, **given),
        "authors": on_panel(sentiment.bursts, feedback, scored, **given),
    }
    records = records_of(feedback, scored.sentiment_table())
    records["fold"] = pd.factorize(records["author"])[0]
    return records, {name: result.text() for name, result in results.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_the_sentence_follows_from_the_records(name, page):
    records, told = page
    CHECKS[name](records, told[name])


@pytest.mark.parametrize("name", CHECKS)
def test_the_sentence_of_other_records_is_caught(name, page):
    records, told = page
    other = records.assign(
        score=records["score"] + 0.1,
        label=np.where(records["fold"] % 3 == 0, "neutral", records["label"]),
    )
    with pytest.raises(AssertionError):
        CHECKS[name](other if name != "changes" else other.iloc[20:], told[name])
