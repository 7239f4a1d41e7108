import pytest

from insights.analyses.forecast import candidates


@pytest.fixture
def arima_alone(monkeypatch):
    """Leave ETS, Theta and CES out, for tests of many series that look at the ARIMA only."""
    monkeypatch.setattr(
        candidates, "_combination", lambda found, series, scale, origins, models: None
    )
