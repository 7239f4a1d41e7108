"""Market forecasts beside other programs on M3 and Tourism series: error, coverage, cost.

    INSIGHTS_TEST_DATA=… python benchmarks/bench_forecast.py [--share .2] [--seed 2026]
    python benchmarks/bench_forecast.py --scaling 200     # many series on one process and on two

pmdarima, which is compared for speed alone, is run by the interpreter that PMDARIMA_PYTHON names.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
import warnings

import numpy as np
import pandas as pd
from forecast_peers import LEVELS, PARTS, Case, cases, mean_of_parts, peer

from insights.analyses.forecast import Params
from insights.analyses.forecast.calibration import LEVELS as CALIBRATED
from insights.analyses.forecast.calibration import learn
from insights.analyses.forecast.choice import choose, rolled
from insights.analyses.forecast.combination import combine
from insights.analyses.forecast.paths import fan
from insights.analyses.forecast.rolling import Rolling, roll
from insights.analyses.forecast.screening import screened
from insights.analyses.forecast.series import Series

STEPS = {12: "MS", 4: "QS"}
PEERS = ("mean3", "autoarima", "sarima", "snaive")
_PMDARIMA = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import pmdarima
y, m, h = json.load(sys.stdin)
started = time.process_time()
pmdarima.auto_arima(y, m=m).predict(h)
print(time.process_time() - started)
"""


def gated(case: Case) -> Series:
    dates = pd.date_range("1950-01-01", periods=len(case.train), freq=STEPS[case.season])
    rows = pd.DataFrame({"series_id": case.key, "date": dates, "value": case.train})
    return screened(case.key, rows, Params(last_period="keep", horizon=len(case.test)))


def default(case: Case) -> float:
    """CPU seconds of the default forecast alone: fits, means and widths ahead."""
    started = time.process_time()
    end = np.array([len(case.train)])
    combine(case.train, case.season).forecast(case.train, end, len(case.test), relative=False)
    return time.process_time() - started


def pmdarima_seconds(drawn: list[Case]) -> list[float]:
    python = os.environ.get("PMDARIMA_PYTHON")
    if not python:
        print("pmdarima: absent (PMDARIMA_PYTHON names no interpreter), so not compared")
        return []
    spent = []
    for case in drawn:
        text = json.dumps([case.train.tolist(), case.season, len(case.test)])
        done = subprocess.run(
            [python, "-c", _PMDARIMA], input=text, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"pmdarima failed on {case.key}: {done.stderr.strip().splitlines()[-1]}")
            continue
        spent.append(float(done.stdout.split()[-1]))
    return spent


def scores(case: Case, found: dict[str, np.ndarray]) -> dict[str, float]:
    """MASE, coverage and scaled interval score of one forecast."""
    row = {"mase": float(np.abs(found["mean"] - case.test).mean() / case.unit)}
    for level in LEVELS:
        low, high = found[f"low{level}"], found[f"high{level}"]
        row[f"cov{level}"] = float(((case.test >= low) & (case.test <= high)).mean())
        alpha = 1 - level / 100
        below, above = np.maximum(low - case.test, 0), np.maximum(case.test - high, 0)
        row[f"msis{level}"] = float((high - low + 2 / alpha * (below + above)).mean() / case.unit)
    return row


def ours(rolls: dict[str, Rolling], group: list[Case]) -> dict[str, dict[str, dict]]:
    """Forecast a set as one study: chosen together, widths learned from its own back-tests."""
    members = [rolls[case.key] for case in group if case.key in rolls]
    choices = choose(members)
    names = dict.fromkeys(name for one in members for name in one.future)
    learned = {name: learn(members, name) for name in names}
    found: dict[str, dict[str, dict]] = {}
    for one in members:
        key = one.series.series_id
        wanted = {"kept": choices[key].model, "combination": "combination", "arima": "arima"}
        found[key] = {"model": choices[key].model}
        for name, model in wanted.items():
            if model in one.future:
                frame = fan(one, model, learned[model], 0.95)
                rows = {"mean": frame["estimate"].to_numpy()}
                for level in LEVELS:
                    for side in ("low", "high"):
                        rows[f"{side}{level}"] = frame[f"{side}_{level}"].to_numpy()
                found[key][name] = rows
    return found


def paired(table: pd.DataFrame, one: str, other: str) -> str:
    both = table.pivot(index="key", columns="method", values="mase")[[one, other]].dropna()
    gap = both[one] - both[other]
    error = 1.96 * gap.std(ddof=1) / np.sqrt(len(gap))
    return f"{gap.mean():+.3f} [{gap.mean() - error:+.3f}, {gap.mean() + error:+.3f}]"


def accuracy(seed: int, share: float) -> None:
    drawn = cases(seed, share)
    rolls, spent, plain, alone = {}, [], [], []
    roll(gated(drawn[0]))  # imports are not part of the cost of a series
    for case in drawn:
        series = gated(case)
        if series.verdict == "refused":
            print(f"{case.key} refused: {series.notes[-1]}")
            continue
        started = time.process_time()
        rolls[case.key] = roll(series)
        spent.append(time.process_time() - started)
    for case in drawn[:: max(1, len(drawn) // 30)]:
        alone.append(default(case))
        started = time.process_time()
        for kind in PARTS.values():
            kind(season_length=case.season).forecast(
                y=case.train, h=len(case.test), level=list(LEVELS)
            )
        plain.append(time.process_time() - started)
    rows = []
    for group in dict.fromkeys(case.group for case in drawn):
        members = [case for case in drawn if case.group == group]
        own = ours(rolls, members)
        for case in members:
            found = {name: peer(name, case)[0] for name in PEERS[1:]}
            found["mean3"] = mean_of_parts(case)[0]
            found |= {k: v for k, v in own.get(case.key, {}).items() if k != "model"}
            if "kept" not in found:
                found["kept"] = found["snaive"]
            rows += [
                {"group": group, "key": case.key, "method": name, **scores(case, one)}
                for name, one in found.items()
            ]
        kept = pd.Series([one["model"] for one in own.values()]).value_counts()
        print(f"{group}: kept {kept.to_dict()}")
    report(pd.DataFrame(rows))
    print(f"\nCPU s a series: everything {np.mean(spent):.2f} (highest {max(spent):.2f}); default "
          f"forecast {np.mean(alone):.3f}, the three parts called plainly {np.mean(plain):.3f}, "
          f"ratio {np.sum(alone) / np.sum(plain):.2f} (n = {len(alone)})")  # fmt: skip
    some = drawn[:: max(1, len(drawn) // 12)][:12]
    slow = pmdarima_seconds(some)
    if slow:
        quick = [default(case) for case in some]
        ratios = ", ".join(f"{a / b:.0f}" for a, b in zip(slow, quick, strict=False))
        print(f"pmdarima.auto_arima {np.mean(slow):.1f} CPU s, default {np.mean(quick):.3f}, ratio "
              f"{np.sum(slow) / np.sum(quick):.0f} (n = {len(slow)}; each: {ratios})")  # fmt: skip


def report(table: pd.DataFrame) -> None:
    shown = ["mase", "cov80", "cov95", "msis95"]
    print("\nall", f"(n = {table['key'].nunique()})")
    print(table.groupby("method")[shown].mean().round(3).to_string())
    for group, part in table.groupby("group"):
        print(f"\n{group} (n = {part['key'].nunique()})")
        print(part.groupby("method")[shown].mean().round(3).to_string())
    print("\npaired differences of MASE, 95 % intervals")
    parts = {"all": table, **dict(iter(table.groupby("group")))}
    for name, part in parts.items():
        for other in PEERS:
            print(f"  {name}: kept - {other} {paired(part, 'kept', other)}")
    means = table.groupby("method")["mase"].mean()
    print(f"under seasonal naive: {1 - means['kept'] / means['snaive']:.1%}")


def scaling(count: int) -> None:
    """Roll many short simulated series on one process and on two, in turn; wall-clock ratio."""
    rng = np.random.default_rng(1)
    series = []
    for k in range(count):
        level = 100 + rng.normal(size=72).cumsum() + 10 * np.sin(np.arange(72) * np.pi / 6)
        series.append(gated(Case(f"s{k}", "simulated", 12, level, np.zeros(12))))
    rolled(series[:16], Params(jobs=2))  # start the workers
    for _ in range(2):
        seconds = []
        for jobs in (1, 2):
            started = time.perf_counter()
            rolled(series, Params(jobs=jobs))
            seconds.append(time.perf_counter() - started)
        print(f"{count} series: one process {seconds[0]:.1f} s, two {seconds[1]:.1f} s, "
              f"ratio {seconds[0] / seconds[1]:.2f}; load {os.getloadavg()[0]:.1f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--scaling", type=int, default=0)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    if chosen.scaling:
        scaling(chosen.scaling)
    elif "INSIGHTS_TEST_DATA" not in os.environ:
        print("INSIGHTS_TEST_DATA is not set: the competition series are not at hand")
    else:
        print(f"levels calibrated: {CALIBRATED}; seed {chosen.seed}, share {chosen.share:g}")
        accuracy(chosen.seed, chosen.share)


if __name__ == "__main__":
    main()
