"""Manifests of other people and other times are read as far as they are sound."""

import json
import sys

import pytest

from insights import cli
from insights.run import folder, publish
from insights.run.cache import find, what_changed
from insights.run.compare import differences, intact

ODD = [
    "", "[]", "null", "3", "{", "\udc80", '{"notebooks": 3}', '{"notebooks": {"first": 3}}',
    '{"notebooks": {"first": {"outcome": ["ok"], "parts": 1, "state": {"a": 2}, "seconds": "x"}}}',
    '{"outputs": [1], "inputs": "x", "versions": 3, "plan": {"a": 1}, "run": 3, "started": []}',
    '{"plan": ["../../etc", 3], "notebooks": {"../x": {}, "a/b": {}}, "outputs": {"first/a": 3}}',
    '{"notebooks": {"first": {"outcome": "ok", "seconds": NaN}}, "started": "2026", "plan": [1]}',
    "[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_no_manifest_ends_a_command(tmp_path, text):
    run, sound = tmp_path / "20260101T000000Z-a", tmp_path / "20260102T000000Z-b"
    for place in (run, sound):
        (place / "first").mkdir(parents=True)
    number = {"headline": "1 [0, 2]", "estimate": float("nan"), "low": 1e999, "high": True}
    (run / "first" / "results.json").write_text(text if "\udc80" not in text else "")
    (sound / "first" / "results.json").write_text(json.dumps({"findings": [number, number]}))
    (run / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    entry = {"outcome": "ok", "key": "k", "parts": {"code": "1"}}
    (sound / "manifest.json").write_text(json.dumps({"notebooks": {"first": entry}}))
    history = folder.manifests(tmp_path)
    assert [values["run"] for _, values in history] == [sound.name, run.name]
    assert find("first", "k", history[1:], {}) is None
    assert what_changed("first", {"code": "2"}, history, {}) == "changed: code"
    assert differences(run, sound) and differences(sound, run)
    assert isinstance(intact(run), list)
    assert publish.history(tmp_path, publish.report.Secrets({})).is_file()
    for name in history[1][1]["notebooks"]:
        assert "/" not in name


def test_a_fault_of_the_program_is_one_message_and_a_code_of_the_table(monkeypatch, capsys):
    def broken(**_kwargs):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(sys.modules["insights.cli.main"], "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 3 and "test_run_folder.py:" in said and "Traceback" not in said
