"""What was planted: the complete record that a test may ask back, and a notebook never reads."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

__all__ = [
    "ChurnTruth",
    "Initiative",
    "MixTruth",
    "SeriesTruth",
    "SurgeTruth",
    "Truth",
]


@dataclass(frozen=True, kw_only=True)
class SurgeTruth:
    """One topic grows at a release; the shares are of all genuine messages, as drawn."""

    topic: str
    release: pd.Timestamp
    version: str
    share_before: float
    share_after: float
    n_before: int
    n_after: int


@dataclass(frozen=True, kw_only=True)
class MixTruth:
    """The share of one unhappier channel grows, while every channel stays as happy as it was.

    `channel_sentiment` is the expected polarity (-1, 0, 1) of a message in each channel: it is
    constant over all months. `months` holds, for each month, the number of messages a channel
    and the raw mean polarity that the mix yields; `adjusted` is the same mean at the channel
    shares of the whole time, so any trend in it is chance.
    """

    growing_channel: str
    channel_sentiment: dict[str, float]
    months: pd.DataFrame
    raw_first_quarter: float
    raw_last_quarter: float
    adjusted_first_quarter: float
    adjusted_last_quarter: float


@dataclass(frozen=True, kw_only=True)
class ChurnTruth:
    """The monthly hazard of voluntary churn that every customer was drawn from.

    For a customer at risk at the start of month t (first day, UTC)::

        logit h = intercept + plan + tenure * (ln(1 + months) - 2.5)
                  + usage * u[t-1] + usage_trend * (u[t-1] - u[t-2])
                  + sum over topics of log_odds * exposed

    where u = (adoption_score - usage_centre) / usage_scale of the last complete month, and
    `exposed` says that the customer's *main* topic of some message, outside the cancellation
    survey, was this topic in the `window_days` that end `gap_days` before the first of the month.
    Topics not in `log_odds` have none. `null_topic` is written about mostly by customers with
    low usage; `leak_topic` occurs in the cancellation survey only. Involuntary endings have the
    constant monthly hazard `involuntary`.
    """

    log_odds: dict[str, float]
    null_topic: str
    leak_topic: str
    window_days: int
    gap_days: int
    intercept: float
    plan: dict[str, float]
    tenure: float
    usage: float
    usage_trend: float
    usage_centre: float
    usage_scale: float
    involuntary: float
    person_months: pd.DataFrame  # one row a customer and month at risk: features, hazard, churned


@dataclass(frozen=True, kw_only=True)
class SeriesTruth:
    """An additive series: value = level + trend * step + season + effect * regressor + noise."""

    series_id: str
    season_length: int
    level: float
    trend: float
    effect: float
    noise_sd: float
    noise_ar: float
    components: pd.DataFrame  # date, level_trend, season, regressor, effect, noise


@dataclass(frozen=True, kw_only=True)
class Initiative:
    """An improvement with the return it would have, in closed form (see `initiatives.returns`)."""

    initiative_id: str
    topics: tuple[str, ...]
    affected: float  # mean number of exposed active customers at any time
    hazard: float  # their monthly hazard of leaving voluntarily, as it is
    reduction: float  # true relative reduction of that hazard
    margin: float  # monthly margin of a customer who would be kept
    cost: float  # discounted cost over the horizon, at the modal costs
    benefit: float  # discounted benefit over the horizon
    bcr: float
    net_roi: float
    horizon_months: int
    discount_rate: float


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Everything planted in one generated firm.

    Attributes
    ----------
    records
        One row for every feedback row written, in file order: source, line (0 is the first data
        row), feedback_id, customer_id, created_at (UTC), channel, kind, duplicate_of, language,
        topic (main), polarity (-1, 0, 1), second_topic, second_polarity, typo, markup.
        `kind` is message, duplicate, repeat, test, spam, empty, broken_date, future_date,
        bad_rating or clash (an id given twice with other content).
    personal
        One row a planted piece of personal data: source, line, feedback_id, kind, value.
    decoys
        The same for look-alikes that are *not* personal data and should stay.
    unknown_customers
        Customer ids in the feedback that the customer table lacks.
    broken_customers
        Customer ids whose end lies before their start.
    """

    seed: int
    records: pd.DataFrame
    personal: pd.DataFrame
    decoys: pd.DataFrame
    surge: SurgeTruth
    mix: MixTruth
    churn: ChurnTruth
    series: dict[str, SeriesTruth]
    initiatives: dict[str, Initiative]
    unknown_customers: tuple[str, ...] = ()
    broken_customers: tuple[str, ...] = ()
    topics: tuple[str, ...] = field(default=())
