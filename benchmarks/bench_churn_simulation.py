"""The churn method on planted worlds: bias, coverage, errors, false findings; run it for hours.

`python benchmarks/bench_churn_simulation.py [runs] [world …]`: 500 runs of every world by
default, 3,000 customers and 18 months each, seeds 50,000 and up. One line a topic.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from insights.analyses import churn
from insights.analyses.churn import naive

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "analyses" / "churn"))
from planted_leavers import planted_leavers

WORLDS = ("plain", "mediation", "label noise", "curved tenure", "accounts", "segments")
TOPICS = list("ABCDEF")
Z = 1.959964


def one_run(seed: int, world: str) -> list[dict]:
    frames, planted = planted_leavers(3000, 18, np.random.default_rng(seed), world=world)
    params = churn.Params(
        fdr=0.1,  # as in docs/methods/churn.md
        account="account_id" if world == "accounts" else "",
        label_precision=_precision(frames["feedback"]) if world == "label noise" else 0,
    )
    said = churn.mentions(frames["feedback"], params=params)
    periods = churn.person_periods(frames["customers"], said, frames["usage"], params=params)
    found = churn.hazard_ratios(periods)
    table = found.table().set_index("topic_id")
    beside = {}
    if world == "plain":
        beside = {
            "ever": naive.ever_never(periods, TOPICS)[0],
            "same": naive.same_month(periods, TOPICS)[0],
            "plain": naive.unadjusted(periods, TOPICS)[0],
        }
    if world == "mediation":
        total = churn.sensitivity(periods, found, ways=("usage from before the window",)).rows
        total = total[total["way"] == "usage from before the window"].set_index("topic_id")
        beside = {"total": np.log(total["odds_ratio"].reindex(TOPICS).to_numpy())}
    if world == "label noise":
        fixed = churn.label_noise(periods, found).rows.set_index("topic_id").reindex(TOPICS)
        beside = {
            "righted": np.log(fixed["corrected"].to_numpy()),
            "righted_low": np.log(fixed["corrected_low"].to_numpy()),
            "righted_high": np.log(fixed["corrected_high"].to_numpy()),
        }
    rows = []
    for place, topic in enumerate(TOPICS):
        got, truth = table.loc[topic], planted.log_odds[topic]
        row = {"seed": seed, "topic": topic, "truth": truth, "events": periods.events,
               "rows": periods.rows, "reported": got["status"] == "reported"}  # fmt: skip
        if np.isfinite(got["odds_ratio"]):
            low, high = np.log(got["low"]), np.log(got["high"])
            row |= {
                "estimate": np.log(got["odds_ratio"]),
                "se": (high - low) / (2 * Z),
                "covered": low <= truth <= high,
                "money": got["mrr_at_risk"],
                "money_truth": planted.money[topic],
                "money_covered": got["mrr_low"] <= planted.money[topic] <= got["mrr_high"],
            }
        rows.append(row | {key: values[place] for key, values in beside.items()})
    return rows


def one_run_by_segment(seed: int) -> list[dict]:
    """A in the north alone; by plan A's effect is a mixture, which has no truth to be covered."""
    frames, planted = planted_leavers(3000, 18, np.random.default_rng(seed), world="segments")
    params = churn.Params(fdr=0.1)  # as in docs/methods/churn.md
    said = churn.mentions(frames["feedback"], params=params)
    periods = churn.person_periods(frames["customers"], said, frames["usage"], params=params)
    found = churn.by_segment(periods, churn.hazard_ratios(periods))
    rows = []
    for row in found.rows.itertuples(index=False):
        truth = planted.log_odds[row.topic_id]
        if row.topic_id == "A":
            truth = {"north": truth, "south": 0.0}.get(row.level, np.nan)
        log, low, high = np.log([row.odds_ratio, row.low, row.high])
        rows.append(
            {"seed": seed, "topic": f"{row.topic_id} {row.level}", "truth": truth,
             "events": periods.events, "rows": periods.rows, "method": found.method,
             "status": row.status, "exposed": row.exposed_churners,
             "reported": row.status == "reported", "estimate": log, "se": (high - low) / (2 * Z),
             "covered": float(low <= truth <= high) if np.isfinite(truth) else np.nan,
             "money": np.nan, "money_truth": np.nan, "money_covered": np.nan}
        )  # fmt: skip
    return rows


def _precision(feedback: pd.DataFrame) -> float:
    """Share of right labels, as hand-checked labels would show: four fifths, and some by luck."""
    share = feedback["topic"].value_counts(normalize=True).to_numpy()
    return round(0.8 + 0.2 * float((share**2).sum()), 3)


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    known = runs[runs["estimate"].notna()]
    groups = known.groupby("topic")
    mean = groups["estimate"].mean()
    told = pd.DataFrame(
        {
            "runs": groups.size(),
            "truth": groups["truth"].first(),
            "mean": mean,
            "bias": mean - groups["truth"].first(),
            "cover": groups["covered"].mean(),
            "se_ratio": groups["se"].mean() / groups["estimate"].std(ddof=1),
            "reported": groups["reported"].mean(),
            "money": groups["money"].mean(),
            "money_truth": groups["money_truth"].mean(),
            "money_cover": groups["money_covered"].mean(),
        }
    )
    for way in ("ever", "same", "plain", "total", "righted"):
        if way in runs:
            told[way] = runs.groupby("topic")[way].mean()
    if "righted" in runs:
        inside = known["truth"].between(known["righted_low"], known["righted_high"])
        error = (known["righted_high"] - known["righted_low"]) / (2 * Z)
        told["righted_ratio"] = error.groupby(known["topic"]).mean() / (
            known["righted"].groupby(known["topic"]).std(ddof=1)
        )
        told["righted_cover"] = inside.groupby(known["topic"]).mean()
    return told


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for world in [" ".join(sys.argv[2:])] if len(sys.argv) > 2 else WORLDS:
        run = one_run_by_segment if world == "segments" else partial(one_run, world=world)
        runs = pd.DataFrame([row for seed in range(count) for row in run(50_000 + seed)])
        false = runs["reported"] & (runs["truth"] == 0)
        by_run = pd.DataFrame({"seed": runs["seed"], "false": false, "all": runs["reported"]})
        by_run = by_run.groupby("seed").sum()
        share = (by_run["false"] / by_run["all"].clip(lower=1)).mean()
        print(f"\n{world}: {count} runs, on average {runs['events'].mean():.0f} leavers and "
              f"{runs['rows'].mean():,.0f} customer-months; mean false discovery proportion "
              f"{share:.3f}")  # fmt: skip
        told = summary(runs)
        if world == "segments":
            told = told.drop(columns=["money", "money_truth", "money_cover"])
            told["exposed"] = runs.groupby("topic")["exposed"].mean()
            told["suppressed"] = (runs["status"] == "suppressed").groupby(runs["topic"]).mean()
        print(told.round(3).to_string(), flush=True)


if __name__ == "__main__":
    main()
