import numpy as np

from insights.analyses.forecast.calibration import learn


def test_series_with_other_horizons_share_their_widths():
    rng = np.random.default_rng(1)
    weekly, monthly = rng.normal(size=(40, 13)), rng.normal(size=(40, 12))
    for horizon in (12, 13):
        assert learn([weekly, monthly], 200.0, horizon).half.shape[1] == horizon
