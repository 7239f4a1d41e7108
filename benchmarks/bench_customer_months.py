"""A million customer-months from raw tables: seconds and memory."""

import resource
import time

import numpy as np
import pandas as pd

from insights.analyses import churn


def main() -> None:
    rng = np.random.default_rng(5)
    n, k, months = 42_000, 250_000, 24
    ids = np.array([f"c{i}" for i in range(n)])
    joined = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1090, n), "D")
    people = pd.DataFrame(
        {"customer_id": ids, "started_at": joined, "plan": rng.choice(list("ab"), n)}
    )
    people["ended_at"] = pd.Series(
        pd.Timestamp("2023-01-02") + pd.to_timedelta(rng.integers(0, 720, n), "D")
    ).where(rng.random(n) < 0.02)
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{i}" for i in range(k)],
            "customer_id": rng.choice(ids, k),
            "created_at": (
                pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 730, k), "D")
            ).tz_localize("UTC"),
            "text": "words",
            "topic": rng.choice(list("abcdefgh"), k),
        }
    )
    usage = pd.DataFrame(
        {
            "customer_id": np.repeat(ids, months),
            "period_start": np.tile(pd.date_range("2023-01-01", periods=months, freq="MS"), n),
            "sessions": rng.poisson(20, n * months),
        }
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    begun = time.process_time()
    params = churn.Params()
    said = churn.mentions(feedback, params=params)
    periods = churn.person_periods(people, said, usage, params=params)
    exposed = periods.exposed(list("abcdefgh"))
    spent = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{periods.rows:,} customer-months, {k:,} mentions, {len(usage):,} usage records, "
          f"{exposed.shape[1]} topics: {spent:.1f} CPU s; peak memory {peak:.2f} GB, "
          f"{before:.2f} GB of it the input and libraries")  # fmt: skip


if __name__ == "__main__":
    main()
