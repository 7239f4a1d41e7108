"""How early the monitor warns, how often it errs, and how often terms emerge from nothing.

The truth is planted: streams of counts with a surge of known start, streams without one, and
streams of words. `--demo` replays the demo study's months around its planted release with the
topics found anew on the records known by then, so that no look sees a later record.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from insights.analyses import topics
from insights.analyses.topics.changes import recent_periods
from insights.analyses.topics.emerging_terms import term_scores
from insights.analyses.topics.surges import RATE
from insights.settings import DEFAULT_CELL
from insights.stats.calendar import Calendar
from insights.stats.multiplicity import q_values
from insights.stats.surveillance import warnings_of
from insights.synthetic.demo import lumen_office

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "analyses" / "topics"))
import planted_shares
import planted_words

LEVEL = RATE / 12


def leads(runs: int) -> None:
    print(f"surges: {runs} streams a line, 24 months of about 400 records, 12 topics")
    for wander in (0.0, 0.15, 0.3):
        for factor in (1.5, 2.0, 3.0, 4.0):
            delay = []
            for seed in range(runs):
                start = 9 + seed % 11
                counts, total, _ = planted_shares.counts(
                    seed, wander=wander, surge=(4, start, factor)
                )
                fired = np.flatnonzero(warnings_of(counts, total, level=LEVEL)[0][start:, 4])
                delay.append(fired[0] if len(fired) else np.inf)
            found = np.array(delay)
            print(f"  wander {wander}, share times {factor}: median lead "
                  f"{0 - np.median(found):.0f} months, within 2: {np.mean(found <= 2):.2f}, "
                  f"ever: {np.isfinite(found).mean():.2f}")  # fmt: skip


def false_alarms(runs: int) -> None:
    print(f"no surge: {runs} streams a line, 18 months watched; accepted {RATE} a year")
    for wander, lasting in ((0.0, 0.0), (0.15, 0.0), (0.3, 0.0), (0.3, 0.5), (0.3, 0.8)):
        alarms = 0
        for seed in range(runs):
            counts, total, _ = planted_shares.counts(seed, wander=wander, lasting=lasting)
            fired = warnings_of(counts, total, level=LEVEL)[0]
            alarms += int((fired[1:] & ~fired[:-1]).sum())
        print(f"  wander {wander}, correlation {lasting}: {alarms / (1.5 * runs):.3f} a year")


def terms(runs: int) -> None:
    print(f"terms: {runs} streams a line, 16 periods of 1,200 uses, 300 terms")
    for wander in (0.0, 0.3, 0.6):
        alarms = sum(len(_named(planted_words.uses(seed, wander=wander))) > 0
                     for seed in range(runs))  # fmt: skip
        print(f"  no rise, wander {wander}: {alarms / runs:.3f} of runs name a term")
    for term, uses in ((10, "17 uses a period"), (50, "3 uses a period")):
        for factor in (2.0, 3.0, 5.0):
            hits = sum(term in _named(planted_words.uses(seed, rise=(term, factor))).index
                       for seed in range(runs // 4))  # fmt: skip
            print(f"  {uses}, times {factor}: named in {hits / (runs // 4):.2f}")


def _named(uses: pd.DataFrame) -> pd.DataFrame:
    scores = term_scores(uses, periods=16, after=recent_periods(16))
    scores = scores[scores["recent"] + scores["earlier"] >= 10]
    enough = scores[["writers", "texts"]].min(axis=1) >= DEFAULT_CELL
    return scores[(q_values(scores["p"]) <= 0.05) & enough]


def demo() -> None:
    frames, truth = lumen_office()
    rows = frames.feedback[frames.feedback["kind"] == "message"]
    rows = rows.assign(created_at=pd.to_datetime(rows["created_at"], utc=True))
    said = rows.set_index("feedback_id")["topic"]
    params = topics.Params(period="month")
    print(f"demo: {truth.surge.topic} surges from {truth.surge.release:%Y-%m-%d}")
    for end in ("2025-03-01", "2025-04-01", "2025-05-01", "2025-06-01"):
        known = rows[rows["created_at"] < end].drop(columns="topic")
        model = topics.topic_model(known, params=params)
        trend = topics.topic_trend(model, known, params=params, calendar=Calendar())
        warning = topics.early_warning(trend, topics.topic_surges(trend, seed=7))
        named = [_about(model, said, topic) for topic in warning.open["topic_id"]]
        print(f"  known until {end}: on alert {', '.join(named) or 'nothing'}")


def _about(model: topics.TopicModel, said: pd.Series, topic: str) -> str:
    mine = model.documents.loc[model.documents["topic_id"] == topic, "feedback_id"]
    shares = said.loc[mine].value_counts(normalize=True)
    return f"{shares.index[0]} ({shares.iloc[0]:.0%} of its records)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--demo", action="store_true")
    chosen = parser.parse_args()
    leads(chosen.runs)
    false_alarms(chosen.runs)
    terms(chosen.runs // 2)
    if chosen.demo:
        demo()


if __name__ == "__main__":
    main()
