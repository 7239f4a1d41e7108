import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast
from insights.analyses.forecast.exports import spliced
from insights.analyses.forecast.screening import screened
from insights.errors import DataError


def interest(n=120, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    return 40 + 0.3 * t + 12 * np.sin(2 * np.pi * t / 52) + rng.normal(0, 3, n)


def exported(truth, first, last, source):
    """One export: its own maximum is 100 and values are whole."""
    part = truth[first:last]
    dates = pd.date_range("2020-01-05", periods=len(truth), freq="W-SUN")[first:last]
    value = np.round(100 * part / part.max())
    return pd.DataFrame({"series_id": "a", "date": dates, "value": value, "source": source})


def test_two_overlapping_exports_are_brought_to_the_scale_of_the_later_one():
    truth = interest()
    both = pd.concat([exported(truth, 0, 80, "old"), exported(truth, 50, 120, "new")])
    series = screened("a", both, forecast.Params(last_period="keep"))
    assert len(series.values) == 120
    expected = 100 * truth / truth[50:].max()
    np.testing.assert_allclose(series.values, expected, rtol=0.05)
    assert any("export old multiplied by" in note for note in series.notes)
    assert any("30 dates in common" in note for note in series.notes)


def test_the_order_of_the_files_does_not_matter():
    truth = interest()
    old, new = exported(truth, 0, 80, "old"), exported(truth, 50, 120, "new")
    first, _ = spliced(pd.concat([old, new]).drop(columns="series_id"))
    again, _ = spliced(pd.concat([new, old]).drop(columns="series_id"))
    pd.testing.assert_frame_equal(first.reset_index(drop=True), again.reset_index(drop=True))


def test_exports_that_hardly_overlap_or_do_not_move_together_are_refused():
    truth = interest()
    apart = pd.concat([exported(truth, 0, 80, "old"), exported(truth, 75, 120, "new")])
    with pytest.raises(DataError, match="shares 5 dates with values"):
        spliced(apart.drop(columns="series_id"))
    other = exported(interest(seed=9)[::-1].copy(), 50, 120, "new")
    series = screened("a", pd.concat([exported(truth, 0, 90, "old"), other]), forecast.Params())
    assert series.verdict == "refused"
    assert "does not move with the others" in series.notes[-1]
