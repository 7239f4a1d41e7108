"""The mean ahead of real series whose end was held back: coverage, and kept against the blend.

    INSIGHTS_TEST_DATA=… python benchmarks/bench_mean_ahead.py [--seed 20261130] [--each 14,10,16]

Weekly, daily and monthly series, each a study of its own, cut at an end drawn with the seed. Only
every second weekly and monthly series is drawn from; the constants were chosen on the others.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from insights.analyses import forecast
from insights.errors import DataError
from insights.stats.intervals import wilson

HORIZON = {"weekly": 13, "daily": 28, "monthly": 12}
LEAST = {"weekly": 112, "daily": 400, "monthly": 60}  # values before the end that is held back


def sources() -> dict[str, dict[str, pd.DataFrame]]:
    """Frequency to name to date and value."""
    root = Path(os.environ["INSIGHTS_TEST_DATA"])
    found: dict[str, dict[str, pd.DataFrame]] = {"weekly": {}, "daily": {}, "monthly": {}}
    walmart = pd.read_csv(root / "walmart_weekly/walmart_weekly_shared.csv.gz")
    days = walmart["Date"].str.replace("/", "-")
    walmart["date"] = pd.to_datetime(days, format="%d-%m-%Y")
    for store, part in walmart.groupby("Store"):
        found["weekly"][f"store {store}"] = part.sort_values("date").rename(
            columns={"Weekly_Sales": "value"}
        )
    for file, date, value, kind, form in (
        ("prophet_example_wp_log_peyton_manning", "ds", "y", "daily", None),
        ("skforecast_bicimad_users", "date", "users", "daily", None),
        ("skforecast_visitas_por_dia_web_cienciadedatos", "date", "users", "daily", "%d/%m/%y"),
        ("prophet_example_retail_sales", "ds", "y", "monthly", None),
        ("skforecast_h2o_exog", "fecha", "y", "monthly", None),
    ):
        rows = pd.read_csv(root / f"market_series/{file}_shared.csv.gz")
        dates = pd.to_datetime(rows[date], format=form)
        found[kind][file] = pd.DataFrame({"date": dates, "value": rows[value]})
    retail = pd.read_csv(root / "market_series/aus_retail_shared.csv.gz")
    for key, part in retail.groupby("Series ID"):
        dates = pd.to_datetime(part["Month"])
        found["monthly"][str(key)] = pd.DataFrame({"date": dates, "value": part["Turnover"]})
    return found


def drawn(rng: np.random.Generator, counts: dict[str, int]):
    """Yield frequency, name, the part before the end held back, and that end."""
    for kind, series in sources().items():
        names = list(series) if kind == "daily" else list(series)[1::2]
        h = HORIZON[kind]
        for _ in range(counts[kind]):
            name = names[rng.integers(len(names))]
            rows = series[name].reset_index(drop=True)
            least = min(LEAST[kind], len(rows) - h - 30)
            end = int(rng.integers(least + h, len(rows) + 1))
            start = 0 if kind == "weekly" else max(0, end - h - int(rng.integers(least, 1000)))
            part = rows.iloc[start:end]
            train = part.iloc[:-h][["date", "value"]].assign(series_id=name)
            yield kind, f"{name} to {end}", train, part["value"].to_numpy(float)[-h:]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=20261130)
    parser.add_argument("--each", default="14,10,16")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    counts = dict(zip(HORIZON, map(int, chosen.each.split(",")), strict=True))
    rows = []
    for kind, name, train, test in drawn(np.random.default_rng(chosen.seed), counts):
        params = forecast.Params(last_period="keep", horizon=HORIZON[kind])
        try:
            found = forecast.forecasts(forecast.backtest(forecast.screening(train, params), params))
        except DataError as refusal:
            print(f"{name} refused: {refusal}")
            continue
        key = train["series_id"].iloc[0]
        errors = found.candidates.groupby("model")["estimate"].apply(
            lambda part, test=test: np.abs(part.to_numpy() - test).mean()
        )
        mean, kept = found.means[key], found.backtest.choices[key].model
        rows.append(
            {
                "kind": kind,
                "series": name,
                "kept": kept,
                "n": len(train),
                "truth": test.mean(),
                "mean": mean.estimate,
                "low": mean.low,
                "high": mean.high,
                "held": mean.low <= test.mean() <= mean.high,
                "half width": (mean.high - mean.low) / 2 / abs(test.mean()),
                "against blend": errors[kept] / errors.get("blend", np.nan),
                "against last": errors[kept] / errors["naive"],
            }
        )
    table = pd.DataFrame(rows)
    print(table.round(3).to_string())
    for kind, part in [("all", table), *table.groupby("kind")]:
        share = wilson(int(part["held"].sum()), len(part))
        ratio = part["against blend"].dropna()
        print(
            f"{kind} (n = {len(part)}): 95 % interval of the mean held {part['held'].mean():.3f} "
            f"[{share.low:.2f}, {share.high:.2f}], half width {part['half width'].median():.3f} "
            f"of the value; error against the blend's {ratio.median():.3f} in the median and "
            f"{np.exp(np.log(ratio).mean()):.3f} in the geometric mean, against the last value's "
            f"{part['against last'].median():.3f}"
        )


if __name__ == "__main__":
    main()
