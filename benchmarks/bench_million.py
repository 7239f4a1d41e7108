"""A million short texts embedded and assigned, in partitions; then two Dask workers beside one.

    python benchmarks/bench_million.py [--texts 1000000] [--dask 200000]
    python benchmarks/bench_million.py --study [--texts 1000000]

Texts are drawn from the demo's grammar, in both languages. A file of them is a partition, so that
memory is bounded; wall-clock minutes and the largest resident memory of all processes are shown.
`--study` writes them as the feedback of a study, with channel, date, a rating of three in ten and
five messages a customer, and runs collect, topics and sentiment from the command line.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from insights import scale
from insights.analyses import topics
from insights.analyses.topics.assignment import Assigner
from insights.analyses.topics.hierarchy import discover
from insights.enrich.words import normalise
from insights.synthetic.grammar import Draw
from insights.synthetic.messages import compose
from insights.synthetic.topics import TOPICS, topic_weights

PART = 20_000


def write(number: int, *, folder: Path, size: int) -> Path:
    rng = np.random.default_rng([3, number])
    draw = Draw(rng)
    weights = topic_weights("review", surged=False)
    texts = []
    for _ in range(size):
        mood = int(rng.integers(3))
        message = compose(
            draw,
            language="zh" if rng.random() < 0.3 else "en",
            topic=TOPICS[int(rng.choice(len(TOPICS), p=weights[mood] / weights[mood].sum()))],
            polarity=mood - 1,
            channel="review",
        )
        texts.append(message.text)
    path = folder / f"part{number:04d}.parquet"
    pd.DataFrame({"text": texts}).to_parquet(path, index=False)
    return path


STUDY = """study: million
title: Many records
sources:
  feedback:
    path: {folder}/feedback.csv
    columns: {{feedback_id: id, customer_id: who, created_at: at, channel: channel, text: text,
              rating: stars}}
    rating_scale: [1, 5]
"""


def through_a_study(folder: Path, paths: list[Path]) -> None:
    """Run three notebooks over all texts; print seconds of each and the largest process."""
    rng = np.random.default_rng(5)
    texts = pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)["text"]
    n = len(texts)
    days = pd.to_timedelta(rng.integers(730 * 86_400, size=n), unit="s")
    frame = pd.DataFrame(
        {
            "id": [f"f{i:07d}" for i in range(n)],
            "who": [f"c{i}" for i in rng.integers(n // 5, size=n)],
            "at": pd.Timestamp("2023-01-01") + days,
            "channel": rng.choice(["app", "web", "mail"], n),
            "text": texts,
            "stars": np.where(rng.random(n) < 0.3, rng.integers(1, 6, n), np.nan),
        }
    )
    frame.to_csv(folder / "feedback.csv", index=False)
    (folder / "million.yml").write_text(STUDY.format(folder=folder), encoding="utf-8")
    start = time.perf_counter()
    command = [sys.executable, "-m", "insights", "run", str(folder / "million.yml"), "--jobs", "2"]
    command += ["--only", "collect,topics,sentiment", "--output", str(folder / "outputs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the run ended with {done.returncode}: {done.stderr or done.stdout}")
    whole = time.perf_counter() - start
    ends = [json.loads(line) for line in done.stderr.splitlines() if '"event": "end"' in line]
    spent = ", ".join(f"{e['notebook']} {e['seconds']:.0f} s" for e in ends if e["seconds"] > 1)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"{n:,} records: {whole:.0f} s ({spent}); the largest process held {memory:.1f} GB")


def assign(path: Path, *, assigner: Assigner) -> int:
    keys = [normalise(text) for text in pd.read_parquet(path)["text"]]
    labels, probability = assigner(keys)
    frame = pd.DataFrame({"subtopic": labels, "probability": probability})
    frame.to_parquet(path.with_suffix(".topics"), index=False)
    return len(frame)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--texts", type=int, default=1_000_000)
    arguments.add_argument("--dask", type=int, default=200_000)
    arguments.add_argument("--study", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        numbers = range(-(-given.texts // PART))
        paths = scale.map_partitions(partial(write, folder=folder, size=PART), numbers, jobs=2)
        if given.study:
            return through_a_study(folder, paths)
        sample = pd.concat(pd.read_parquet(path) for path in paths[:2])["text"]
        start = time.perf_counter()
        keys = sorted({normalise(text) for text in sample} - {""})
        assigner = discover(keys, topics.Params()).assigner
        fitted = time.perf_counter() - start
        work = partial(assign, assigner=assigner)
        done = sum(scale.map_partitions(work, paths, jobs=2))
        whole = time.perf_counter() - start
        memory = sum(
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        print(f"{done:,} texts fitted ({fitted:.0f} s) and assigned in {whole:.0f} s on two "
              f"processes; this process and the largest of the others held at most "
              f"{memory / 1e6:.1f} GB", flush=True)  # fmt: skip
        some = paths[: max(2, given.dask // PART)]
        spent = {count: on_dask(work, some, count) for count in (1, 2, 1, 2)}
        print(f"{len(some) * PART:,} texts on Dask: one worker {spent[1]:.1f} s, two "
              f"{spent[2]:.1f} s: {spent[1] / spent[2]:.2f} times")  # fmt: skip


def on_dask(work, paths: list[Path], workers: int) -> float:
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        scale.map_partitions(work, paths[:workers], scheduler=cluster.scheduler_address)
        start = time.perf_counter()
        scale.map_partitions(work, paths, scheduler=cluster.scheduler_address)
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
