"""Aspect and polarity on messages of the demo grammar whose aspects are known.

    python benchmarks/bench_aspects.py --reviews 300
    python benchmarks/bench_aspects.py [--seed 300] [--messages 300] [--rated 4000] [--unseen]

A study of `--rated` rated messages (stars drawn as the demo's are, so that they are noisy and say
nothing of aspects) and of `--messages` unrated ones is drawn from the grammar; only the latter are
looked at. Messages about nothing on the list (praise, leaving) are among them. With `--unseen` the
rated messages use one half of the grammar's clauses and the others the other half. A message's
planted pairs are its topic with its mood and its second topic with the opposite mood; what is
found is one pair an aspect and message, by the sum over its clauses. Aspects that the grammar does
not plant (of the list that is shipped) are not counted.

With `--reviews`, real airline reviews (INSIGHTS_TEST_DATA) instead: the rank correlation of an
aspect's score in a review with the sub-rating its author gave, which nothing was learnt from.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.stats import spearmanr

from insights.analyses import sentiment
from insights.synthetic.grammar import Draw, Grammar, grammar
from insights.synthetic.messages import compose
from insights.synthetic.topics import TOPICS

_STARS = np.cumsum(  # of 1 to 4 stars, for negative, neutral, positive: as the demo's
    [[0.56, 0.30, 0.11, 0.02], [0.04, 0.16, 0.58, 0.18], [0.0, 0.02, 0.10, 0.33]], axis=1
)
_SUB_RATINGS = {
    "food": "Food&Beverages",
    "service": "CabinStaffService",
    "comfort": "SeatComfort",
    "price": "ValueForMoney",
    "waiting": "GroundService",
    "baggage": "GroundService",
}
_WITHOUT = ("praise", "leaving")
_MOODS = {-1: "negative", 0: "neutral", 1: "positive"}
_STUDY = Path(__file__).parents[1] / "params" / "demo.yml"


def main() -> None:
    """Print precision, recall and F1, of the aspect alone and with its polarity."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=300)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--rated", type=int, default=4000)
    parser.add_argument("--chinese", type=float, default=0.4)
    parser.add_argument("--unseen", action="store_true", help="test on clauses not rated before")
    parser.add_argument("--show", type=int, default=0, help="mistakes to print")
    parser.add_argument("--reviews", type=int, default=0, help="airline reviews to read instead")
    args = parser.parse_args()
    if args.reviews:
        _airline(args.reviews, args.seed, args.show)
        return
    rng, other = (np.random.default_rng([args.seed, k]) for k in range(2))
    rated, _ = drawn(rng, args.rated, "r", chinese=args.chinese, half=0 if args.unseen else None)
    rated["rating"] = _ratings(rng, rated["polarity"].to_numpy(int))
    tested, planted = drawn(
        other, args.messages, "t", chinese=args.chinese, half=1 if args.unseen else None
    )
    feedback = pd.concat([rated, tested.assign(rating=np.nan)], ignore_index=True)
    if not args.rated:
        feedback = tested.assign(rating=np.nan)
    words = yaml.safe_load(_STUDY.read_text("utf-8"))["notebooks"]["sentiment"]["aspect_words"]
    params = sentiment.Params(aspect_words=words)
    found = sentiment.aspects(feedback, params=params).messages
    found = found[found["feedback_id"].isin(tested["feedback_id"]) & found["aspect"].isin(TOPICS)]
    pairs = set(zip(found["feedback_id"], found["aspect"], found["label"], strict=True))
    for name, keys in _groups(tested, planted).items():
        _report(name, {p for p in planted if p[0] in keys}, {p for p in pairs if p[0] in keys})
    text = tested.set_index("feedback_id")["text"]
    for key in sorted({p[0] for p in planted ^ pairs})[: args.show]:
        print(text[key])
        print("    planted", sorted(p[1:] for p in planted if p[0] == key))
        print("    found  ", sorted(p[1:] for p in pairs if p[0] == key))


def _airline(n: int, seed: int, show: int) -> None:
    path = Path(os.environ["INSIGHTS_TEST_DATA"]) / "ba_airline_reviews"
    frame = pd.read_csv(next(path.glob("*.csv.gz")))
    frame = frame.dropna(subset=["ReviewBody", "OverallRating"]).sample(n, random_state=seed)
    frame["feedback_id"] = [f"r{i:04d}" for i in range(n)]
    feedback = pd.DataFrame(
        {
            "feedback_id": frame["feedback_id"],
            "text": frame["ReviewBody"].astype(str),
            "rating": (frame["OverallRating"].astype(float) - 1) / 9,
        }
    )
    result = sentiment.aspects(feedback, params=sentiment.Params())
    found = result.messages
    rng = np.random.default_rng(seed)
    print(f"{n} reviews, engine {result.engine}, {len(found)} pairs of review and aspect")
    for aspect, column in _SUB_RATINGS.items():
        both = found[found["aspect"] == aspect].merge(frame, on="feedback_id")
        both = both.dropna(subset=[column])
        pairs = both[["score", column]].to_numpy(float)
        drawn_again = [
            spearmanr(*pairs[rng.integers(0, len(pairs), len(pairs))].T).statistic
            for _ in range(500)
        ]
        low, high = np.nanquantile(drawn_again, [0.025, 0.975])
        rank = spearmanr(*pairs.T).statistic
        print(f"{aspect:12} {column:24} {rank:+.2f} [{low:+.2f}, {high:+.2f}] n {len(pairs)}")
    for key in frame["feedback_id"][:show]:
        row = frame.set_index("feedback_id").loc[key]
        print(key, {c: row[c] for c in ("OverallRating", *dict.fromkeys(_SUB_RATINGS.values()))})
        for item in result.records[result.records["feedback_id"] == key].itertuples():
            print(f"    {item.aspect}: {item.label} {item.score:+.2f} | {item.span[:160]}")


def drawn(
    rng: np.random.Generator, n: int, prefix: str, *, chinese: float, half: int | None
) -> tuple[pd.DataFrame, set[tuple[str, str, str]]]:
    """Draw messages, and the planted (message, aspect, label); every topic as often."""
    draw, rows, planted = Draw(rng), [], set()
    for number in range(n):
        language = "zh" if draw.chance(chinese) else "en"
        topic = draw.pick(TOPICS)
        said = grammar(language).clauses
        mood = draw.pick([m for m, name in _MOODS.items() if (topic, name) in said])
        channel = draw.pick(("ticket", "review", "survey"))
        with _halved(language, half):
            made = compose(draw, language=language, topic=topic, polarity=mood, channel=channel)
        key = f"{prefix}{number:05d}"
        rows.append((key, made.text, language, mood, made.second_topic is not None))
        if topic not in _WITHOUT:
            planted.add((key, topic, _MOODS[mood]))
        if made.second_topic:
            planted.add((key, made.second_topic, _MOODS[made.second_polarity or 0]))
    columns = ["feedback_id", "text", "language", "polarity", "mixed"]
    return pd.DataFrame(rows, columns=columns), planted


class _halved:
    """The grammar with every second clause of each list, while inside."""

    def __init__(self, language: str, half: int | None) -> None:
        self.words: Grammar = grammar(language)
        self.half = half

    def __enter__(self) -> None:
        self.whole = dict(self.words.clauses)
        if self.half is not None:
            for key, lines in self.whole.items():
                self.words.clauses[key] = lines[self.half :: 2] or lines

    def __exit__(self, *_: object) -> None:
        self.words.clauses.update(self.whole)


def _ratings(rng: np.random.Generator, polarity: np.ndarray) -> np.ndarray:
    draw = rng.random((len(polarity), 1))
    return (draw > _STARS[polarity + 1]).sum(axis=1) / 4


def _groups(tested: pd.DataFrame, planted: set) -> dict[str, set[str]]:
    key = tested["feedback_id"]
    return {
        "all": set(key),
        "English": set(key[tested["language"] == "en"]),
        "Chinese": set(key[tested["language"] == "zh"]),
        "two aspects": set(key[tested["mixed"]]),
    }


def _report(name: str, planted: set, found: set) -> None:
    line = [f"{name:12} {len({p[0] for p in planted}):4} messages, {len(planted):4} planted:"]
    for what, one, other in (
        ("aspect", {p[:2] for p in planted}, {p[:2] for p in found}),
        ("aspect and polarity", planted, found),
    ):
        hit = len(one & other)
        precision, recall = hit / max(len(other), 1), hit / max(len(one), 1)
        f1 = 2 * hit / max(len(one) + len(other), 1)
        line.append(f"{what} P {precision:.3f} R {recall:.3f} F1 {f1:.3f};")
    print(" ".join(line), flush=True)


if __name__ == "__main__":
    main()
