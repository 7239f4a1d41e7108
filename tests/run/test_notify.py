"""Somebody is told how a run ended: a command after a failure, a webhook after every end."""

import http.server
import json
import os
import threading

import pytest
from typer.testing import CliRunner

from insights.cli import app
from insights.errors import ParamsError
from insights.run import notify
from insights.run.folder import locked
from insights.run.notify import Notice


@pytest.fixture
def server(monkeypatch):
    """A server that answers with the codes in `answers`, then with 200; it keeps what it got."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, *args):
            pass

    got, answers = [], []
    made = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(notify, "_FIRST_WAIT_SECONDS", 0.01)
    yield f"http://127.0.0.1:{made.server_port}/T0K3N-of-the-hook", got, answers
    made.shutdown()
    thread.join()
    made.server_close()


def end(notice, code=0, message="", page=None):
    with notice.of("tiny", lambda error: 8) as ending:
        ending.exit_code, ending.message, ending.page = code, message, page


def test_a_webhook_gets_json_and_is_tried_again_while_the_server_is_in_trouble(server):
    address, got, answers = server
    answers += [503, 429]
    said = []
    end(Notice(webhook=address, warn=said.append), code=3)
    assert [one[:2] for one in got] == [("/T0K3N-of-the-hook", "application/json")] * 3
    expected = {"study": "tiny", "outcome": "failed", "exit_code": 3, "message": "", "run": "",
                "page": "", "notebooks": {}}  # fmt: skip
    assert got[-1][2] == expected and said == []


@pytest.mark.parametrize(("codes", "tries"), [([500] * 9, 4), ([404], 1)])
def test_a_webhook_that_fails_is_said_and_changes_nothing(server, codes, tries):
    address, got, answers = server
    answers += codes
    said = []
    end(Notice(webhook=address, warn=said.append))
    assert len(got) == tries
    assert said == [f"--webhook: not delivered after {tries} tries: HTTP {codes[0]}"]


def test_no_secret_is_in_the_message_nor_the_address_in_a_warning(server, monkeypatch):
    address, got, _answers = server
    monkeypatch.setenv("HOOK", address)
    shown = f"no answer from {address}, postgresql://anna:hunter2" + "@db.example/x"
    end(Notice(webhook="env:HOOK"), code=8, message=shown)
    assert "hunter2" not in str(got[0][2]) and "T0K3N" not in str(got[0][2])


def test_an_address_that_is_none_is_refused_before_anything_runs(monkeypatch):
    monkeypatch.delenv("NO_HOOK", raising=False)
    with pytest.raises(ParamsError, match="env:NO_HOOK: this variable is not set"):
        Notice(webhook="env:NO_HOOK")
    with pytest.raises(ParamsError, match=r"an address such as https://host/path is needed"):
        Notice(webhook="file:///etc/passwd")


def test_a_command_runs_after_a_failure_only_and_is_told_by_its_environment(tmp_path):
    told = tmp_path / "told"
    command = f"env | grep ^INSIGHTS_ | sort > {told}"
    end(Notice(on_failure=command))
    assert not told.exists()
    end(Notice(on_failure=command), code=7, message="withheld", page=tmp_path / "r" / "index.html")
    found = dict(line.split("=", 1) for line in told.read_text().splitlines())
    expected = {
        "INSIGHTS_STUDY_NAME": "tiny", "INSIGHTS_OUTCOME": "secret", "INSIGHTS_EXIT_CODE": "7",
        "INSIGHTS_MESSAGE": "withheld", "INSIGHTS_RUN_FOLDER": str(tmp_path / "r"),
        "INSIGHTS_PAGE": str(tmp_path / "r" / "index.html"),
    }  # fmt: skip
    assert {key: found[key] for key in expected} == expected


def test_a_refusal_is_told_and_goes_on_and_a_command_that_fails_is_said():
    said = []
    notice = Notice(on_failure="exit 5", warn=said.append)
    with pytest.raises(ParamsError, match="refused"), notice.of("tiny", lambda error: 2):
        raise ParamsError("refused")
    assert said == ["--on-failure: the command ended with 5"]


def command_line(project, *words):
    words = ["run", str(project.study), "--project", str(project.root), *words]
    return CliRunner().invoke(app, words)


def test_a_study_that_is_being_run_is_skipped_waited_for_or_refused(project, tmp_path):
    project.simple("first")
    told = tmp_path / "told"
    with locked(project.outputs):
        failed = command_line(project, "--on-failure", f"echo $INSIGHTS_OUTCOME > {told}")
        assert type(failed.exception).__name__ == "Locked" and told.read_text() == "locked\n"
        skipped = command_line(project, "--if-locked", "skip")
        assert skipped.exit_code == 0 and "skipped: another run" in skipped.output
    wrong = command_line(project, "--if-locked", "wiat")
    assert "allowed are fail, wait, skip. Did you mean 'wait'" in str(wrong.exception)


def test_waiting_for_the_lock_ends_when_it_is_free(tmp_path):
    entered = []

    def second():
        with locked(tmp_path, wait=True):
            entered.append(os.getpid())

    with locked(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.2)
        assert entered == []
    thread.join(5)
    assert entered == [os.getpid()]
