"""What every run must satisfy, whatever the data: walks all tables and findings of a folder.

The rules read the names of columns, so that a table added later is held to them too.
"""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

ROUNDING = 1e-9
LEVELS = ("50", "80", "95")
# what `low` and `high` belong to, in this order, where a table names no `estimate`
ESTIMATES = (
    "estimate", "odds_ratio", "log_odds", "difference", "change", "effect", "value", "mean",
    "mean_ahead", "correlation", "share", "size", "answered",
)  # fmt: skip
PROBABILITY = re.compile(
    r"^(p|q|share|stability|probability|chance|coverage)$|^(p|chance|coverage)_(?!value)|_share$|^share_"
)
NOT_A_PROBABILITY = {"p10", "p90"}
SPOKEN = re.compile(r"(?<![A-Za-z])(nan|NaN|NaT|(?<=[a-z0-9,:=] )None|inf)(?![A-Za-z])")


def broken(folder: Path) -> list[str]:
    """Every rule that a run's folder breaks, as sentences."""
    return [*_broken_tables(folder), *_broken_findings(folder), *_broken_sums(folder)]


def _tables(folder: Path) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for path in sorted(folder.glob("*/tables/*.parquet")):
        if path.parts[-3] != "collect" or path.stem == "quality":
            yield path.parts[-3], path.stem, pd.read_parquet(path)


def _broken_tables(folder: Path) -> Iterator[str]:
    for notebook, name, frame in _tables(folder):
        for rule, bad in _rules(frame):
            if bad.any():
                example = frame[bad].iloc[0].to_dict()
                yield f"{notebook}/{name}: {rule} in {int(bad.sum())} rows, as {example}"


def _rules(frame: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    for low, middle, high in _intervals(frame):
        ends = frame[[low, high]].notna().all(axis=1)
        yield f"{low} > {high}", ends & (frame[low] > frame[high] + _room(frame[high]))
        if middle:
            value = frame[middle]
            yield f"{middle} under {low}", ends & (value < frame[low] - _room(value))
            yield f"{middle} over {high}", ends & (value > frame[high] + _room(value))
            yield f"{middle} missing beside an interval", ends & value.isna()
    for column in frame.select_dtypes("number"):
        values = frame[column].astype(float)
        if column not in NOT_A_PROBABILITY and PROBABILITY.search(column):
            yield f"{column} outside 0 to 1", (values < -ROUNDING) | (values > 1 + ROUNDING)
        yield f"{column} infinite", pd.Series(np.isinf(values), frame.index)


def _intervals(frame: pd.DataFrame) -> Iterator[tuple[str, str | None, str]]:
    middle = next((name for name in ESTIMATES if name in frame), None)
    for column in frame:
        if column == "low" and "high" in frame:
            yield "low", _alike(frame, middle, "low"), "high"
        if column.endswith("_low") and f"{column[:-4]}_high" in frame:
            root = column[:-4]
            yield column, _alike(frame, root if root in frame else None, column), f"{root}_high"
    present = [level for level in LEVELS if f"low_{level}" in frame]
    for inner, outer in itertools.pairwise(present):
        yield f"low_{outer}", None, f"low_{inner}"
        yield f"high_{inner}", None, f"high_{outer}"
    for level in present:
        yield f"low_{level}", middle, f"high_{level}"


def _alike(frame: pd.DataFrame, middle: str | None, low: str) -> str | None:
    """The estimate, where it is of the kind of its ends (not a size beside the ends of a date)."""
    if middle is None:
        return None
    dates = [pd.api.types.is_datetime64_any_dtype(frame[name]) for name in (middle, low)]
    numbers = [pd.api.types.is_numeric_dtype(frame[name]) for name in (middle, low)]
    return middle if all(dates) or all(numbers) else None


def _room(values: pd.Series) -> pd.Series | pd.Timedelta:
    if pd.api.types.is_datetime64_any_dtype(values):
        return pd.Timedelta(0)
    return ROUNDING * values.abs().fillna(0).clip(lower=1)


def _broken_findings(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*/results.json")):
        for finding in json.loads(path.read_text(encoding="utf-8"))["findings"]:
            where = f"{path.parent.name}: {finding.get('id')}"
            spoken = [finding.get("headline"), finding.get("text"), *finding.get("doubts", [])]
            for text in filter(None, spoken):
                if found := SPOKEN.search(text):
                    yield f"{where} says {found[0]!r}: {text}"
            low, value, high = (finding.get(key) for key in ("low", "estimate", "high"))
            if None not in (low, value, high) and not low <= value <= high:
                yield f"{where}: {value} outside [{low}, {high}]"


def _broken_sums(folder: Path) -> Iterator[str]:
    found = {f"{notebook}/{name}": frame for notebook, name, frame in _tables(folder)}
    for rule, holds in _sums(found):
        if not holds:
            yield rule


def _sums(found: dict[str, pd.DataFrame]) -> Iterator[tuple[str, bool]]:
    if (topics := found.get("topics/topics")) is not None and len(topics):
        given = found["topics/doc_topics"]
        counts = given["topic_id"].value_counts()
        listed = topics.set_index("topic_id")["n"]
        yield "a record has one topic", given["feedback_id"].is_unique
        yield (
            "topics count their records",
            (counts.reindex(listed.index).fillna(0).eq(listed).all()),
        )
        yield "shares of topics sum to one at most", topics["share"].sum() <= 1 + 1e-6
    if (scores := found.get("sentiment/sentiment")) is not None:
        parts = scores[["p_negative", "p_neutral", "p_positive"]].dropna()
        yield "class probabilities sum to one", bool(np.allclose(parts.sum(axis=1), 1, atol=1e-6))
        yield "a record has one score", scores["feedback_id"].is_unique
    for name in ("sentiment/alerts", "sentiment/sentiment_changes", "topics/topic_mix"):
        if (frame := found.get(name)) is not None and len(frame):
            yield f"{name}: true change and mix sum to the change", _adds_up(frame)
    if (ranks := found.get("roi/ranking")) is not None and len(ranks):
        for key in ("initiative_id", "rank"):
            total = ranks.groupby(key)["probability"].sum()
            yield f"rank probabilities sum to one by {key}", bool(np.allclose(total, 1, atol=1e-6))
    if (roi := found.get("roi/roi")) is not None and len(roi):
        known = roi.dropna(subset=["bcr", "net_roi"])
        yield "net ROI is BCR - 1", bool(np.allclose(known["bcr"] - 1, known["net_roi"]))
        marks = roi[["npv_p5", "npv_p50", "npv_p95"]].dropna()
        yield "quantiles of NPV ascend", bool((marks.diff(axis=1).iloc[:, 1:] >= 0).all().all())


def _adds_up(frame: pd.DataFrame) -> bool:
    within = frame["true_change"] if "true_change" in frame else frame["within"]
    mix = frame["mix_change"] if "mix_change" in frame else frame["mix"]
    known = within.notna() & mix.notna()
    gap = (frame["change"] - within - mix)[known]
    return bool((gap.abs() < 1e-6).all())
