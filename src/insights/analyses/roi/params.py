"""Settings of the ROI notebook."""

from __future__ import annotations

from pydantic import Field

from insights import settings

__all__ = ["Params"]


class Params(settings.Params):
    """What a benefit is counted over, how sure one is of it, and what a test would cost."""

    horizon_months: int = Field(
        24, ge=1, le=120, description="months over which benefits and running costs are counted"
    )
    discount_rate: float = Field(
        0.1, ge=0, le=1, description="discount rate a year; a month counts (1 + rate)^(1/12) - 1"
    )
    draws: int = Field(
        4000,
        ge=500,
        le=65536,
        description="first number of draws; doubled until the error of P(NPV > 0) is below .005",
    )
    guess_width: float = Field(
        0.5,
        ge=0,
        le=1,
        description="half width of the range that a number alone gets, as a share of it",
    )
    margin: float = Field(
        0.7, gt=0, le=1, description="gross margin: share of revenue kept that is a benefit"
    )
    ramp_months: int = Field(
        3, ge=0, le=60, description="months until an initiative has its full effect; 0: at once"
    )
    kappa_mean: float = Field(
        0.4, gt=0, lt=1, description="kappa, the share of an association that is causal: its mean"
    )
    kappa_weight: float = Field(
        5.0,
        gt=0,
        le=1000,
        description="what kappa counts as, in observations; .4 and 5: Beta(2, 3)",
    )
    monthly_churn: float = Field(
        0.0, ge=0, lt=1, description="share of customers who leave a month; 0: measured"
    )
    replaced: bool = Field(
        False, description="whether new customers come to meet a problem as the affected leave"
    )
    test_cost_share: float = Field(
        0.1, ge=0, le=1, description="cost of testing first, as a share of the expected cost"
    )
    sobol_power: int = Field(
        12, ge=8, le=15, description="the Sobol sample holds 2 to this power rows"
    )
    currency: str = Field("", max_length=8, description="unit written after amounts, such as EUR")
