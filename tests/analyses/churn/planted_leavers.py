"""Customers who leave for planted reasons, in six worlds: the proof of the churn method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr

World = Literal["plain", "mediation", "label noise", "curved tenure", "accounts", "segments"]
LEAVING_LOG_ODDS: Mapping[str, float] = {
    "A": 0.693, "B": 0.405, "C": 0.0, "D": 0.0, "E": 0.0, "F": 0.0,
}  # fmt: skip
WINDOW, GAP = 90, 14
KEPT = 0.8  # share of labels that are right in the world of label noise
_RATES = {"A": 0.06, "B": 0.05, "C": 0.06, "D": 0.03, "E": 0.04, "F": 0.008}
_ON_LEAVING = 0.6  # share of leavers who say E on their way out
_BEFORE = 4  # months of usage before the first month
_LOST = 0.5  # usage lost (log scale) for three months after A, in the world of mediation
_ACCOUNT = 5  # customers an account
_SHARED = 0.3  # correlation of leaving within an account and month


@dataclass(frozen=True)
class PlantedLeavers:
    """What was planted.

    Attributes
    ----------
    log_odds
        Log odds ratio of leaving in a month, by topic, at equal everything else (the direct
        part in the world of mediation; of A in the segment 'north' alone in that of segments).
    excess, money
        Leavers and monthly revenue that go with each topic, given the customers drawn.
    churners
        Customers who left.
    """

    log_odds: Mapping[str, float]
    excess: dict[str, float]
    money: dict[str, float]
    churners: int


@dataclass(frozen=True)
class _People:
    joined: np.ndarray  # days from the first month
    plan: np.ndarray
    segment: np.ndarray
    revenue: np.ndarray
    account: np.ndarray


def planted_leavers(
    customers: int,
    months: int,
    rng: np.random.Generator,
    *,
    log_odds: Mapping[str, float] = LEAVING_LOG_ODDS,
    world: World = "plain",
    survey_channel: str = "email",
    on_leaving_only: bool = False,
) -> tuple[dict[str, pd.DataFrame], PlantedLeavers]:
    """Return the tables customers, feedback and usage, and what was planted in them.

    In every world D is a null that low usage confounds, E a null that most leavers also say on
    their way out, F a rare null. *mediation*: A lowers usage for three months, which makes
    leaving likelier. *label noise*: a fifth of the labels is another topic's. *curved tenure*:
    leaving and A peak in the twelfth month. *accounts*: customers of one account speak and
    leave together; every single chance stays as it was. *segments*: A goes with leaving in the
    segment 'north' alone.

    Parameters
    ----------
    customers, months
        How many, and how long.
    log_odds
        Planted effect of each topic.
    survey_channel
        The channel of what is said on leaving.
    on_leaving_only
        Whether E is never said before leaving.
    """
    starts = pd.date_range("2023-01-01", periods=months, freq="MS")
    day0 = (starts - starts[0]).days.to_numpy().astype(float)
    length = starts.days_in_month.to_numpy().astype(float)
    people = _people(customers, day0[-1], rng)
    tenure = np.maximum(day0[None, :] - people.joined[:, None], 0) / 30.4375
    usage = _usage(customers, months + _BEFORE, rng)
    talk = np.exp(rng.normal(0, 0.5, customers))
    if world == "accounts":
        talk = talk[people.account * _ACCOUNT % customers]
    said = dict[str, np.ndarray]()
    for topic, rate in _RATES.items():
        chance = np.tile((rate * talk)[:, None], months)
        if topic == "D":
            chance = chance * np.exp(-1.3 * (usage[:, _BEFORE:] - 3.5))
        if topic == "E" and on_leaving_only:
            chance = chance * 0
        if topic == "A" and world == "curved tenure":
            chance = chance * (1 + 2 * _peak(tenure))
        heard = _heard(np.minimum(chance, 0.9), people.account, world, rng)
        day = day0 + rng.random((customers, months)) * length
        said[topic] = np.where(heard & (day >= people.joined[:, None]), day, np.nan)
        if topic == "A" and world == "mediation":
            usage[:, _BEFORE:] -= _LOST * _within(np.isfinite(said["A"]), 3)
    slope = -0.25 * np.log1p(tenure)
    if world == "curved tenure":
        slope = slope - 0.4 + 1.2 * _peak(tenure)
    base = -3.4 + 0.3 * (people.plan == 0) - 0.3 * (people.plan == 2) + 0.2 * people.segment
    eta = base[:, None] + slope - 0.6 * (usage[:, _BEFORE - 1 : -1] - 3.5)
    ended, planted = _leave(people, eta, said, (day0, length), rng, log_odds, world)
    frames = _frames(starts, people, ended, usage, said, rng, survey_channel)
    if world == "label noise":
        wrong = rng.random(len(frames["feedback"])) > KEPT
        other = rng.permutation(frames["feedback"]["topic"].to_numpy())
        frames["feedback"]["topic"] = frames["feedback"]["topic"].mask(wrong, pd.Series(other))
    return frames, planted


def _peak(tenure: np.ndarray) -> np.ndarray:
    return np.exp(-(((tenure - 12) / 4) ** 2))


def _within(heard: np.ndarray, months: int) -> np.ndarray:
    """Whether something was heard in this month or one of the `months` - 1 before."""
    found = heard.copy()
    for back in range(1, months):
        found[:, back:] |= heard[:, :-back]
    return found


def _people(customers: int, last_day: float, rng: np.random.Generator) -> _People:
    # two thirds were customers before observation began, the others join while it lasts
    joined = np.where(
        rng.random(customers) < 0.62,
        -rng.integers(0, 900, customers),
        rng.integers(0, int(last_day), customers),
    ).astype(float)
    plan = rng.integers(0, 3, customers)
    segment = rng.integers(0, 2, customers)
    revenue = np.round(np.exp(rng.normal(3 + 0.6 * plan, 0.4)), 2)
    return _People(joined, plan, segment, revenue, np.arange(customers) // _ACCOUNT)


def _usage(customers: int, months: int, rng: np.random.Generator) -> np.ndarray:
    """Log usage a month: persistent, with a level of each customer's own."""
    level = rng.normal(3.5, 0.6, customers)
    usage = np.empty((customers, months))
    usage[:, 0] = level + rng.normal(0, 0.5, customers)
    for m in range(1, months):
        usage[:, m] = level + 0.7 * (usage[:, m - 1] - level) + rng.normal(0, 0.4, customers)
    return usage


def _heard(
    chance: np.ndarray, account: np.ndarray, world: World, rng: np.random.Generator
) -> np.ndarray:
    if world != "accounts":
        return rng.random(chance.shape) < chance
    # an account has the trouble, seven tenths of its people say so
    trouble = rng.random((account.max() + 1, chance.shape[1]))[account]
    return (trouble < chance / 0.7) & (rng.random(chance.shape) < 0.7)


def _leave(
    people: _People,
    eta: np.ndarray,
    said: dict[str, np.ndarray],
    calendar: tuple[np.ndarray, np.ndarray],
    rng: np.random.Generator,
    log_odds: Mapping[str, float],
    world: World,
) -> tuple[np.ndarray, PlantedLeavers]:
    """Draw, month by month, who leaves and on which day."""
    (day0, length), joined = calendar, people.joined
    customers, present = len(joined), joined < 0
    ended = np.full(customers, np.nan)
    excess, money = dict.fromkeys(log_odds, 0.0), dict.fromkeys(log_odds, 0.0)
    for m in range(len(day0)):
        present |= (joined >= day0[m]) & (joined < day0[m] + length[m])
        know = day0[m] - GAP
        exposed = {
            topic: ((days > know - WINDOW) & (days <= know)).any(axis=1)
            for topic, days in said.items()
        }
        if world == "segments":
            exposed["A"] = exposed["A"] & (people.segment == 0)
        full = eta[:, m] + sum(log_odds[topic] * exposed[topic] for topic in exposed)
        chance = expit(full)
        for topic in exposed:
            gone = (chance - expit(full - log_odds[topic] * exposed[topic])) * present
            excess[topic] += float(gone.sum())
            money[topic] += float((gone * people.revenue).sum())
        leaves = present & (_uniform(people.account, world, rng) < chance)
        first = np.maximum(joined, day0[m])
        day = first + rng.random(customers) * (day0[m] + length[m] - first)
        ended[leaves] = np.floor(day[leaves])
        present &= ~leaves
    left = int(np.isfinite(ended).sum())
    return ended, PlantedLeavers(dict(log_odds), excess, money, left)


def _uniform(account: np.ndarray, world: World, rng: np.random.Generator) -> np.ndarray:
    """Uniform numbers, in the world of accounts by a Gaussian copula within account and month."""
    if world != "accounts":
        return rng.random(len(account))
    together = rng.normal(size=account.max() + 1)[account]
    return ndtr(np.sqrt(_SHARED) * together + np.sqrt(1 - _SHARED) * rng.normal(size=len(account)))


def _frames(
    starts: pd.DatetimeIndex,
    people: _People,
    ended: np.ndarray,
    usage: np.ndarray,
    said: dict[str, np.ndarray],
    rng: np.random.Generator,
    survey_channel: str,
) -> dict[str, pd.DataFrame]:
    zero = starts[0]
    ids = np.array([f"c{k:06d}" for k in range(len(ended))])
    gone = np.isfinite(ended)
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "started_at": zero + pd.to_timedelta(np.floor(people.joined), unit="D"),
            "ended_at": zero + pd.to_timedelta(ended, unit="D"),
            "ended_reason": pd.Series("voluntary", index=range(len(ids))).where(gone),
            "monthly_revenue": people.revenue,
            "plan": np.array(["basic", "pro", "enterprise"])[people.plan],
            "segment": np.array(["north", "south"])[people.segment],
            "account_id": pd.Series(people.account).map("a{:05d}".format),
        }
    )
    limit = np.where(gone, ended, np.inf)
    whos, days, topics, channels = [], [], [], []
    for topic, table in said.items():
        who, month = np.nonzero(np.isfinite(table) & (table < limit[:, None]))
        whos.append(who)
        days.append(table[who, month])
        topics += [topic] * len(who)
        channels += ["ticket"] * len(who)
    left = np.flatnonzero(gone & (rng.random(len(ended)) < _ON_LEAVING))
    begin = np.searchsorted(starts.to_numpy(), customers["ended_at"].to_numpy()[left], "right") - 1
    whos.append(left)
    days.append(np.maximum(ended[left] - rng.random(len(left)) * 10,
                           (starts - zero).days.to_numpy()[begin]))  # fmt: skip
    topics += ["E"] * len(left)
    channels += [survey_channel] * len(left)
    when = zero + pd.to_timedelta(np.concatenate(days), unit="D")
    feedback = pd.DataFrame(
        {
            "feedback_id": [f"f{k:07d}" for k in range(len(when))],
            "created_at": when.floor("s").tz_localize("UTC"),
            "text": "words",
            "customer_id": ids[np.concatenate(whos)],
            "channel": channels,
            "topic": topics,
        }
    )
    before = pd.date_range(end=zero, periods=_BEFORE + 1, freq="MS")[:-1]
    table = pd.DataFrame(
        {
            "customer_id": np.repeat(ids, usage.shape[1]),
            "period_start": np.tile(before.append(starts).to_numpy(), len(ids)),
            "sessions": np.round(np.expm1(np.maximum(usage.ravel(), 0.01)), 2),
        }
    )
    return {"customers": customers, "feedback": feedback, "usage": table}
