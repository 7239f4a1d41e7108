"""A study in Chinese, or in both languages: the same numbers, other words."""

import json

import nbformat
import pandas as pd
import pytest

from insights.errors import ParamsError
from insights.messages import spoken
from insights.run.compare import find_run, verify
from insights.run.execute import Options, prepare, run_study
from insights.run.study import load_study
from tests.pages import english, numbers, texts
from tests.run.conftest import OPEN, Silent, outcomes

SHOW = "import pandas as pd\nnb.frame(pd.DataFrame({'odds_ratio': [1.25, 3.5], 'n': [1200, 7]}))"
SAVE = "nb.save(numbers=pd.DataFrame({'odds_ratio': [1.25]}))"


def in_languages(project, languages):
    project.notebook("first", OPEN.format(name="first"), SHOW, SAVE)
    path = project.root / "notebooks" / "first.ipynb"
    node = nbformat.read(path, as_version=4)
    prose = nbformat.v4.new_markdown_cell("# Own\n\n## Conclusion\n\nMine.", id="p")
    node.cells.append(prose)
    nbformat.write(node, path)
    study = project.study
    study.write_text(study.read_text() + f"language: {languages}\n")
    return study


def run(project, study, language=""):
    return run_study(prepare(study, project.root, Options(language=language)), Silent())


def test_an_unknown_language_is_refused_with_its_line(tmp_path):
    path = tmp_path / "tiny.yml"
    path.write_text("study: tiny\nsources: {feedback: {path: a.csv}}\nlanguage: fr\n")
    with pytest.raises(ParamsError, match=r"tiny.yml:3: 'language' is 'fr'.*'en', 'zh' or 'both'"):
        load_study(path, project=tmp_path)


@pytest.mark.slow
def test_a_study_in_both_languages_has_the_same_numbers_in_other_words(project):
    study = in_languages(project, "both")
    here, there = run(project, study), run(project, study, "zh")
    assert spoken() == "en"
    assert here.folder.parent == project.outputs and there.folder.parent == project.outputs / "zh"
    for name in ("index.html", "first/report.html"):
        pages = [(one.folder / name).read_text(encoding="utf-8") for one in (here, there)]
        assert '<html lang="en">' in pages[0] and '<html lang="zh">' in pages[1]
        said = [texts(page, language) for page, language in zip(pages, ("en", "zh"), strict=True)]
        every = [numbers(" ".join(texts(page))) for page in pages]
        assert every[0] == every[1] != []
        assert '<span lang="zh">' not in pages[1]
        assert english(said[0]) and english(said[1]) == []
    assert "比值比" in pages[1] and "结论" in pages[1] and "Mine." in pages[1]
    index = (here.folder / "index.html").read_text(encoding="utf-8")
    assert "../zh/latest/index.html" in index and (here.folder / "../zh/latest").exists()
    index = (there.folder / "index.html").read_text(encoding="utf-8")
    assert (there.folder / "../../latest").resolve() == here.folder
    assert "../../latest/index.html" in index
    tables = [pd.read_parquet(one.folder / "first/tables/numbers.parquet") for one in (here, there)]
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.slow
def test_a_chinese_run_is_reused_rerun_and_verified_as_an_english_one(project):
    study = in_languages(project, "zh")
    first = run(project, study)
    assert first.folder.parent == project.outputs and run(project, study).folder == first.folder
    saved = json.loads((first.folder / "manifest.json").read_text(encoding="utf-8"))
    assert saved["language"] == "zh" and saved["notebooks"]["first"]["parts"]["language"] == "zh"
    assert (
        verify(find_run(first.folder.name, project.root / "outputs"), project.root, Silent()) == []
    )
    (project.root / "data" / "a.csv").write_text("text,created_at\nx,2024-01-02\n")
    again = run(project, study)
    assert again.folder != first.folder and outcomes(again) == {"first": "ok"}
