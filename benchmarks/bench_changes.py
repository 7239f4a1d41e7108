"""Changes of sentiment on null and planted data, and the hotel reviews of early 2020.

    INSIGHTS_TEST_DATA=… python benchmarks/bench_changes.py [--seeds 200]

Null: periods called changed, and alerts over 100 segments and 24 months. Planted: a shift of
channels leaves the adjusted mean where it was; a change of level is dated; intervals cover.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.sentiment.alerts import alert_history
from insights.analyses.sentiment.breaks import breaks
from insights.analyses.sentiment.movement import Trend
from insights.analyses.sentiment.panel import Panel
from insights.analyses.sentiment.params import Params
from insights.analyses.sentiment.volume_changes import volume_changes
from insights.stats.breaks import level_breaks, process_limits
from insights.stats.calendar import Calendar
from insights.stats.clusters import cluster_mean
from insights.stats.decomposition import split_change


def main() -> None:
    """Print one line a question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    args = parser.parse_args()
    _null_series(args.seeds)
    _planted(args.seeds)
    _mix(args.seeds)
    _dimensions(4 * args.seeds)
    _writers(5 * args.seeds)
    _weeks(args.seeds)
    _alerts(max(args.seeds // 10, 1))
    _reviews(Path(os.environ["INSIGHTS_TEST_DATA"]) / "zh_hotel_scenic_2020")


def _null_series(seeds: int) -> None:
    called = outside = run = series = 0
    for seed in range(seeds):
        x = np.random.default_rng(seed).normal(size=24)
        found = level_breaks(x, np.random.default_rng(1))
        limits = process_limits(x)
        called, series = called + len(found), series + bool(found)
        outside, run = outside + int(limits.outside.sum()), run + int(limits.run.sum())
    n = 24 * seeds
    print(
        f"null, {seeds} series of 24: {called / n:.2%} of periods called a change of level "
        f"({series / seeds:.1%} of series); outside the limits {outside / n:.2%}, "
        f"run of eight {run / n:.2%}"
    )


def _planted(seeds: int) -> None:
    for size in (2.0, 3.0, 4.0):
        right = near = covered = called = 0
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            place = int(rng.integers(6, 19))
            x = rng.normal(size=24) + size * (np.arange(24) >= place)
            found = level_breaks(x, np.random.default_rng(1))
            called += bool(found)
            right += any(b.at == place for b in found)
            near += any(abs(b.at - place) <= 1 for b in found)
            covered += any(b.low <= place <= b.high for b in found)
        print(
            f"planted change of {size:g} standard deviations of a period, {seeds} seeds: called "
            f"{called / seeds:.1%}, exact period {right / seeds:.1%} (at most {_limit(size):.1%} "
            f"for any estimator), within one {near / seeds:.1%}, interval holds it "
            f"{covered / seeds:.1%} of all, {covered / called:.1%} of those called"
        )


def _limit(size: float) -> float:
    """Chance that the likeliest place is the exact one, both levels known; see `level_breaks`."""
    k = np.arange(1, 400)
    return float(np.exp(-2 * np.sum(stats.norm.cdf(-size * np.sqrt(k) / 2) / k)))


def _mix(seeds: int) -> None:
    """Channels .5 and -.1; the share of the second goes from .3 to .7, tone does not change."""
    flat = moved = 0
    hits = {"raw": 0, "true": 0, "mix": 0}
    truth = {"raw": -0.24, "true": 0.0, "mix": -0.24}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        windows = []
        for share in (0.3, 0.7):
            strata = (rng.random(600) < share).astype(int)
            values = np.clip(np.where(strata, -0.1, 0.5) + rng.normal(0, 0.4, 600), -2, 2)
            windows.append((values, strata, rng.integers(0, 10**9, 600)))
        found = split_change(*windows)
        flat += found.true_low <= 0 <= found.true_high
        moved += found.raw_high < 0
        for name in hits:
            low, high = getattr(found, f"{name}_low"), getattr(found, f"{name}_high")
            hits[name] += low <= truth[name] <= high
    cover = ", ".join(f"{name} {count / seeds:.1%}" for name, count in hits.items())
    print(
        f"planted mix shift, {seeds} seeds: adjusted change holds 0 in {flat / seeds:.1%}, raw "
        f"moves in {moved / seeds:.1%}; intervals cover: {cover}"
    )


def _dimensions(runs: int) -> None:
    """A bank of five values and a platform move, or the level does, or both."""
    bank, platform = np.array([0.4, 0.0, -0.2, 0.1, 0.3]), np.array([0.2, -0.2])
    flat = ([0.2] * 5, [0.5, 0.5])
    before, after = ([0.1, 0.3, 0.2, 0.2, 0.2], [0.3, 0.7]), ([0.5, 0.1, 0.1, 0.1, 0.2], [0.6, 0.4])
    rng = np.random.default_rng(5)

    def window(n: int, shares: tuple, shift: float) -> tuple:
        codes = np.stack([np.zeros(n, int), *(rng.choice(len(p), n, p=p) for p in shares)], axis=1)
        values = bank[codes[:, 1]] + platform[codes[:, 2]] + shift + rng.normal(0, 0.5, n)
        return values, codes, rng.integers(0, 10**9, n)

    for n in (60, 300, 1500):
        for shares, shift in (((before, after), 0.0), ((flat, flat), 0.2), ((before, after), 0.2)):
            parts = [np.subtract(b, a) @ effect for a, b, effect
                     in zip(*shares, (bank, platform), strict=True)]  # fmt: skip
            truth = {"true": shift, "mix": sum(parts), "raw": shift + sum(parts)}
            found = [split_change(window(n, shares[0], 0.0), window(n, shares[1], shift))
                     for _ in range(runs)]  # fmt: skip
            held = {
                k: np.mean([getattr(f, f"{k}_low") <= v <= getattr(f, f"{k}_high") for f in found])
                for k, v in truth.items()
            }
            cover = ", ".join(f"{k} {share:.3f}" for k, share in held.items())
            told = np.mean([f.parts for f in found], axis=0)
            true, called = (np.mean([g(f) for f in found])
                            for g in (lambda f: f.true, lambda f: f.p < 0.05))  # fmt: skip
            print(
                f"two dimensions, n {n}, mix {truth['mix']:.2f}, shift {shift}: cover {cover}; "
                f"mean true {true:.3f}, parts {told[1]:.3f} of {parts[0]:.3f} and {told[2]:.3f} "
                f"of {parts[1]:.3f}; called {called:.3f}"
            )


def _writers(runs: int) -> None:
    """Coverage of a mean by who is known to have written what."""
    rng = np.random.default_rng(1)
    worlds = {
        "unnamed": lambda: np.ones(300, int),
        "partly named": lambda: np.r_[np.ones(250, int), rng.integers(1, 6, 30)],
        "all named": lambda: rng.integers(1, 8, 80),
        "one of a fifth": lambda: np.r_[np.ones(300, int), 75],
        "one of a fifth, others up to three": lambda: np.r_[rng.integers(1, 4, 200), 100],
        "by Zipf's law": lambda: np.ceil(60 / np.arange(1, 121)).astype(int),
    }
    for name, sizes in worlds.items():
        hits = []
        for alike in (0.0, 0.3, 0.7):
            held = 0
            for _ in range(runs):
                size = sizes()
                who = np.repeat(np.arange(len(size)), size)
                values = rng.normal(0, np.sqrt(alike), len(size))[who]
                values = values + rng.normal(0, np.sqrt(1 - alike), len(who))
                mean = cluster_mean(values, who)
                held += mean.low <= 0 <= mean.high
            hits.append(f"{held / runs:.3f}")
        print(f"mean, {name}, intraclass correlation 0, .3, .7: covers {', '.join(hits)}")


def _weeks(seeds: int) -> None:
    """Two years of one channel, seen by month; the number of records a day halves in one week."""
    start = pd.Timestamp("2023-01-02")
    for first, second in ((3.0, 3.0), (4.0, 2.0), (10.0, 5.0)):
        called = right = near = covered = 0
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            place = int(rng.integers(30, 74))
            number = rng.poisson(np.where(np.arange(728) < 7 * place, first, second))
            days = pd.date_range(start, periods=728, tz="UTC").repeat(number)
            feedback = pd.DataFrame({"created_at": days, "channel": "chat"})
            points = volume_changes(feedback, calendar=Calendar(), params=Params()).points
            truth = start + pd.Timedelta(weeks=place)
            called += len(points) > 0
            gap = (points["week"] - truth).abs()
            right += bool((gap == pd.Timedelta(0)).any())
            near += bool((gap <= pd.Timedelta(days=7)).any())
            inside = (points["week_low"] <= truth) & (truth <= points["week_high"])
            covered += bool(inside.any())
        text = f"records from {first:g} to {second:g} a day, {seeds} seeds: "
        text += f"called {called / seeds:.1%}"
        if first != second:
            text += (
                f", exact week {right / seeds:.1%}, within one {near / seeds:.1%}, interval holds "
                f"it {covered / seeds:.1%} of all, {covered / max(called, 1):.1%} of those called"
            )
        print(text)


def _alerts(seeds: int) -> None:
    raised = tested = most = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        n = 24 * 100 * 12
        period, segment = np.repeat(np.arange(24), 1200), np.tile(np.repeat(np.arange(100), 12), 24)
        months = pd.date_range("2024-01-01", periods=24, freq="MS").to_numpy()
        score = rng.normal(0, 0.5, n)
        frame = pd.DataFrame(
            {
                "feedback_id": np.arange(n).astype(str),
                "period": months[period],
                "score": score,
                "rating": score,
                "stratum": rng.integers(0, 2, n),
                "cluster": np.arange(n),
            }
        )
        groups = {f"segment: {s}": segment == s for s in range(100)}
        found = alert_history(
            Panel(frame, groups, ("a", "b"), "month", False),
            ("score",),
            least=10,
            fdr=0.05,
            cooldown=3,
            budget=5,
        )
        raised, tested = raised + int((found["status"] == "raised").sum()), tested + 23 * 100
        most = max(most, int(found.groupby("period").size().max()) if len(found) else 0)
    print(
        f"null alerts, {seeds} seeds of 100 segments × 24 months: {raised} raised in {tested:,} "
        f"comparisons, {raised / seeds:.2f} a two years; most in one month {most}"
    )


def _reviews(root: Path) -> None:
    for path in sorted(root.glob("*.csv*")):
        frame = pd.read_csv(path, low_memory=False)
        column = next((c for c in frame.columns if "date" in c.lower() or "time" in c.lower()), "")
        if not column:
            continue
        times = pd.to_datetime(frame[column], errors="coerce").dropna()
        if len(times) < 1000:
            continue
        calendar = Calendar()
        short = (times.max() - times.min()).days < 400
        period = "week" if short else "month"
        size = calendar.period_start(times, period).value_counts().sort_index()
        cells = pd.DataFrame({"period": size.index, "group": "all", "n": size.to_numpy()})
        cells["mean"] = cells["adjusted"] = np.nan
        trend = Trend(
            n=len(times), cells=cells, period=period, min_cell=10, channels=1, engine="prior"
        )
        found = breaks(trend, calendar=calendar, params=Params())
        print(f"{path.name}, {period}s: {found.text()}")
        print(found.points.drop(columns="p").to_string(index=False, float_format="{:.0f}".format))


if __name__ == "__main__":
    main()
