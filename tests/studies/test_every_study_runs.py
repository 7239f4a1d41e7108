import importlib

from tests.studies.finished import HERE


def test_every_study_belongs_to_one_file_of_tests():
    files = [path.stem for path in HERE.glob("test_studies_of_*.py")]
    run = [
        name for file in files for name in importlib.import_module(f"tests.studies.{file}").STUDIES
    ]
    assert sorted(run) == sorted(path.stem for path in HERE.glob("*.yml"))
