import numpy as np
import pytest

from insights.errors import DataError, ParamsError
from insights.stats.bounds import bounds_of, declared

INDEX = np.r_[np.arange(30), 100, 62]
FREE = (-np.inf, np.inf)


def ends(values, name, setting=""):
    found = bounds_of(np.asarray(values, float), name, setting)
    return found.low, found.high


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ([0.2, 0.5, 0.9], "market share north", (0, 1)),
        ([0.2, 0.5, 0.9], "留存率", (0, 1)),
        ([12.0, 55, 90], "unemployment rate", (0, 100)),
        ([12.0, 55, 90], "渠道占比", (0, 100)),
        ([12.0, 55, 190], "share", (0, np.inf)),  # no share after all
        ([0.2, 0.5, 0.9], "price", (0, np.inf)),  # the range alone says nothing
        ([0.82, 0.85, 0.97], "exchange rate", (0, np.inf)),
        (INDEX, "bitcoin", (0, 100)),
        (INDEX + 0.5, "bitcoin", (0, np.inf)),
        ([*INDEX, 3.5], "bitcoin", (0, np.inf)),  # one value between whole numbers is enough
        ([3.0, 0, 7], "orders", (0, np.inf)),
        ([-3.0, 0, 7], "orders", FREE),
        ([3.0, 9, 7], "temperature in °C", FREE),
        ([3.0, 9, 7], "net profit", FREE),
        ([0.1, 0.2, 0.3], "change of share", FREE),
        ([0.0, 0.0, 0.0], "orders", FREE),
    ],
)
def test_limits_come_from_name_and_values_together(values, name, expected):
    assert ends(values, name) == expected
    found = bounds_of(np.asarray(values, float), name)
    assert bool(found.reason) == (found.low > -np.inf)


def test_a_declared_limit_comes_before_all_that_is_seen():
    setting = "conv*: 0 to 1; margin: none; stock: 0 to none"
    assert ends([0.2, 0.3], "conversion", setting) == (0, 1)
    assert ends([0.2, 0.3], "margin", setting) == FREE
    assert ends([0.2, 0.3], "Stock", setting) == (0, np.inf)
    assert declared(setting, "other") is None


def test_what_cannot_be_read_or_contradicts_the_values_is_refused():
    with pytest.raises(ParamsError, match="is not like 'name: 0 to 1'"):
        bounds_of(np.ones(3), "a", "a: nought to 1")
    with pytest.raises(ParamsError, match="is not like"):
        bounds_of(np.ones(3), "a", "a: 1 to 0")
    with pytest.raises(DataError, match="a runs from 0 to 2, beyond 0 to 1"):
        bounds_of(np.array([0.0, 2.0]), "a", "a: 0 to 1")


def test_estimates_are_brought_inside():
    found = bounds_of(np.array([0.2, 0.9]), "share")
    assert found.clip(np.array([-0.1, 0.4, 1.3])).tolist() == [0, 0.4, 1]
