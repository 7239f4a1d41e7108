import pytest

from insights.run.execute import Options, prepare, run_study
from tests.run.conftest import Silent
from tests.studies.finished import HERE


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """Return a function that runs a study once and remembers it."""
    runs, outputs = {}, tmp_path_factory.mktemp("outputs")

    def done(name: str):
        if name not in runs:
            prepared = prepare(HERE / f"{name}.yml", HERE.parents[1], Options(output=outputs))
            runs[name] = run_study(prepared, Silent())
        return runs[name]

    return done
