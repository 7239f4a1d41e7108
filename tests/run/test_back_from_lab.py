"""What was tried in JupyterLab finds its way back: settings as text to paste, tables as CSV."""

import shlex

import openpyxl
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from insights import notebook
from insights.cli import app
from insights.errors import DataError, InsightsError
from insights.run.context import CONTEXT, STUDY
from insights.run.execute import Options, prepare
from insights.run.export import export_figures, export_pages, export_tables

CELL = 'upstream = []\nlimit: int = 3  # rows\nname: str = "all"  # whose\n'


@pytest.fixture
def opened(project, monkeypatch):
    """Open notebook 'first' as a person does, with these values in its parameters cell."""
    project.notebook("first", "1", parameters=CELL)
    project.named["first"] = {"limit": 5}
    assert project.study
    monkeypatch.chdir(project.root)
    monkeypatch.delenv(CONTEXT, raising=False)
    monkeypatch.setenv(STUDY, "params/tiny.yml")
    return lambda **cell: notebook.start("first", cell)


def test_a_setting_tried_by_a_person_is_shown_as_the_option_and_the_line_that_make_it_last(
    opened, project, capsys
):
    nb = opened(limit=7, name="it's =them", order=3)
    said = nb.lasting()
    command = next(line for line in said.splitlines() if line.startswith("insights run"))
    words = shlex.split(command)
    assert words[2] == "params/tiny.yml"
    ready = prepare(project.study, project.root, Options(extra=tuple(words[4::2])))
    assert ready.plan.settings["first"] == {"limit": 7, "name": "it's =them"}
    line = said.partition("To make them last, in params/tiny.yml:\n")[2]
    assert yaml.safe_load(line) == {"notebooks": {"first": {"limit": 7, "name": "it's =them"}}}
    nb.save(numbers=pd.DataFrame({"a": [1]}))
    assert (nb.context.folder / "tables" / "numbers.parquet").is_file()


@pytest.mark.parametrize("cell", [{"limit": 3, "name": "all"}, {"limit": 5, "name": "all"}, {}])
def test_what_is_the_default_or_the_study_s_own_is_nothing_new(opened, cell):
    assert opened(**cell).lasting() == ""


def test_a_setting_of_an_analysis_is_known_by_its_model(project, monkeypatch):
    project.named["roi"] = {"draws": 20_000}
    assert project.study
    monkeypatch.chdir(project.root)
    monkeypatch.delenv(CONTEXT, raising=False)
    monkeypatch.setenv(STUDY, "params/tiny.yml")
    assert "-p roi.seed=11" in notebook.start("roi", {"seed": 11}).lasting()
    assert notebook.start("roi", {"draws": 20_000}).lasting() == ""


def test_tables_of_a_run_are_written_as_csv_that_no_spreadsheet_runs(project, tmp_path):
    place = project.outputs / "20260101T000000Z-00000000"
    (place / "first" / "tables").mkdir(parents=True)
    (place / "manifest.json").write_text("{}")
    (project.outputs / "latest").symlink_to(place.name)
    frame = pd.DataFrame(
        {
            "text": ["=cmd()", "fine, 好", None],
            "number": [-1.5, 2.0, None],
            "list": [["a"], [], None],
            "@SUM(1)": pd.to_datetime(["2026-01-02", None, None], utc=True),
        }
    )
    frame.to_parquet(place / "first" / "tables" / "numbers.parquet")
    target = tmp_path / "csv"
    words = ["export", "tiny", str(target), "--project", str(project.root)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0 and "1 table in" in done.output
    text = (target / "first" / "numbers.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines() == [
        "text,number,list,'@SUM(1)", "'=cmd(),-1.5,\"[\"\"a\"\"]\",2026-01-02 00:00:00+00:00",
        '"fine, 好",2.0,[],', ",,,",
    ]  # fmt: skip
    assert CliRunner().invoke(app, [*words, "--as", "excel"]).exit_code == 0
    sheet = openpyxl.load_workbook(target / "first" / "numbers.xlsx").active
    assert [cell.value for cell in sheet[1]] == ["text", "number", "list", "'@SUM(1)"]
    assert sheet["A2"].value == "'=cmd()" and sheet["A2"].data_type == "s"
    assert CliRunner().invoke(app, [*words, "--as", "parquet"]).exit_code == 0
    pd.testing.assert_frame_equal(pd.read_parquet(target / "first" / "numbers.parquet"), frame)
    assert CliRunner().invoke(app, [*words, "--as", "sas"]).exit_code == 2
    with pytest.raises(DataError, match="holds no table"):
        export_tables(tmp_path / "none", target)


def test_figures_are_copied_and_pages_printed_by_the_browser_that_is_there(
    project, tmp_path, monkeypatch
):
    place = project.outputs / "20260101T000000Z-00000000"
    (place / "first" / "figures").mkdir(parents=True)
    for kind in ("png", "svg"):
        (place / "first" / "figures" / f"trend.{kind}").write_text(kind)
    (place / "index.html").write_text("index")
    (place / "first" / "report.html").write_text("page")
    target = tmp_path / "out"
    assert [path.name for path in export_figures(place, target)] == ["trend.png", "trend.svg"]
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\nfor word; do case "$word" in --print-to-pdf=*) '
                       'echo pdf > "${word#--print-to-pdf=}";; esac; done\n')  # fmt: skip
    browser.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert [path.name for path in export_pages(place, target)] == ["index.pdf", "first.pdf"]
    browser.write_text("#!/bin/sh\necho no display >&2\n")
    with pytest.raises(DataError, match="not printed: no display"):
        export_pages(place, tmp_path / "other")
    monkeypatch.delenv("CHROMIUM")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(InsightsError, match="name it in CHROMIUM"):
        export_pages(place, target)


def test_only_settings_that_differ_from_their_defaults_are_shown(opened, monkeypatch):
    said = []
    monkeypatch.setattr(notebook, "display", lambda one: said.append(one.data))
    opened(limit=3, name="all").show_settings()
    assert "Every setting has its default value." in said.pop()
    opened(limit=7, name="all").show_settings()
    assert "<td>limit</td>" in said[0] and "<td>name</td>" not in said[0]
