"""Speed of `tokens` beside its parts: MB of UTF-8 a CPU second, best of five, in one run.

    python benchmarks/bench_words.py DATA

DATA is the folder of public sets (banking77, ba_airline_reviews, online_shopping_10_cats). The
peers are what a plain tokeniser would be: scikit-learn's default for English (words of two letters
and more) and, for Chinese, NFKC and one call of rjieba over the whole text, noise included.
"""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import rjieba
from sklearn.feature_extraction.text import CountVectorizer

from insights.enrich.words import Tokeniser, tokens

SETS = {
    "banking77": ("banking77", "text", "english"),
    "ba_airline_reviews": ("ba_airline_reviews", "ReviewBody", "english"),
    "online_shopping_10_cats": ("online_shopping_10_cats", "review", "chinese"),
}


def chinese(text: str) -> list[str]:
    return rjieba.cut(unicodedata.normalize("NFKC", text).lower())


def seconds(function: Callable[[str], list[str]], texts: list[str]) -> float:
    start = time.process_time()
    for text in texts:
        function(text)
    return time.process_time() - start


def main(folder: Path) -> None:
    peers = {"english": CountVectorizer().build_analyzer(), "chinese": chinese}
    ours = {"tokens": tokens, "with 500 terms": Tokeniser.of(f"{i:03d} word" for i in range(500))}
    for name, (place, column, language) in SETS.items():
        frame = pd.read_csv(next((folder / place).glob("*.csv.gz")))
        texts = frame[column].dropna().astype(str).tolist()[:8_000]
        size = sum(len(text.encode()) for text in texts) / 1e6
        runs = {**ours, "peer": peers[language]}
        best = dict.fromkeys(runs, float("inf"))
        for _ in range(5):  # alternating, so that a busy machine is busy for all
            for label, function in runs.items():
                best[label] = min(best[label], seconds(function, texts))
        told = ", ".join(f"{label} {size / took:.1f} MB/s" for label, took in best.items())
        print(f"{name} ({size:.1f} MB): {told}; peer / ours {best['peer'] / best['tokens']:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
