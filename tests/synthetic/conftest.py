from __future__ import annotations

import pytest

from insights.synthetic import lumen_office, write_demo


@pytest.fixture(scope="session")
def firm():
    """The whole demo: (frames, truth)."""
    return lumen_office()


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A small demo on disk: (folder, truth)."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, write_demo(folder, seed=3, customers=400, feedback=2000)
