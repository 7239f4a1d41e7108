import itertools

import pytest

from insights.run.outcome import EXIT_CODES, exit_code, fine, from_error


def test_the_first_cause_wins_in_the_stated_order():
    order = ["interrupted", "secret", "invalid", "locked", "refused", "storage", "dead",
             "timeout", "failed"]  # fmt: skip
    assert list(EXIT_CODES) == order
    for first, second in itertools.combinations(order, 2):
        assert exit_code([second, first, "ok", "blocked"]) == EXIT_CODES[first]


def test_the_codes_are_the_contract():
    assert EXIT_CODES == {"interrupted": 130, "secret": 7, "invalid": 2, "locked": 6, "refused": 8,
                          "storage": 9, "dead": 5, "timeout": 4, "failed": 3}  # fmt: skip


def test_ok_cached_carried_and_skipped_are_fine():
    assert exit_code(["ok", "cached", "carried", "skipped"]) == 0
    assert all(map(fine, ["ok", "cached", "carried", "skipped"]))
    assert not fine("blocked") and not fine("failed")


def test_an_unknown_outcome_is_refused():
    with pytest.raises(ValueError, match="unknown outcome: odd"):
        exit_code(["odd"])


def test_errors_are_classified_by_what_they_mean():
    assert from_error("DataError", "") == "refused"
    assert from_error("SchemaError", "") == "refused"
    assert from_error("ParamsError", "") == "invalid"
    assert from_error("OSError", "[Errno 28] No space left on device") == "storage"
    assert from_error("OSError", "something else") == "failed"
    assert from_error("ValueError", "[Errno 28]") == "failed"
