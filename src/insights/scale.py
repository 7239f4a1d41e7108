"""One function over many partitions: joblib on this machine, Dask beyond."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from joblib import Parallel, delayed

__all__ = ["map_partitions"]


def map_partitions(
    function: Callable[[Any], Any],
    partitions: Iterable[Any],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
) -> list[Any]:
    """Return `[function(p) for p in partitions]`, in that order, computed in parallel.

    Parameters
    ----------
    function
        A picklable function of one partition (a frame, or the path of a Parquet file).
    partitions
        What it is applied to; memory is bounded by `jobs` partitions at a time.
    jobs
        Local processes; 1 runs in this one. Ignored when `scheduler` is given.
    scheduler
        Address of a Dask scheduler, such as ``tcp://host:8786``; by default the one that
        `insights run --scheduler` names through INSIGHTS_SCHEDULER, if any.
    """
    scheduler = scheduler or os.environ.get("INSIGHTS_SCHEDULER")
    if scheduler:
        from distributed import Client

        with Client(scheduler) as client:
            # the function may hold a fitted model: sent once a worker, not with every partition
            sent = client.scatter(function, broadcast=True, hash=False)
            parts = list(partitions)
            return client.gather(client.map(_call, [sent] * len(parts), parts, pure=False))
    return Parallel(n_jobs=jobs)(delayed(function)(part) for part in partitions)


def _call(function: Callable[[Any], Any], part: Any) -> Any:
    return function(part)
