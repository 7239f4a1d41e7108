import pandas as pd
import pytest

from insights.errors import DataError
from insights.ingest.dates import format_hint, parse_dates, parse_times


def one(text, **options):
    return parse_times(pd.Series([text], dtype=object), **options).values.iloc[0]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-05", "2024-03-05"),
        ("2024-03-05 10:11:12", "2024-03-05 10:11:12"),
        ("2024-03-05T10:11:12.5Z", "2024-03-05 10:11:12.5"),
        ("2015-02-24 11:35:52 -0800", "2015-02-24 19:35:52"),
        ("19th November 2023", "2023-11-19"),
        ("1st of May 2021", "2021-05-01"),
        ("November 19, 2023 5:03 PM", "2023-11-19 17:03"),
        ("31-Jul-18", "2018-07-31"),
        ("2024年3月5日", "2024-03-05"),
        ("2024年3月5日 下午3:05", "2024-03-05 15:05"),
        ("2020/3/4 16:30", "2020-03-04 16:30"),
        ("13/1/2024", "2024-01-13"),
        ("1/13/2024", "2024-01-13"),
        ("12/31/99 12:30 am", "1999-12-31 00:30"),
        ("20240305", "2024-03-05"),
        ("2024-03", "2024-03-01"),
        ("2020 Q3", "2020-07-01"),
        ("Tue Feb 24 11:35:52 -0800 2015", "2015-02-24 19:35:52"),
        (45000, "2023-03-15"),
        ("45000.5", "2023-03-15 12:00"),
        (1700000000, "2023-11-14 22:13:20"),
        (1700000000000, "2023-11-14 22:13:20"),
    ],
)
def test_a_date_as_people_write_it_is_read(text, utc):
    assert one(text) == pd.Timestamp(utc, tz="UTC")


@pytest.mark.parametrize("text", ["garbage", "2024-02-30", "0000-00-00", "31/02/2025", "12"])
def test_what_is_no_date_is_unread_and_never_a_wrong_date(text):
    times = parse_times(pd.Series([text, None, "2024-01-01"], dtype=object))
    assert times.unread.tolist() == [True, False, False]


def test_a_time_without_offset_belongs_to_the_declared_zone():
    assert one("2024-03-05 08:00", timezone="Asia/Shanghai") == pd.Timestamp("2024-03-05", tz="UTC")


def test_unambiguous_values_settle_the_ambiguous_ones_and_it_is_said():
    column = pd.Series(["5/2/2010", "19-02-2010", "12/2/2010"])
    times = parse_dates(column, where="walmart.Date")
    assert times.values.tolist() == list(pd.to_datetime(["2010-02-05", "2010-02-19", "2010-02-12"]))
    assert times.notes[0].check == "ambiguous dates"
    assert "day first" in times.notes[0].detail


def test_dates_that_are_all_ambiguous_are_refused_rather_than_guessed():
    with pytest.raises(
        DataError, match=r"t\.d: cannot tell day from month in any of 2 .*day_first"
    ):
        parse_times(pd.Series(["1/2/2020", "3/4/2020"]), where="t.d")


def test_dates_that_contradict_each_other_are_refused():
    with pytest.raises(DataError, match=r"contradict each other.*day_first"):
        parse_times(pd.Series(["13/2/2020", "2/13/2020", "3/4/2020"]))


def test_a_declared_order_settles_and_what_does_not_fit_is_unread():
    times = parse_dates(pd.Series(["3/4/2024", "12/25/2024"]), day_first=True)
    assert times.values.iloc[0] == pd.Timestamp("2024-04-03")
    assert times.unread.tolist() == [False, True]


def test_declared_formats_are_tried_in_order_and_nothing_else_is_read():
    times = parse_times(
        pd.Series(["2024-05-06", "03/04/2024", "5 May 2024"]), formats=["%Y-%m-%d", "%d/%m/%Y"]
    )
    assert times.values.iloc[1] == pd.Timestamp("2024-04-03", tz="UTC")
    assert times.unread.tolist() == [False, False, True]


def test_datetimes_and_empty_columns_pass_through():
    aware = pd.Series(pd.to_datetime(["2024-01-01 12:00+02:00", None], utc=True))
    assert parse_times(aware).values.iloc[0] == pd.Timestamp("2024-01-01 10:00", tz="UTC")
    assert parse_times(pd.Series([], dtype=object)).values.dt.tz is not None
    assert parse_dates(pd.Series([None], dtype=object)).values.isna().all()


def test_an_hour_that_summer_time_skips_is_moved_not_refused():
    assert one("2024-03-31 02:30", timezone="Europe/Berlin") == pd.Timestamp(
        "2024-03-31 01:00", tz="UTC"
    )


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025/1/3 1:01:02 下午 GMT+8", "2025-01-03 05:01:02"),
        ("2025/01/03 1:01:02 PM GMT+8", "2025-01-03 05:01:02"),
        ("2025-01-03 00:00:00 PDT", "2025-01-03 07:00"),
        ("2025-07-03 00:00:00 Pacific Standard Time", "2025-07-03 07:00"),
        ("2025-01-03 00:00:00 EST5EDT", "2025-01-03 05:00"),
        ("2025-01-03 00:00:00 America/New_York", "2025-01-03 05:00"),
        ("2025-01-03 00:00:00 (UTC+08:00)", "2025-01-02 16:00"),
        ("Fri Jan 03 2025 00:00:00 GMT+0800 (China Standard Time)", "2025-01-02 16:00"),
        ("January 3, 2025 at 12:05 AM", "2025-01-03 00:05"),
        ("3. Januar 2025 um 14:05 Uhr", "2025-01-03 14:05"),
        ("03-Mär-25", "2025-03-03"),
        ("3 février 2025 à 14:05", "2025-02-03 14:05"),
        ("3 de enero de 2025, 14:05", "2025-01-03 14:05"),
        ("3 января 2025 г. 14:05", "2025-01-03 14:05"),
        ("2025년 1월 3일 오후 1:01", "2025-01-03 13:01"),
        ("2025年1月3日(金) 午後1:01", "2025-01-03 13:01"),
        ("2025-01-03 13:01:05 +0800 CST", "2025-01-03 05:01:05"),
        ("1735862400000000", "2025-01-03"),
    ],
)
def test_zones_halves_of_the_day_and_months_in_other_languages_are_read(text, utc):
    assert parse_times(pd.Series([text])).values[0] == pd.Timestamp(utc, tz="UTC")


def test_an_abbreviation_of_several_zones_is_asked_about_unless_the_study_names_one_of_them():
    column = pd.Series(["2025-01-03 00:00:00 CST"])
    with pytest.raises(DataError, match="timezone: America/Chicago or timezone: Asia/Shanghai"):
        parse_times(column)
    for timezone, hour in (("America/Chicago", 6), ("Asia/Shanghai", -8)):
        at = pd.Timestamp("2025-01-03", tz="UTC") + pd.Timedelta(hours=hour)
        assert parse_times(column, timezone=timezone).values[0] == at


def test_a_month_and_two_figures_are_not_read_and_the_format_that_would_is_named():
    assert parse_times(pd.Series(["Jan-25"])).unread.all()
    assert format_hint("Jan-25") == "%b-%y"
    assert parse_times(pd.Series(["Jan-25"]), formats=["%b-%y"]).values[0].month == 1
