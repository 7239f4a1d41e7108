"""A million short texts embedded and assigned, in partitions; then two Dask workers beside one.

    python benchmarks/bench_million.py [--texts 1000000] [--dask 200000]

Texts are drawn from the demo's grammar, in both languages. A file of them is a partition, so that
memory is bounded; wall-clock minutes and the largest resident memory of all processes are shown.
"""

import argparse
import resource
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
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        numbers = range(-(-given.texts // PART))
        paths = scale.map_partitions(partial(write, folder=folder, size=PART), numbers, jobs=2)
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
