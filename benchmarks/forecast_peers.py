"""Series of the M3 and Tourism competitions and what other programs forecast for them.

Forecasts of the peers are kept in a folder outside the repository (INSIGHTS_BENCH_CACHE), as they
do not change with this code; their CPU seconds are those of the run that made them.
"""

from __future__ import annotations

import os
import pickle
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from statsforecast.models import (
    AutoARIMA,
    AutoCES,
    AutoETS,
    DynamicOptimizedTheta,
    SeasonalNaive,
)
from statsmodels.tsa.statespace.sarimax import SARIMAX

LEVELS = (80, 95)
SETS = (("M3", "MONTHLY", 12, 150), ("M3", "QUARTERLY", 4, 60), ("TOURISM", "MONTHLY", 12, 60))
PARTS = {"ets": AutoETS, "theta": DynamicOptimizedTheta, "ces": AutoCES}
CACHE = Path(os.environ.get("INSIGHTS_BENCH_CACHE", Path(tempfile.gettempdir()) / "insights-bench"))


@dataclass(frozen=True)
class Case:
    """One series with its official test part."""

    key: str
    group: str
    season: int
    train: np.ndarray
    test: np.ndarray

    @property
    def unit(self) -> float:
        """Divisor of MASE: mean absolute seasonal-naive error in the training part."""
        return float(np.abs(self.train[self.season :] - self.train[: -self.season]).mean())


def cases(seed: int, share: float = 1.0) -> list[Case]:
    """Draw the series of each set with the seed; a share of each for a quick look."""
    folder = Path(os.environ["INSIGHTS_TEST_DATA"]) / "forecast_competitions"
    meta = pd.read_csv(folder / "series_meta_shared.csv.gz")
    series = dict(iter(pd.read_csv(folder / "series_shared.csv.gz").groupby("series_id")))
    rng, found = np.random.default_rng(seed), []
    for source, period, season, count in SETS:
        rows = meta[(meta["source"].str.upper() == source) & (meta["period"] == period)]
        drawn = rows.iloc[np.sort(rng.choice(len(rows), count, replace=False))]
        for key in drawn["series_id"].iloc[:: round(1 / share)]:
            part = series[key].sort_values("t")
            train = part.loc[part["part"] == "train", "value"].to_numpy(float)
            test = part.loc[part["part"] == "test", "value"].to_numpy(float)
            found.append(Case(str(key), f"{source} {period}".lower(), season, train, test))
    return found


def _from_library(model, case: Case) -> dict[str, np.ndarray]:
    found = model.forecast(y=case.train, h=len(case.test), level=list(LEVELS))
    return {"mean": found["mean"]} | {
        f"{side}{level}": found[f"{side[:2]}-{level}"]
        for side in ("low", "high")
        for level in LEVELS
    }


def _sarima(case: Case) -> dict[str, np.ndarray]:
    order = {"order": (1, 1, 1), "seasonal_order": (0, 1, 1, case.season)}
    found = SARIMAX(case.train, **order).fit(disp=0).get_forecast(len(case.test))
    rows = {"mean": found.predicted_mean}
    for level in LEVELS:
        bounds = found.conf_int(alpha=1 - level / 100)
        rows |= {f"low{level}": bounds[:, 0], f"high{level}": bounds[:, 1]}
    return rows


def _snaive(case: Case) -> dict[str, np.ndarray]:
    return _from_library(SeasonalNaive(season_length=case.season), case)


def _part(name: str):
    return lambda case: _from_library(PARTS[name](season_length=case.season), case)


PEERS = {
    **{name: _part(name) for name in PARTS},
    "autoarima": lambda case: _from_library(AutoARIMA(season_length=case.season), case),
    "sarima": _sarima,
    "snaive": _snaive,
}


def peer(name: str, case: Case) -> tuple[dict[str, np.ndarray], float]:
    """Return the forecast of a peer with the CPU seconds that it took, from the cache if there."""
    path = CACHE / f"{name}-{case.key}.pkl"
    if path.exists():
        return pickle.loads(path.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.process_time()
        found = PEERS[name](case)
        spent = time.process_time() - started
    CACHE.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps((found, spent)))
    return found, spent


def mean_of_parts(case: Case) -> tuple[dict[str, np.ndarray], float]:
    """Return the plain mean of ETS, Theta and CES, of their interval ends too."""
    parts = [peer(name, case) for name in PARTS]
    keys = parts[0][0]
    return {k: np.mean([p[0][k] for p in parts], axis=0) for k in keys}, sum(p[1] for p in parts)
