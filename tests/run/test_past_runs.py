"""The runs of a study in time: missed ones are said, old ones removed, `latest` never."""

import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from insights.cli import app
from insights.errors import ParamsError
from insights.report import sparkline, trends
from insights.run.folder import manifests, point_latest
from insights.run.past_runs import good_times, missed, period, prunable

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def save(project):
    project.simple("first")
    assert project.study

    def made(days_ago, code=0, headline="", unchanged=()):
        at = NOW - days_ago * DAY
        run = project.outputs / f"{at:%Y%m%dT%H%M%S}Z-{round(days_ago * 100):08x}"
        (run / "first").mkdir(parents=True)
        entry = {"outcome": "ok" if code == 0 else "failed"}
        values = {
            "started": at.isoformat(), "finished": (at + dt.timedelta(seconds=75)).isoformat(),
            "exit_code": code, "status": "ok" if code == 0 else "failed",
            "notebooks": {"first": entry}, "plan": ["first"],
        }  # fmt: skip
        (run / "manifest.json").write_text(json.dumps(values))
        results = {"findings": [{"id": "a", "headline": headline}]}
        (run / "first" / "results.json").write_text(json.dumps(results))
        lines = [json.dumps({"event": "unchanged", "at": (NOW - ago * DAY).isoformat()})
                 for ago in unchanged]  # fmt: skip
        (run / "run.log").write_text("\n".join(["torn", '{"unchanged"', *lines]))
        return run

    return made


@pytest.mark.parametrize(
    ("days", "gaps"),
    [
        ([21, 14, 7, 0.1], 0),
        ([21, 14, 8.5, 1], 0),  # late by less than a quarter
        ([21, 14, 0.1], 1),
        ([14, 9.0], 1),
        ([90, 60, 21, 14, 7], 1),  # the gap that reaches into the last four weeks
        ([90, 60, 35, 28, 21, 14, 7], 0),  # long ago
        ([], 1),
    ],
)
def test_a_good_run_that_is_missing_is_said(days, gaps):
    times = [NOW - ago * DAY for ago in days]
    assert len(missed(times, period("weekly"), NOW)) == gaps


def test_a_failed_run_counts_as_missed_and_a_rerun_without_change_as_run(project, save):
    save(21), save(14, code=3), save(7, unchanged=(0.1, 14))
    times = good_times(manifests(project.outputs))
    assert [(NOW - at).days for at in times] == [20, 14, 6, 0]
    assert missed(times, period("7d"), NOW) == []


def test_an_unknown_period_is_refused():
    assert period("36h") == 1.5 * DAY
    with pytest.raises(ParamsError, match="--expect often: allowed are hourly, daily, weekly"):
        period("often")


def test_history_lists_runs_with_time_outcome_and_numbers_and_ends_with_3_on_a_missed_one(
    project, save, monkeypatch
):
    for ago, share in ((14, 10), (7, 14), (0, 12)):
        save(ago, headline=f"Share: {share}.0% [{share - 1}.0%, {share + 1}.0%].")
    save(20, code=3)
    words = ["history", str(project.study), "--project", str(project.root)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "ok (0)" in done.output and "failed (3)" in done.output and "1 min 15 s" in done.output
    assert "▁█▅  Share: 12.0% [11.0%, 13.0%]." in done.output
    page = (project.outputs / "history.html").read_text()
    assert 'aria-label="10.0, 14.0, 12.0"' in page and '<polyline points="' in page
    assert "1 min 15 s" not in page.split("</table>")[1]
    done = CliRunner().invoke(app, [*words, "--expect", "weekly"])
    assert done.exit_code == 3 and "no good run between 2026-03-01" in done.output


def test_a_headline_in_other_words_leaves_a_gap_in_its_line():
    def run(name, headline):
        results = {"first": {"findings": [{"headline": headline}]}}
        return {"run": name, "notebooks": {"first": {"outcome": "ok"}}, "results": results}

    runs = [run("c", "Share: 3 [2, 4]."), run("b", "Nothing."), run("a", "Share: 1 [0, 2].")]
    assert [trend.values for trend in trends(runs)] == [(1.0, None, 3.0)]
    assert sparkline([1.0, None, 3.0]) == "▁ █" and sparkline([2.0, 2.0]) == "▄▄"


def test_prune_keeps_the_newest_the_last_good_of_each_month_and_latest(project, save):
    runs = {ago: save(ago, code) for ago, code in
            ((1, 0), (2, 3), (3, 0), (30, 3), (31, 0), (32, 0), (70, 0), (71, 0))}  # fmt: skip
    registry = project.outputs / "topics.registry"
    registry.mkdir()
    (project.outputs / "20260101T000000Z-notarun").mkdir()
    point_latest(project.outputs, runs[71].name)
    old = prunable(project.outputs, keep=2, monthly=True)
    assert old == [runs[32], runs[30], runs[3]]
    words = ["prune", str(project.study), "--project", str(project.root), "--keep", "2"]
    shown = CliRunner().invoke(app, [*words, "--dry-run"])
    assert shown.exit_code == 0 and "5 runs would be removed" in shown.output
    assert all(run.is_dir() for run in runs.values())
    asked = CliRunner().invoke(app, words)
    assert isinstance(asked.exception, ParamsError) and "add --yes" in str(asked.exception)
    done = CliRunner().invoke(app, [*words, "--yes", "--keep-monthly"])
    assert "3 runs removed" in done.output
    assert {ago for ago, run in runs.items() if run.is_dir()} == {1, 2, 31, 70, 71}
    assert registry.is_dir() and (project.outputs / "latest").resolve() == runs[71]
