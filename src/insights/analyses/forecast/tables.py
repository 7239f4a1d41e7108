"""The tables that the forecast notebook saves."""

from __future__ import annotations

from insights.messages import _
from insights.tables import OutputTable, declared

__all__ = ["OUTPUTS", "shown"]


def shown(value: str) -> str:
    """Write a value of a closed column (verdict, kind, test, scenario) in the reader's language."""
    return {
        "forecast": _("forecast"),
        "not tested": _("not tested"),
        "intermittent": _("intermittent"),
        "lumpy": _("lumpy"),
        "not forecast": _("not forecast"),
        "refused": _("refused"),
        "outlier": _("outlier"),
        "level shift": _("level shift"),
        "trend change": _("trend change"),
        "slow move": _("slow move"),
        "low": _("low"),
        "base": _("base"),
        "high": _("high"),
        "regressors lower": _("regressors lower"),
        "regressors higher": _("regressors higher"),
        "no autocorrelation (Ljung-Box)": _("no autocorrelation (Ljung-Box)"),
        "normality (Jarque-Bera)": _("normality (Jarque-Bera)"),
        "constant variance (last third over first)": _("constant variance (last third over first)"),
        "trend a year": _("trend a year"),
        "year on year": _("year on year"),
        "year on year, share": _("year on year, share"),
        "rose": _("rose"),
        "fell": _("fell"),
        "cannot tell": _("cannot tell"),
    }.get(value, value)


OUTPUTS: dict[str, OutputTable] = declared(
    """
    forecast: a series and date, by the model that is kept
        series_id str
        date datetime64[ns] first day of the period
        model str the model
        estimate float the forecast
        low_50 float lower bound of the 50 % interval
        high_50 float upper bound of the 50 % interval
        low_80 float lower bound of the 80 % interval
        high_80 float upper bound of the 80 % interval
        low_95 float lower bound of the 95 % interval
        high_95 float upper bound of the 95 % interval
        low float lower bound at the notebook's level
        high float upper bound at the notebook's level
    candidates: a series, date and model
        series_id str
        date datetime64[ns] first day of the period
        model str the model
        estimate float the forecast
        low_50 float lower bound of the 50 % interval
        high_50 float upper bound of the 50 % interval
        low_80 float lower bound of the 80 % interval
        high_80 float upper bound of the 80 % interval
        low_95 float lower bound of the 95 % interval
        high_95 float upper bound of the 95 % interval
        low float lower bound at the notebook's level
        high float upper bound at the notebook's level
    backtest: a series, model and step ahead
        series_id str
        model str the model
        horizon int periods ahead
        mase float mean absolute error by that of the naive forecast in training
        smape float symmetric mean absolute percentage error
        coverage_80 float share of values inside the 80 % interval
        coverage_95 float share of values inside the 95 % interval
        chosen bool whether this model is kept
        beats_naive bool whether it was shown to beat the naive forecast
        origins int forecast origins
    summary: a series
        series_id str
        mean_ahead float mean of the forecast over the horizon
        low float
        high float
        chance_above float chance that the mean ahead exceeds the past it is compared with
        compared_with str that past
        chosen str the model that is kept
        benchmark str the naive forecast it is held against
        mase float mean absolute scaled error of the kept model
        mase_benchmark float the same of the benchmark
        best_model str the model with the least error
        gain float scaled error of the best model less that of the benchmark; negative is better
        gain_low float lower bound of gain
        gain_high float upper bound of gain
        coverage_80 float share of values inside the 80 % interval
        coverage_95 float share of values inside the 95 % interval
        beats_naive bool whether the kept model was shown to beat the naive forecast
        origins int forecast origins
        verdict str what the back-test says
    intermittent: a series with many zeros
        series_id str
        kind str intermittent, or lumpy where sizes vary much
        unit str length of a period
        horizon int periods ahead
        n int values
        zeros float share of them that are zero
        estimate float mean ahead
        low float
        high float
        level float level of the interval
        chance_any float chance that any value ahead is above zero
        before float mean of as many values before
        held int windows of the past whose interval held their mean
        windows int windows side by side
    series: a series as it was read
        series_id str
        verdict str forecast, not tested, intermittent, not forecast or refused
        frequency str length of its periods
        start datetime64[ns] first date
        end datetime64[ns] last date
        rows int rows found
        n int periods used
        filled int periods filled in
        dropped int periods left out
        duplicates int rows that repeat a date
        season int periods of a season; 1: none
        horizon int periods that are forecast
        logarithm bool whether it is modelled in logarithms
        bound_low float value it cannot fall below
        bound_high float value it cannot exceed
        bounds_from str where these bounds come from
        outlier_at_end bool whether the last values are an outlier
        notes str what was noticed
    diagnostics: a test of an ARIMA's residuals
        series_id str
        test str the test
        statistic float its statistic
        p float
        n int residuals tested
    coefficients: a coefficient of an ARIMA
        series_id str
        model str the model
        order str its orders
        name str the coefficient
        estimate float its value
        low float
        high float
        aicc float corrected Akaike criterion of the model
        n int values fitted
    decomposition: a series and date
        series_id str
        date datetime64[ns] first day of the period
        value float value observed
        trend float trend by STL
        seasonal float season by STL
        remainder float what is left
        provisional bool whether the trend there will move as data come
    change: a series and measure
        series_id str
        measure str what is compared
        estimate float the change
        low float
        high float
        level float level of the interval
        n int values compared
        verdict str rose, fell or cannot tell
        start datetime64[ns] first date used
        end datetime64[ns] last date used
        shift datetime64[ns] date of a level shift between them, if any
    profile: a place of the season of a series
        series_id str
        place int the place
        effect float distance from the trend there
        low float
        high float
        level float level of the interval
        n int values at that place
    holidays: a holiday of a series
        series_id object
        holiday object the holiday
        effect object mean remainder on it
        low object
        high object
        level object level of the interval
        n object times it was seen
    events: an event in a series
        series_id str
        date datetime64[ns] first period of it
        kind str outlier, level shift, trend change, or slow move (described, not tested)
        size float size in the unit of the series; of a trend change, a period
        t float its t value
        date_low datetime64[ns] lower bound of the date of what lasts
        date_high datetime64[ns] upper bound of that date
        pelt_agrees bool whether an independent method (PELT) finds it too
        mean_with float mean ahead with the outliers of the series
        mean_without float mean ahead without them
        n int values of the series
        periods int periods that a level shift takes from its date on
        size_low float lower bound of size
        size_high float upper bound of size
        relative float size as a share of what would have been
        open_end bool whether it may go on after the last value
    leads: a pair of feedback and market series at a lag
        series_id str
        lag int periods by which feedback comes first
        unit str length of a period
        correlation float correlation after prewhitening
        low float
        high float
        p float
        n int pairs of values
        q float
    scenarios: a series, scenario and date
        series_id str
        scenario str the scenario
        date datetime64[ns] first day of the period
        value float value in it
        about str what is supposed
    """
)
