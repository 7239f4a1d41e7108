"""Polarity on public sets beside word lists: area under the curve, calibration, F1, throughput.

    INSIGHTS_TEST_DATA=… python benchmarks/bench_sentiment.py [--texts 4000] [--seeds 3]
        [--peers FOLDER]

`--peers` is a folder into which TextBlob, SnowNLP and cnsenti were installed (`pip install
--target FOLDER textblob snownlp cnsenti`); without it they are left out and said to be. Ratings
are seeded random samples; every figure is on the texts that were not sampled. Texts that SnowNLP's
corpus holds are not told apart here: the head was fitted without the texts of these sets.

`--student` is the path of a study of many texts: the teacher reads 5,000, or two thirds of a
smaller set, and figures are on texts that it did not read, which are scored by their words alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from insights.enrich import polarity, reading
from insights.enrich.lexicon import lexicon_scores
from insights.enrich.ngrams import COLUMNS, occurrences
from insights.enrich.polarity import CLASSES, Polarity, score_polarity

_SETS = {
    "airline": ("us_airline_tweets/us_airline_tweets_shared.csv.gz", "text", "airline_sentiment"),
    "alexa": ("amazon_alexa/amazon_alexa.csv.gz", "verified_reviews", "rating"),
    "waimai": ("waimai_10k/waimai_10k_shared.csv.gz", "review", "label"),
    "hotel": ("chnsenticorp_hotel/chnsenticorp_hotel_shared.csv.gz", "review", "label"),
    "shopping": (
        "online_shopping_10_cats/online_shopping_10_cats_shared.csv.gz",
        "review",
        "label",
    ),
}
_RARE = {
    "jd_electronics": ("jd_electronics/jd_electronics_shared.csv.gz", "content", "score"),
    "gplay_netflix": ("gplay_netflix/gplay_netflix_shared.csv.gz", "content", "score"),
}
_TARGET = {
    0: {"airline": 0.92, "alexa": 0.91, "waimai": 0.86, "hotel": 0.86, "shopping": 0.90},
    200: {"airline": 0.945, "alexa": 0.925, "waimai": 0.90, "hotel": 0.89, "shopping": 0.91},
    1000: {"airline": 0.96, "alexa": 0.96, "waimai": 0.925, "hotel": 0.925, "shopping": 0.945},
}
_ECE = {0: 0.10, 200: 0.05, 1000: 0.03}


def main() -> None:
    """Print one table a question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=4000, help="texts of a set")
    parser.add_argument("--seeds", type=int, default=3, help="samples of ratings")
    parser.add_argument("--peers", type=Path, help="folder with TextBlob, SnowNLP and cnsenti")
    parser.add_argument("--student", action="store_true", help="as in a study of many texts")
    parser.add_argument("--only", default="", help="one of: accuracy, all, rare, speed, peers")
    args = parser.parse_args()
    root = Path(os.environ["INSIGHTS_TEST_DATA"])
    if args.peers:
        sys.path.append(str(args.peers))
    _remember_the_teacher()
    sets = {name: _load(root, *spec, args.texts) for name, spec in _SETS.items()}
    if args.only in ("", "accuracy"):
        _accuracy(sets, args.seeds, args.student)
    if args.only in ("", "all"):
        _all_ratings(sets)
    if args.only in ("", "rare"):
        _rare({name: _load(root, *spec, args.texts) for name, spec in _RARE.items()})
    if args.only in ("", "peers"):
        _peers(sets)
    if args.only in ("", "speed"):
        _speed(sets)


def _remember_the_teacher() -> None:
    """The teacher's vector of a text is the same in every run: read each text once."""
    memory: dict[str, np.ndarray] = {}
    teach = reading.teach

    def remembered(texts: list[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in memory]
        if new:
            memory.update(zip(new, teach(new), strict=True))
        return np.array([memory[text] for text in texts])

    reading.teach = remembered


def _load(root: Path, path: str, text: str, label: str, most: int) -> tuple[list[str], np.ndarray]:
    frame = pd.read_csv(root / path)
    frame = frame.dropna(subset=[text, label])
    if len(frame) > most:
        frame = frame.sample(most, random_state=7)
    values = frame[label]
    if label == "label":
        rating = values.to_numpy(float)
    elif label == "airline_sentiment":
        rating = values.map({"negative": 0.0, "neutral": 0.5, "positive": 1.0}).to_numpy(float)
    else:
        rating = (values.to_numpy(float) - 1) / 4
    return frame[text].astype(str).tolist(), rating


def _auc(score: np.ndarray, rating: np.ndarray) -> float:
    """Positive against negative, neutral left out."""
    good, bad = score[rating > 0.6], score[rating < 0.4]
    ranks = rankdata(np.r_[good, bad])[: len(good)]
    return (ranks.sum() - len(good) * (len(good) + 1) / 2) / (len(good) * len(bad))


def _ece(probability: np.ndarray, happened: np.ndarray) -> float:
    parts = np.array_split(np.argsort(probability, kind="stable"), 10)
    gaps = [len(i) * abs(probability[i].mean() - happened[i].mean()) for i in parts]
    return sum(gaps) / len(happened)


def _f1(label: np.ndarray, rating: np.ndarray) -> float:
    truth = np.array(CLASSES)[np.where(rating < 0.4, 0, np.where(rating <= 0.6, 1, 2))]
    found = []
    for name in sorted(set(truth)):
        hit = np.sum((truth == name) & (label == name))
        found.append(2 * hit / (np.sum(truth == name) + np.sum(label == name)))
    return float(np.mean(found))


def _accuracy(sets: dict, seeds: int, student: bool) -> None:
    print("set        ratings   AUC  target   ECE  target  macro-F1  engine")
    for name, (texts, rating) in sets.items():
        for n in (0, 200, 1000):
            rows = [_once(texts, rating, n, seed, student) for seed in range(seeds if n else 1)]
            area, ece, f1 = np.mean([row[:3] for row in rows], axis=0)
            print(
                f"{name:10} {n:7}  {area:.3f}  {_TARGET[n][name]:.3f}  {ece:.3f}  {_ECE[n]:.2f}"
                f"    {f1:.3f}   {rows[0][3]}",
                flush=True,
            )


def _once(texts: list[str], rating: np.ndarray, n: int, seed: int, student: bool) -> tuple:
    shown = np.full(len(texts), np.nan)
    at = np.random.default_rng(seed).choice(len(texts), n, replace=False)
    shown[at] = rating[at]
    found, read = _scored(texts, shown, seed, student)
    rest = np.setdiff1d(np.arange(len(texts)), np.r_[at, read] if student else at)
    rest = rest[found.method[rest] != "empty"]
    sided = rest[(rating[rest] < 0.4) | (rating[rest] > 0.6)]
    p = found.probability
    log = np.log(p[:, 2] + 1e-9) - np.log(p[:, 0] + 1e-9)
    # among the three classes where neutral ones were learnt, else of the two sides
    if n and "neutral" in found.learnt:
        ece = _ece(p[rest, 2], rating[rest] > 0.6)
    else:
        ece = _ece(p[sided, 2], rating[sided] > 0.6)
    area = _auc(log[sided], rating[sided])
    return area, ece, _f1(found.label[rest], rating[rest]), found.engine


def _scored(
    texts: list[str], rating: np.ndarray, seed: int, student: bool
) -> tuple[Polarity, np.ndarray]:
    """Score texts; also which of them the teacher read."""
    readings: list[reading.Reading] = []

    def kept(*args: object, **settings: object) -> reading.Reading:
        readings.append(reading.read_texts(*args, **settings))
        return readings[-1]

    most = (0, min(reading._SAMPLE, 2 * len(texts) // 3))
    whole, sample = most if student else (reading._WHOLE, reading._SAMPLE)
    with (
        mock.patch.multiple(reading, _WHOLE=whole, _SAMPLE=sample),
        mock.patch.object(polarity, "read_texts", kept),
    ):
        found = score_polarity(texts, rating, seed=seed)
    return found, readings[0].taught


def _all_ratings(sets: dict) -> None:
    """Every text has a rating: what could be had of a set, by models that saw no copy of a text."""
    print("\nAUC out of fold, all ratings used")
    for name, (texts, rating) in sets.items():
        found = score_polarity(texts, rating, seed=7)
        sided = ((rating < 0.4) | (rating > 0.6)) & (found.method != "empty")
        p = found.probability[sided]
        area = _auc(np.log(p[:, 2] + 1e-9) - np.log(p[:, 0] + 1e-9), rating[sided])
        print(f"{name:10} {len(texts):6} ratings  {area:.3f}", flush=True)


def _rare(sets: dict) -> None:
    print("\nprecision and recall of the negative class, out of fold, all ratings used")
    for name, (texts, rating) in sets.items():
        found = score_polarity(texts, rating, seed=7)
        bad = rating < 0.4
        order = np.argsort(-found.probability[:, 0], kind="stable")
        hits = np.cumsum(bad[order])
        precision = hits / np.arange(1, len(bad) + 1)
        average = float(precision[bad[order]].mean())
        said = found.label == "negative"
        print(
            f"{name:15} n {len(bad)}, negative {bad.mean():.3f}: average precision {average:.3f}; "
            f"labels: precision {np.mean(bad[said]):.3f}, recall {np.mean(said[bad]):.3f}; "
            + "; ".join(
                f"precision {precision[np.searchsorted(hits, q * bad.sum())]:.3f} at recall {q:.0%}"
                for q in (0.5, 0.7, 0.9)
            )
        )


def _scorers() -> dict[str, tuple[str, Callable[[str], float]]]:
    """Peers by name: language, and a function from text to score."""
    vader = SentimentIntensityAnalyzer()
    found: dict = {"VADER": ("en", lambda text: vader.polarity_scores(text)["compound"])}
    try:
        from textblob import TextBlob

        found["TextBlob"] = ("en", lambda text: TextBlob(text).sentiment.polarity)
    except ImportError as error:
        print(f"TextBlob left out: {error}")
    try:
        from snownlp import SnowNLP

        found["SnowNLP"] = ("zh", lambda text: SnowNLP(text).sentiments if text.strip() else 0.5)
    except ImportError as error:
        print(f"SnowNLP left out: {error}")
    try:
        from cnsenti import Sentiment

        counter = Sentiment()

        def counted(text: str) -> float:
            found = counter.sentiment_calculate(text)
            return found["pos"] - found["neg"]

        found["cnsenti"] = ("zh", counted)
    except ImportError as error:
        print(f"cnsenti left out: {error}")
    return found


def _peers(sets: dict, most: int = 600) -> None:
    print("\nAUC of peers and of word lists")
    scorers = _scorers()
    for name, (texts, rating) in sets.items():
        language = "en" if name in ("airline", "alexa") else "zh"
        part = [f"own lists {_auc(lexicon_scores(texts), rating):.3f}"]
        for peer, (spoken, scorer) in scorers.items():
            if spoken == language:
                n = len(texts) if peer in ("VADER", "TextBlob") else most
                at = np.random.default_rng(7).permutation(len(texts))[:n]
                score = np.array([scorer(texts[i]) for i in at])
                part.append(f"{peer} {_auc(score, rating[at]):.3f}")
        print(f"{name:10} " + ", ".join(part), flush=True)


def _cpu(call: Callable[[], object], n: int) -> float:
    start = time.process_time()
    call()
    return n / (time.process_time() - start)


def _speed(sets: dict) -> None:
    """Features and scoring by the student, whose weights are those of a study of many texts."""
    print("\ntexts a second, one core, features and scoring")
    rng = np.random.default_rng(0)
    idf, weights = rng.uniform(1, 9, COLUMNS), rng.normal(size=(COLUMNS, 3))
    for name, (texts, _) in sets.items():
        ours = max(
            _cpu(lambda t=texts: occurrences(t).product(idf, weights), len(texts)) for _ in range(3)
        )
        language = "en" if name in ("airline", "alexa") else "zh"
        line = f"{name:10} student {ours:9.0f}"
        for peer, (spoken, scorer) in _scorers().items():
            if spoken == language:
                few = texts[: 2000 if spoken == "en" else 200]
                theirs = _cpu(lambda s=scorer, t=few: [s(text) for text in t], len(few))
                line += f"; {peer} {theirs:7.0f} (ratio {ours / theirs:.1f})"
        print(line, flush=True)


if __name__ == "__main__":
    main()
