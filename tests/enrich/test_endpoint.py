import pytest

from insights.enrich.endpoint import Endpoint
from insights.errors import DataError, ParamsError


def asking(tmp_path=None, **more):
    return Endpoint("env:LLM_URL", "env:LLM_KEY", cache=tmp_path, **more)


def test_a_question_is_asked_once_and_answered_from_the_cache_afterwards(stub_endpoint, tmp_path):
    stub_endpoint.answer = lambda path, question: {"said": question["x"], "path": path}
    once = asking(tmp_path).ask("things", {"x": "同步"})
    assert once == {"said": "同步", "path": "/v1/things"}
    stub_endpoint.answer = lambda path, question: 500
    assert asking(tmp_path).ask("things", {"x": "同步"}) == once
    assert len(stub_endpoint.asked) == 1
    with pytest.raises(DataError, match="status 500"):
        asking(tmp_path).ask("things", {"x": "another"})


def test_the_key_is_sent_and_never_written(stub_endpoint, tmp_path):
    asking(tmp_path).ask("things", {"x": 1})
    assert stub_endpoint.keys == ["Bearer a-key-for-tests"]
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.json"))
    assert written and b"a-key-for-tests" not in written
    Endpoint("env:LLM_URL").ask("things", {"x": 1})
    assert stub_endpoint.keys[1] is None


def test_a_failed_question_leaves_nothing_in_the_cache(stub_endpoint, tmp_path):
    stub_endpoint.answer = lambda path, question: b"not json"
    with pytest.raises(DataError, match="cannot be read as JSON"):
        asking(tmp_path).ask("things", {})
    assert list(tmp_path.rglob("*.json")) == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [(500, "status 500"), (401, "status 401"), (302, "status 302"), ([1], "not a JSON object")],
)
def test_what_is_no_answer_is_refused(stub_endpoint, answer, message):
    stub_endpoint.answer = lambda path, question: answer
    with pytest.raises(DataError, match=message):
        asking().ask("things", {})
    assert len(stub_endpoint.asked) == 1  # a redirect is not followed: it would carry the key


def test_a_late_answer_is_not_waited_for(stub_endpoint):
    stub_endpoint.delay = 0.6
    with pytest.raises(DataError, match=r"no answer in 0\.1 seconds"):
        asking(seconds=0.1).ask("things", {})


def test_an_endpoint_that_is_not_there_is_said_so_without_its_address(monkeypatch):
    monkeypatch.setenv("LLM_URL", "http://127.0.0.1:9/secret")
    with pytest.raises(DataError, match="cannot be reached") as caught:
        Endpoint("env:LLM_URL", seconds=2).ask("things", {})
    assert "secret" not in str(caught.value)


def test_customers_texts_are_not_sent_unencrypted_to_another_machine(monkeypatch):
    monkeypatch.setenv("LLM_URL", "http://llm.example/v1")
    with pytest.raises(DataError, match="not https"):
        Endpoint("env:LLM_URL").ask("things", {})


def test_an_unset_variable_is_named(monkeypatch):
    monkeypatch.delenv("LLM_URL", raising=False)
    with pytest.raises(DataError, match="LLM_URL holds no web address"):
        Endpoint("env:LLM_URL").ask("things", {})
    monkeypatch.setenv("LLM_URL", "https://llm.example/v1")
    monkeypatch.delenv("LLM_KEY", raising=False)
    with pytest.raises(DataError, match="LLM_KEY is not set"):
        asking().ask("things", {})


@pytest.mark.parametrize(("url", "key"), [("https://x/v1", ""), ("", ""), ("env:A", "sk-123")])
def test_a_literal_address_or_key_is_refused(url, key):
    with pytest.raises(ParamsError, match="must be a reference such as env:LLM_URL"):
        Endpoint(url, key)
