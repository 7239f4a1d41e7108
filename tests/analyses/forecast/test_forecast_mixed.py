import numpy as np

from insights.analyses.forecast.calibration import learn


def test_series_with_other_horizons_share_their_widths():
    rng = np.random.default_rng(1)
    errors = {"weekly": rng.normal(size=(40, 13)), "monthly": rng.normal(size=(40, 12))}
    for horizon in (12, 13):
        found = learn(errors, {"weekly": 4.0, "monthly": 4.0}, horizon)
        assert found.half.shape[1] == horizon
