"""The normal form forgets what chance and clocks put in, nothing else; secrets are found."""

import base64
import copy

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from insights.report import find_secrets, normal_form, normal_hash


def executed(run):
    """Return one notebook as two runs leave it: equal answers, other clocks and ids."""
    html = f'<style>#T_{run * 5}_row0_col1 {{}}</style><table id="T_{run * 5}">x</table>'
    chunks = ["ab", "c\n"] if run == "a" else ["a", "bc\n"]
    nb = new_notebook(
        cells=[
            new_markdown_cell("# T", id="m"),
            new_code_cell("n = 1", id=f"rand{run}", metadata={"tags": ["injected-parameters"]}),
            new_code_cell(
                "show()",
                id="c",
                execution_count=2,
                metadata={"execution": {"shell.execute_reply": run}, "papermill": {"t": run}},
                outputs=[
                    *(new_output("stream", name="stdout", text=chunk) for chunk in chunks),
                    new_output("display_data", data={"text/html": html}),
                    new_output("display_data", data={"text/plain": f"<X at 0x7f{run * 6}>"}),
                    new_output("stream", name="stderr", text=f"/t/ipykernel_{ord(run)}/12.py:1"),
                    new_output(
                        "display_data",
                        data={"application/vnd.jupyter.widget-view+json": {"model_id": run}},
                    ),
                ],
            ),
        ]
    )
    nb.metadata["papermill"] = {"start_time": run, "output_path": run}
    nb.metadata["widgets"] = {run: 1}
    return nb


def test_two_runs_with_the_same_answers_have_the_same_normal_form():
    assert normal_form(executed("a")) == normal_form(executed("b"))
    assert normal_hash(executed("a")) == normal_hash(executed("b"))
    assert len(normal_hash(executed("a"))) == 64


def test_the_notebook_itself_is_left_alone():
    nb = executed("a")
    before = copy.deepcopy(nb)
    normal_hash(nb)
    assert nb == before


@pytest.mark.parametrize("where", ["source", "printed", "html", "picture", "order", "count"])
def test_another_answer_has_another_hash(where):
    nb = executed("a")
    cell = nb.cells[2]
    if where == "source":
        cell.source = "show(2)"
    elif where == "printed":
        cell.outputs[0].text = "abx"
    elif where == "html":
        cell.outputs[2].data["text/html"] += "1"
    elif where == "picture":
        cell.outputs[3].data["image/png"] = "iVBORw0KGgo="
    elif where == "order":
        cell.outputs.reverse()
    else:
        cell.execution_count = 3
    assert normal_hash(nb) != normal_hash(executed("a"))


def test_an_address_inside_a_picture_is_no_address():
    nb, other = executed("a"), executed("a")
    for book, data in ((nb, "at 0x7f12"), (other, "at 0x7f34")):
        book.cells[2].outputs[3].data["image/png"] = data
    assert normal_hash(nb) != normal_hash(other)


AWS = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"key {AWS} here", "AWS access key"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "private key"),
        ("-----BEGIN OPENSSH " + "PRIVATE KEY-----", "private key"),
        ("-----BEGIN " + "PRIVATE KEY-----", "private key"),
        ("ghp_" + "a1B2" * 9, "GitHub token"),
        ("glpat-" + "a1B2" * 5, "GitLab token"),
        ("xoxb-" + "1234567890-abcdef", "Slack token"),
        ("sk-" + "proj-" + "a1B2" * 10, "OpenAI or Anthropic key"),
        ("AIza" + "a1B2c" * 7, "Google API key"),
        ("postgresql://anna:hunter2" + "@db.example/x", "password in a URL"),
        ("https://x.example/?a=1&password=" + "hunter2", "password in connection settings"),
        ("Server=db;User=x;Pwd=" + "hunter2;", "password in connection settings"),
        ("eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0In0.abcdefghijkl", "JSON web token"),
    ],
)
def test_well_known_shapes_of_secrets_are_found(text, kind):
    found = find_secrets(f"第一行\n{text}\n")
    assert len(found) == 1 and found[0].startswith(f"{kind} (line 2")


def test_a_finding_never_repeats_the_secret():
    assert AWS not in "".join(find_secrets(AWS))
    assert "correct-horse" not in "".join(find_secrets("correct-horse", {"DB": "correct-horse"}))


@pytest.mark.parametrize(
    "text",
    [
        "I forgot my password: what now? 密码忘了", "https://doi.org/10.2307/2530125",
        "env:WAREHOUSE_URL", "postgresql://anna:***@db.example/x", "mail anna@x.example at 10:30",
        "the key AKIA is short", "sk-learn and sk-ip", "ratio 3:4@home", "a1" * 32,
        "http://localhost:8888/lab", "?password=***", "git@host.example:team/repo.git",
    ],
)  # fmt: skip
def test_ordinary_text_holds_no_secret(text):
    assert find_secrets(text) == []


def test_known_values_are_found_in_any_of_their_forms():
    value = 'p@ss "word" 退'
    known = {"DB_PASSWORD": value, "OTHER": "not in it at all", "SHORT": "abc"}
    for form in (
        f"x{value}y",
        "p%40ss%20%22word%22%20%E9%80%80",
        'p@ss \\"word\\" 退',
        base64.b64encode(value.encode()).decode(),
    ):
        assert find_secrets(f"abc {form}", known) == ["value of DB_PASSWORD"]
    assert find_secrets("abc", known) == []
