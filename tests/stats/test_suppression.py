"""Hidden cells: whoever knows every total and every shown cell still cannot tell a small one."""

import numpy as np
import pytest
from scipy.optimize import linprog

from insights.stats.suppression import suppressed

LIMIT = 5


def attack(counts, hidden, cell):
    """Return the least and most that a hidden cell can be, given totals and shown cells."""
    places = np.argwhere(hidden)
    rows, columns = counts.shape
    system = np.zeros((rows + columns, len(places)))
    for k, (r, c) in enumerate(places):
        system[r, k] = system[rows + c, k] = 1
    left = np.where(hidden, counts, 0)
    known = np.r_[left.sum(axis=1), left.sum(axis=0)]
    aim = (places == cell).all(axis=1).astype(float)
    ends = [linprog(sign * aim, A_eq=system, b_eq=known, method="highs") for sign in (1, -1)]
    assert all(end.success for end in ends)
    return ends[0].fun, -ends[1].fun


def test_subtracting_rows_from_totals_never_finds_a_small_cell():
    rng = np.random.default_rng(0)
    tried = 0
    for _ in range(60):
        shape = rng.integers(2, 8, 2)
        counts = rng.poisson(np.exp(rng.uniform(0, 5, shape)))
        small = counts < LIMIT
        hidden = suppressed(counts, small)
        if hidden is None:
            continue
        assert (hidden | ~small).all()
        for cell in np.argwhere(small):
            low, high = attack(counts, hidden, cell)
            value = counts[tuple(cell)]
            assert high >= value + LIMIT - 1e-6  # the reader cannot even tell that it is small
            assert low <= value + 1e-6
            tried += 1
    assert tried > 100


def test_hiding_only_the_small_cells_would_not_do():
    counts = np.array([[3, 40, 50], [20, 30, 60]])
    small = counts < LIMIT
    assert attack(counts, small, (0, 0)) == (3, 3)
    hidden = suppressed(counts, small)
    assert hidden.sum() == 4
    assert attack(counts, hidden, (0, 0))[1] >= 8


def test_two_small_cells_of_nothing_do_not_protect_each_other():
    counts = np.array([[0, 0, 50], [9, 8, 60], [30, 70, 20]])
    hidden = suppressed(counts, counts < LIMIT)
    assert attack(counts, counts < LIMIT, (0, 0)) == (0, 0)
    assert attack(counts, hidden, (0, 0))[1] >= LIMIT


def test_nothing_small_hides_nothing():
    counts = np.full((3, 4), 10)
    assert not suppressed(counts, counts < LIMIT).any()


def test_a_table_that_cannot_be_protected_is_refused_whole():
    counts = np.array([[2], [30]])
    assert suppressed(counts, counts < LIMIT) is None
    assert suppressed(np.array([[2, 3], [1, 4]]), np.full((2, 2), True)) is None


def test_the_cheapest_protection_is_taken():
    counts = np.array([[1, 500, 10], [400, 300, 200], [12, 300, 14]])
    hidden = suppressed(counts, counts < LIMIT)
    assert sorted(map(tuple, np.argwhere(hidden).tolist())) == [(0, 0), (0, 2), (2, 0), (2, 2)]


def test_tables_that_differ_in_shape_are_refused():
    with pytest.raises(ValueError, match=r"tables alike: \(2, 2\), \(2, 3\)"):
        suppressed(np.ones((2, 2)), np.ones((2, 3), bool))
