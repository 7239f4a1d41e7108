"""What every test starts from: matplotlib's own settings, no figure left by the one before."""

import pytest
from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def _clean_figures():
    with plt.rc_context():
        yield
    plt.close("all")
