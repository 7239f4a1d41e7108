"""Live controls: move a judgement, see what it does to every return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import ipywidgets as widgets

from insights.analyses.roi.cases import Case
from insights.analyses.roi.montecarlo import Drawn, returns
from insights.analyses.roi.params import Params
from insights.analyses.roi.plots import as_png
from insights.analyses.roi.result import RoiDistribution
from insights.messages import _
from insights.stats.distributions import Beta, Point, Scaled

__all__ = ["LIVE_DRAWS", "adjusted", "explore"]

LIVE_DRAWS = 4000  # of ten initiatives; of more, as many in all


def adjusted(
    cases: Sequence[Case],
    *,
    kappa_mean: float,
    kappa_weight: float,
    horizon_months: int,
    discount_rate: float,
    effect_factor: float,
) -> tuple[Case, ...]:
    """Return the cases with other judgements; effects are multiplied and stay within 0 to 1.

    Parameters
    ----------
    kappa_mean, kappa_weight
        Mean of kappa, 0 to 1, and the number of observations it is worth.
    horizon_months
        Months over which benefits and costs count.
    discount_rate
        A year, as .1.
    effect_factor
        What every stated effect is multiplied by.
    """
    found = []
    for case in cases:
        changed = case.changed("kappa", Beta.from_mean(kappa_mean, kappa_weight))
        changed = changed.changed("horizon_months", Point(float(horizon_months)))
        changed = changed.changed("discount_rate", Point(discount_rate))
        inputs = tuple(
            replace(item, dist=Scaled(item.dist, effect_factor, 0.0, 1.0))
            if item.name == "effect"
            else item
            for item in changed.inputs
        )
        found.append(replace(changed, inputs=inputs))
    return tuple(found)


def explore(result: RoiDistribution, cases: Sequence[Case], params: Params) -> widgets.Widget:
    """Sliders for kappa, horizon, discount rate and effect; figure and sentence follow."""
    kappa = widgets.FloatSlider(params.kappa_mean, min=0.05, max=0.95, step=0.05)
    horizon = widgets.IntSlider(params.horizon_months, min=1, max=60)
    discount = widgets.FloatSlider(params.discount_rate, min=0.0, max=0.4, step=0.01)
    effect = widgets.FloatSlider(1.0, min=0.0, max=2.0, step=0.1)
    sliders = {
        _("kappa, mean"): kappa,
        _("horizon, months"): horizon,
        _("discount rate a year"): discount,
        _("effects, times"): effect,
    }
    for label, slider in sliders.items():
        slider.description, slider.continuous_update = label, False
        slider.style = {"description_width": "10em"}
    figure, sentence = widgets.Image(format="png"), widgets.Label()

    made: Drawn = {}

    def refresh(_change: object = None) -> None:
        moved = adjusted(
            cases,
            kappa_mean=kappa.value,
            kappa_weight=params.kappa_weight,
            horizon_months=horizon.value,
            discount_rate=discount.value,
            effect_factor=effect.value,
        )
        settings = params.model_copy(
            update={"horizon_months": horizon.value, "discount_rate": discount.value}
        )
        found = result
        if _change is not None:  # few draws: the answer has to keep up with the hand
            few = LIVE_DRAWS * 10 // max(len(cases), 10)
            few = min(params.draws, max(few, 500))
            found = returns(moved, params=settings, draws=few, before=made)
        figure.value, sentence.value = as_png(found), found.text()

    for slider in sliders.values():
        slider.observe(refresh, names="value")
    refresh()
    return widgets.VBox([*sliders.values(), sentence, figure])
