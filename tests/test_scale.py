import os
import signal
from functools import partial
from pathlib import Path

import pytest

from insights import scale


def _doubled(part, *, folder):
    """Double numbers; in the third partition the worker dies, once."""
    mark = Path(folder) / "died"
    if part[0] == 200 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return [2 * number for number in part]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_is_killed_half_way_changes_nothing(workers, tmp_path):
    from distributed import LocalCluster

    parts = [list(range(i, i + 100)) for i in range(0, 1000, 100)]
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
        work = partial(_doubled, folder=str(tmp_path))
        found = scale.map_partitions(work, parts, scheduler=cluster.scheduler_address)
    assert (tmp_path / "died").exists()
    assert found == [_doubled(part, folder=str(tmp_path)) for part in parts]
