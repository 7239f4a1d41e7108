"""Do labels name what a topic is about? Intents of two public sets are the topics, named blindly.

    python benchmarks/bench_labels.py DATA

Each intent's texts are named from the texts alone, and the label is compared with the intent's
name by word stems. The peer is BERTopic's own name: the four heaviest words of c-TF-IDF.
"hit": the label shares a stem with the name; "precision": share of the label's stems that are in
the name; "recall": share of the name's stems that are in the label.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from bertopic.vectorizers import ClassTfidfTransformer
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from insights.analyses.topics.keywords import topic_terms
from insights.analyses.topics.labels import word_topics
from insights.enrich.words import stem, stop_words

SETS = {"banking77": ("text", "category"), "clinc150": ("text", "intent")}


def stems(name: str) -> set[str]:
    words = re.findall(r"[a-z']+", name.lower().replace("_", " "))
    return {stem(word) for word in words if word not in stop_words() or word == "lost"}


def scores(labels: list[str], names: list[str]) -> str:
    pairs = [(stems(label), stems(name)) for label, name in zip(labels, names, strict=True)]
    hit = np.mean([bool(a & b) for a, b in pairs])
    precision = np.mean([len(a & b) / max(len(a), 1) for a, b in pairs])
    recall = np.mean([len(a & b) / max(len(b), 1) for a, b in pairs])
    words = np.mean([len(re.findall(r"[A-Za-z']+", label)) for label in labels])
    return (
        f"hit {hit:.2f}, precision {precision:.2f}, recall {recall:.2f}, {words:.1f} words, "
        f"{len(set(labels))} different of {len(labels)}"
    )


def main(folder: Path) -> None:
    for name, (text, truth) in SETS.items():
        frame = pd.read_csv(next((folder / name).glob("*.csv.gz"))).dropna(subset=[text, truth])
        frame = frame[frame[truth] != "oos"].drop_duplicates(text).sort_values(text)
        code, names = pd.factorize(frame[truth], sort=True)
        counter = CountVectorizer(analyzer=topic_terms)
        counts = counter.fit_transform(frame[text])
        rows = (np.ones(len(code)), (code, np.arange(len(code))))
        by_topic = sparse.csr_matrix(rows, shape=(len(names), len(code))) @ counts
        scale = ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True)
        weights = sparse.csr_matrix(scale.fit(by_topic).transform(by_topic))
        terms = counter.get_feature_names_out()
        found = word_topics(
            frame[text].tolist(),
            code,
            weights=weights,
            terms=terms,
            han_share=np.zeros(len(names)),
        )
        top = [weights[k].toarray()[0].argsort()[::-1][:4] for k in range(len(names))]
        peer = [" ".join(terms[i] for i in chosen) for chosen in top]
        print(f"{name}: phrases {scores(found.labels, list(names))}")
        print(f"{name}: four words of c-TF-IDF {scores(peer, list(names))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
