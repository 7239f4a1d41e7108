from pathlib import Path

import pytest

from insights.errors import DataError, ParamsError
from insights.run.study import load_study

GOOD = """\
study: tiny
title: A tiny study
sources:
  feedback:
    - {path: data/a.csv, channel: review, columns: {text: comment}}
notebooks:
  topics: {min_topic_size: 30}
  churn: false
  roi:
"""


@pytest.fixture
def load(tmp_path):
    def load(text: str | bytes):
        path = tmp_path / "tiny.yml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_study(path, project=tmp_path)

    return load


def test_a_study_is_read_with_its_sources_and_switches(load):
    study = load(GOOD)
    assert study.sources.feedback[0].columns == {"text": "comment"}
    assert study.notebooks == {"topics": {"min_topic_size": 30}, "churn": False, "roi": {}}
    assert study.sources.tables() == ("feedback",)


def test_an_unknown_key_is_named_with_its_line_and_a_guess(load):
    with pytest.raises(ParamsError, match=r"tiny.yml:2: 'titel' is unknown. Did you mean 'title'"):
        load(GOOD.replace("title:", "titel:"))


def test_an_unknown_key_inside_a_source_is_held_against_the_source_s_keys(load):
    with pytest.raises(ParamsError, match=r"tiny.yml:5: .*chanel' is unknown. Did you mean 'chan"):
        load(GOOD.replace("channel:", "chanel:"))


def test_all_complaints_come_at_once(load):
    broken = GOOD.replace("title:", "titel:").replace("tiny\n", "a b\n", 1)
    with pytest.raises(ParamsError) as caught:
        load(broken)
    assert len(str(caught.value).splitlines()) == 2


def test_a_key_given_twice_is_refused_with_both_lines(load):
    with pytest.raises(ParamsError, match=r"tiny.yml:10: 'title' is given twice \(first in line 2"):
        load(GOOD + "title: again\n")


@pytest.mark.parametrize(
    "line",
    [
        "  customers: {sql: select 1, url: 'postgresql://bob:hunter2@db/x'}",
        "  customers: {path: 'https://x.example/a.csv?token=abcdef'}",
        "  customers: {path: a.csv, set: {api_key: abcdef}}",
    ],
)
def test_a_literal_secret_is_refused(load, line):
    with pytest.raises(ParamsError, match=r"tiny.yml:6: .* holds a literal secret"):
        load(GOOD.replace("notebooks:", f"{line}\nnotebooks:"))


def test_a_secret_is_never_repeated_in_the_message(load):
    with pytest.raises(ParamsError) as caught:
        load(GOOD.replace("notebooks:", "  usage: {sql: s, url: 'x://u:hunter2@h'}\nnotebooks:"))
    assert "hunter2" not in str(caught.value)


def test_a_column_may_be_called_token(load):
    assert load(GOOD.replace("{text: comment}", "{text: token}"))


def test_a_time_zone_must_exist(load):
    with pytest.raises(ParamsError, match=r"'timezone' is 'Asia/Shangai'.*Did you mean 'Asia/Sha"):
        load(GOOD + "timezone: Asia/Shangai\n")


def test_broken_yaml_names_its_line(load):
    with pytest.raises(ParamsError, match=r"tiny.yml:\d+: not valid YAML"):
        load(GOOD + "  broken: [1, 2\n")


def test_a_study_in_another_encoding_is_refused(load):
    with pytest.raises(ParamsError, match="not UTF-8"):
        load("study: x\ntitle: 反馈\n".encode("gb18030"))


def test_a_list_is_no_study(load):
    with pytest.raises(ParamsError, match="a study is a mapping"):
        load("- 1\n")


def test_a_missing_file_names_the_studies_there_are(tmp_path):
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "demo.yml").write_text("study: demo")
    with pytest.raises(DataError, match=r"does not exist. Did you mean 'demo'\? Studies"):
        load_study(Path("params/dmeo.yml"), project=tmp_path)
