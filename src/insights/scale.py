"""One function over many partitions: joblib on this machine, Dask beyond."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from joblib import Parallel, cpu_count, delayed

from insights.errors import ParamsError

__all__ = ["check_scheduler", "in_parts", "map_partitions", "map_rows"]

_PARTITION = 20_000  # rows of one partition
_MANY = 5  # partitions from which every core is used
_ANSWER_SECONDS = 10.0
_TRIES = 3  # of a cluster that lost what was sent to it


def map_partitions(
    function: Callable[[Any], Any],
    partitions: Iterable[Any],
    *,
    jobs: int | None = 1,
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
        Local processes; 1 runs in this one, None takes every core from five partitions up.
        Ignored when `scheduler` is given.
    scheduler
        Address of a Dask scheduler, such as ``tcp://host:8786``; by default the one that
        `insights run --scheduler` names through INSIGHTS_SCHEDULER, if any.
    """
    parts = list(partitions)
    scheduler = scheduler or os.environ.get("INSIGHTS_SCHEDULER")
    if scheduler:
        return _on_cluster(function, parts, scheduler)
    if jobs is None:
        jobs = cpu_count() if len(parts) >= _MANY else 1
    return Parallel(n_jobs=jobs)(delayed(function)(part) for part in parts)


def in_parts(rows: Any) -> list[Any]:
    """Cut rows, a sequence or an array, into partitions of 20,000."""
    return [rows[i : i + _PARTITION] for i in range(0, len(rows), _PARTITION)]


def map_rows(function: Callable[[Sequence[Any]], Iterable[Any]], rows: Sequence[Any]) -> list[Any]:
    """Return what `function` makes of each row, asked a partition at a time.

    `function` is picklable and gives one result a row, whatever stands beside it.
    """
    return list(chain.from_iterable(map_partitions(function, in_parts(rows), jobs=None)))


def _on_cluster(
    function: Callable[[Any], Any], parts: list[Any], scheduler: str, tries: int = _TRIES
) -> list[Any]:
    """Ask a Dask cluster; what a worker that dies had is asked of the others."""
    from distributed import Client
    from distributed.client import FutureCancelledError

    try:
        with Client(scheduler) as client:
            # the function may hold a fitted model: sent once a worker, not with every partition
            sent = client.scatter(function, broadcast=True, hash=False)
            return client.gather(client.map(_call, [sent] * len(parts), parts, pure=False))
    except FutureCancelledError:  # no worker is left that holds the function
        if tries == 1:
            raise
    return _on_cluster(function, parts, scheduler, tries - 1)


def _call(function: Callable[[Any], Any], part: Any) -> Any:
    return function(part)


def check_scheduler(address: str) -> None:
    """Raise ParamsError unless a Dask scheduler answers at the address: it speaks first."""
    scheme, sign, place = address.rpartition("://")
    host, _, port = place.rpartition(":")
    if sign and scheme not in ("tcp", "tls"):
        return  # only Dask itself knows how to reach it
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS) as there:
            if scheme != "tls" and not there.recv(1):
                raise ConnectionError("what answers there is no Dask scheduler")
    except (OSError, ValueError) as error:
        raise ParamsError(
            f"--scheduler {address}: cannot be reached ({error}); nothing was started. "
            f"Write it as tcp://HOST:PORT, the address that `dask scheduler` prints."
        ) from None
