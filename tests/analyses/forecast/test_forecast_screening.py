import numpy as np
import pandas as pd
import pytest

from insights.analyses import forecast
from insights.analyses.forecast.frequency import infer
from insights.analyses.forecast.screening import screened
from insights.errors import DataError


def monthly(values, start="2015-01-01", freq="MS", name="a"):
    dates = pd.date_range(start, periods=len(values), freq=freq)
    return pd.DataFrame({"series_id": name, "date": dates, "value": np.asarray(values, float)})


def seasonal(n=72, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    return 100 + 0.5 * t + 10 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 2, n)


def looked_at(rows, **settings):
    return screened("a", rows, forecast.Params(**settings))


@pytest.mark.parametrize(
    ("alias", "text", "season"),
    [
        ("D", "daily", 7),
        ("B", "business-daily", 5),
        ("W-FRI", "weekly (Friday)", 52),
        ("W-SUN", "weekly (Sunday)", 52),
        ("MS", "monthly (start)", 12),
        ("ME", "monthly (end)", 12),
        ("QS", "quarterly (start)", 4),
        ("QS-FEB", "quarterly (start)", 4),
        ("QE", "quarterly (end)", 4),
        ("YS", "yearly (start)", 1),
        ("YE", "yearly (end)", 1),
    ],
)
def test_each_calendar_is_recognised_and_continued_by_the_dates_pandas_would_give(
    alias, text, season
):
    dates = pd.date_range("2010-01-06", periods=60, freq=alias)
    found = infer(dates[:50])
    assert (found.text(), found.season) == (text, season)
    numbers = found.ordinals(dates[:50])
    assert (np.diff(numbers) == 1).all()
    ahead = found.dates(numbers[-1] + 1 + np.arange(10))
    assert list(ahead) == list(dates[50:])


def test_month_starts_are_never_forecast_inside_the_last_observed_month():
    series = looked_at(monthly(seasonal()))
    assert series.future[0] == pd.Timestamp("2021-01-01")
    assert (series.future > series.dates[-1]).all()


def test_dates_without_a_calendar_are_refused():
    dates = pd.DatetimeIndex(pd.date_range("2020-01-01", periods=40, freq="14D"))
    rows = pd.DataFrame({"series_id": "a", "date": dates, "value": seasonal(40)})
    series = looked_at(rows)
    assert series.verdict == "refused"
    assert "usual gap between dates is 14 days" in series.notes[-1]


def test_a_single_missing_month_is_filled_on_the_line_between_its_neighbours_and_counted():
    rows = monthly(seasonal()).drop(index=30)
    series = looked_at(rows)
    assert (series.verdict, series.filled, len(series.values)) == ("forecast", 1, 72)
    assert series.values[30] == pytest.approx((series.values[29] + series.values[31]) / 2)
    assert any("1 of 72 months missing" in note for note in series.notes)


def test_missing_months_are_not_taken_for_contiguous_but_cut_to_the_last_unbroken_part():
    series = looked_at(monthly(seasonal()).drop(index=range(10, 20)))
    assert len(series.values) == 52
    assert series.dates[0] == pd.Timestamp("2016-09-01")
    assert any("cut to the last 52 months" in note for note in series.notes)


def test_a_series_with_too_many_holes_is_refused_when_no_part_is_long_enough():
    kept = [i for i in range(72) if i % 5 != 4]
    series = looked_at(monthly(seasonal()).iloc[kept])
    assert series.verdict == "refused"
    assert "at most 5% in runs of up to 2 are filled" in series.notes[-1]


def test_equal_duplicates_are_merged_and_counted():
    rows = monthly(seasonal())
    series = looked_at(pd.concat([rows, rows.iloc[5:8]]))
    assert (series.verdict, series.duplicates, len(series.values)) == ("forecast", 3, 72)


def test_conflicting_duplicates_are_refused():
    rows = monthly(seasonal())
    series = looked_at(pd.concat([rows, rows.iloc[5:8].assign(value=1.0)]))
    assert series.verdict == "refused"
    assert "3 dates carry different values (first 2015-06-01)" in series.notes[-1]


def test_two_dates_in_one_month_are_refused():
    rows = monthly(seasonal())
    extra = pd.DataFrame({"series_id": "a", "date": [pd.Timestamp("2016-03-15")], "value": 3.0})
    series = looked_at(pd.concat([rows, extra]))
    assert series.verdict == "refused"
    assert "two dates fall in one month" in series.notes[-1]


def test_rows_without_date_are_dropped_and_counted():
    rows = monthly(seasonal())
    rows.loc[0, "date"] = pd.NaT
    series = looked_at(rows)
    assert len(series.values) == 71
    assert any("1 rows without a date dropped" in note for note in series.notes)


def test_infinite_and_missing_values_are_trimmed_at_the_ends_and_filled_inside():
    values = seasonal()
    values[:3], values[40], values[-2:] = np.nan, np.inf, np.nan
    series = looked_at(monthly(values))
    assert (len(series.values), series.filled) == (67, 1)
    assert np.isfinite(series.values).all()
    assert any("2 rows at the end without a value" in note for note in series.notes)
    assert series.future[0] == pd.Timestamp("2020-11-01")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.full(60, 7.0), "constant at 7"),
        (np.full(60, np.nan), "no finite value"),
        ([1.0, 2.0, 3.0], "3 values are too few"),
        (np.where(np.arange(60) % 10 == 9, 5.0, 0.0), "6 above zero are too few to tell a rate"),
        (np.repeat([5.0, 0.0, 5.0, 0.0], [20, 10, 10, 20]), "the last 20 are, more than chance"),
        (np.concatenate([seasonal(40), np.full(12, 3.0)]), "the last 12 values all equal 3"),
    ],
)
def test_a_series_that_no_method_here_can_forecast_is_refused_with_its_reason(values, why):
    series = looked_at(monthly(values))
    assert series.verdict == "refused"
    assert why in series.notes[-1]


def test_a_series_under_two_seasons_gets_no_season_and_a_short_one_only_naive():
    series = looked_at(monthly(seasonal(20)))
    assert (series.season, series.verdict) == (1, "forecast")
    assert any("under two seasons" in note for note in series.notes)
    short = looked_at(monthly(seasonal(14)))
    assert short.verdict == "not tested"


def test_an_outlier_in_the_last_value_is_flagged_and_kept():
    values = seasonal()
    values[-1] *= 5
    series = looked_at(monthly(values))
    assert series.outlier_at_end
    assert series.values[-1] == values[-1]
    assert not looked_at(monthly(seasonal())).outlier_at_end


def test_a_last_period_under_half_of_everything_recent_is_dropped_unless_kept():
    values = seasonal()
    values[-1] *= 0.2
    dropped = looked_at(monthly(values))
    assert len(dropped.values) == 71
    assert dropped.future[0] == pd.Timestamp("2020-12-01")
    assert any("taken for incomplete" in note for note in dropped.notes)
    kept = looked_at(monthly(values), last_period="keep")
    assert len(kept.values) == 72
    assert kept.outlier_at_end


def test_logarithms_are_taken_only_of_positive_series_whose_spread_grows_with_the_level():
    t = np.arange(96)
    rng = np.random.default_rng(3)
    growing = np.exp(2 + 0.03 * t + 0.3 * np.sin(2 * np.pi * t / 12) + rng.normal(0, 0.05, 96))
    assert looked_at(monthly(growing)).log
    assert not looked_at(monthly(growing - growing.mean())).log
    assert not looked_at(monthly(seasonal(96))).log


def test_one_bad_series_never_stops_the_others():
    market = pd.concat(
        [
            monthly(seasonal(), name="good"),
            monthly(np.full(40, 2.0), name="flat"),
            monthly([1.0, np.nan, np.inf], name="tiny"),
        ]
    )
    gate = forecast.screening(market, forecast.Params())
    verdicts = dict(zip(gate.table()["series_id"], gate.table()["verdict"], strict=True))
    assert verdicts == {"good": "forecast", "flat": "refused", "tiny": "refused"}
    assert "flat: constant at 2" in gate.text()


def test_nothing_left_to_forecast_is_said_with_every_reason():
    market = pd.concat([monthly(np.full(40, 2.0), name="flat"), monthly([1.0, 2.0], name="tiny")])
    with pytest.raises(DataError, match=r"none of 2 series can be forecast\. flat: constant"):
        forecast.screening(market, forecast.Params())


def test_a_table_without_its_columns_or_rows_is_refused():
    with pytest.raises(DataError, match="columns value are missing"):
        forecast.screening(monthly(seasonal()).drop(columns="value"), forecast.Params())
    with pytest.raises(DataError, match="no rows"):
        forecast.screening(monthly([]), forecast.Params())


def test_the_largest_series_are_forecast_first_and_the_others_named_as_left_out():
    market = pd.concat([monthly(seasonal() * k, name=f"s{k}") for k in (1, 2, 3)])
    gate = forecast.screening(market, forecast.Params(max_series=2))
    assert [s.series_id for s in gate.usable] == ["s2", "s3"]
    text = "1 of 3 series is left out, the smallest (max_series: 2): s1."
    assert gate.text().startswith(text)


def test_the_order_of_rows_does_not_matter():
    market = pd.concat([monthly(seasonal(), name="a"), monthly(seasonal(60, 2), name="b")])
    mixed = market.sample(frac=1, random_state=4)
    first = forecast.screening(market, forecast.Params()).table()
    pd.testing.assert_frame_equal(first, forecast.screening(mixed, forecast.Params()).table())


def test_dates_as_text_are_read_when_iso_and_never_guessed():
    rows = monthly(seasonal())
    iso = looked_at(rows.assign(date=rows["date"].dt.strftime("%Y-%m-%d")))
    assert list(iso.dates) == list(rows["date"])
    mixed = rows.assign(date=rows["date"].dt.strftime("%d/%m/%Y"))
    series = looked_at(mixed)
    assert series.verdict == "refused"
    assert "72 dates are not ISO dates (first '01/01/2015')" in series.notes[-1]


def test_values_that_are_no_numbers_are_refused_rather_than_taken_for_missing():
    rows = monthly(seasonal())
    rows["value"] = rows["value"].astype(object)
    rows.loc[7, "value"] = "1.234,5"
    series = looked_at(rows)
    assert series.verdict == "refused"
    assert "1 values are no numbers (first '1.234,5')" in series.notes[-1]


@pytest.mark.parametrize(("rule", "share"), [("sum", 2.0), ("mean", 1.0)])
def test_conflicting_duplicates_are_aggregated_only_when_asked(rule, share):
    rows = monthly(seasonal())
    twice = pd.concat([rows.assign(value=rows["value"] - 1), rows.assign(value=rows["value"] + 1)])
    series = looked_at(twice, repeated=rule)
    np.testing.assert_allclose(series.values, share * seasonal())
    assert any(f"72 dates with different values: their {rule} is taken" in n for n in series.notes)


def test_where_a_row_was_read_is_no_regressor():
    rows = monthly(seasonal()).assign(source="a.csv", line=np.arange(2, 74))
    assert looked_at(rows).regressor_names == ()


@pytest.mark.parametrize("factor", [1e-9, 1e12])
def test_eight_points_are_refused_at_any_scale(factor):
    series = looked_at(monthly(seasonal(8) * factor))
    assert series.verdict == "refused"
    assert "8 values are too few" in series.notes[-1]


def test_zero_and_negative_values_are_forecast_without_a_logarithm():
    values = seasonal() - 100
    series = looked_at(monthly(values))
    assert (series.verdict, series.log) == ("forecast", False)
    assert np.array_equal(series.values, values)


def test_a_peak_that_grows_with_its_series_is_no_outlier_on_the_scale_of_the_model():
    rng = np.random.default_rng(4)
    t = np.arange(84)
    values = np.exp(7 + 0.035 * t + 1.2 * (t % 12 == 11) + rng.normal(0, 0.12, 84))
    for end in (72, 84):  # both are Decembers
        series = looked_at(monthly(values[:end]))
        assert series.log
        assert not series.outlier_at_end
    values[-1] *= 6
    series = looked_at(monthly(values))
    assert series.outlier_at_end
    assert "its change over 12 months is" in series.notes[-1]
    assert "in logarithms" in series.notes[-1]


def hours(days=40, start="2024-01-01 05:00"):
    at = pd.date_range(start, periods=24 * days, freq="h")
    values = np.random.default_rng(5).poisson(20, len(at)) + 10.0 * (at.hour == 12)
    return pd.DataFrame({"series_id": "a", "date": at, "value": values})


def test_hours_are_refused_for_the_true_reason_and_brought_to_days_by_the_stated_rule():
    rows = hours()
    refused = looked_at(rows)
    assert refused.verdict == "refused"
    assert (
        "a value every hour: series of days and longer are forecast; repeated: sum"
        in (refused.notes[-1])
    )
    by_day = rows.groupby(rows["date"].dt.normalize())["value"]
    whole = by_day.count() == 24
    for rule in ("sum", "mean"):
        series = looked_at(rows, repeated=rule, last_period="keep")
        assert series.frequency.name == "daily"
        expected = by_day.agg(rule)[whole]
        found = pd.Series(series.values, series.dates).reindex(expected.index)
        np.testing.assert_allclose(found, expected)
        assert f"their {rule} a day is taken (24 a day)" in series.notes[0]
    # the first day lacks five hours: no sum of a day
    assert looked_at(rows, repeated="sum").dates[0] == pd.Timestamp("2024-01-02")


def test_mostly_zero_amounts_are_called_intermittent_or_lumpy_and_changes_are_not():
    rng = np.random.default_rng(6)
    sizes = np.where(np.arange(60) % 3 == 0, 5.0, 0.0)
    assert (
        "intermittent: 67% of the values are zero (one above zero in 3.0"
        in (looked_at(monthly(sizes)).notes[-1])
    )
    lumpy = np.where(np.arange(60) % 3 == 0, rng.lognormal(2, 1.2, 60), 0.0)
    assert "lumpy: 67%" in looked_at(monthly(lumpy)).notes[-1]
    net = np.where(np.arange(60) % 3 == 0, rng.normal(size=60), 0.0)
    assert looked_at(monthly(net), last_period="keep").verdict != "refused"


def test_limits_are_told_from_the_values_and_stand_among_the_checks():
    rng = np.random.default_rng(8)
    share = monthly(rng.uniform(0.2, 0.9, 60), name="market share")
    gate = forecast.screening(pd.concat([share, monthly(seasonal())]), forecast.Params())
    table = gate.table().set_index("series_id")
    assert table.loc["market share", ["bound_low", "bound_high"]].tolist() == [0, 1]
    assert np.isnan(table.loc["a", "bound_high"])
    assert any(c.name.startswith("limits: its name says a share") for c in gate.checks)
    free = forecast.screening(share, forecast.Params(bounds="market share: none"))
    assert np.isnan(free.table()["bound_low"]).all()
