"""The normal form forgets what chance and clocks put in, nothing else; secrets are found."""

import base64
import copy
import html
import io
import json
import re
from urllib.parse import quote, quote_plus, urlencode

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image, PngImagePlugin

from insights.report import find_secrets, normal_form, normal_hash
from insights.report.scan import Secrets


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


VALUE = """p@ss "w\\o'rd" 退/+&<é"""


def lower_percents(text: str) -> str:
    return re.sub("%..", lambda hit: hit.group().lower(), text)


@pytest.mark.parametrize(
    "write",
    [
        str, quote, quote_plus, lambda v: quote(v, safe=""), lambda v: urlencode({"a": v}),
        lambda v: lower_percents(quote(v)), lambda v: quote(quote(v)), html.escape,
        lambda v: html.escape(v, quote=False), json.dumps, repr, ascii,
        lambda v: json.dumps(v, ensure_ascii=False), lambda v: json.dumps(json.dumps(v)),
        lambda v: html.escape(json.dumps(v)), lambda v: repr(v.encode()),
        lambda v: html.escape(v).encode("ascii", "xmlcharrefreplace").decode(),
        lambda v: v.encode().hex(), lambda v: v.encode().hex(":").upper(),
        *(lambda v, n=n: base64.b64encode(b"anna:zz"[n:] + v.encode() + b"more").decode()
          for n in (0, 1, 2)),
        lambda v: base64.urlsafe_b64encode(b"a:" + v.encode()).decode(),
        lambda v: base64.encodebytes(b"." * 50 + v.encode() + b"." * 50).decode(),
    ],
)  # fmt: skip
def test_a_known_value_is_found_however_it_is_written_and_can_be_withheld(write):
    known = {"DB_PASSWORD": VALUE, "OTHER": "not in it at all", "SHORT": "abc"}
    text = f"before {write(VALUE)} after"
    assert find_secrets(text, known) == ["value of DB_PASSWORD"]
    assert find_secrets(Secrets(known).redact(text), known) == []
    assert find_secrets("before p@ss after abc", known) == []


@pytest.mark.parametrize("text", ["hun@ter22", "hun%40ter22", "YTpodW5AdGVyMjI="])
def test_the_password_within_a_known_connection_string_is_known(text):
    known = {"WAREHOUSE": "postgresql://anna:hun%40ter22" + "@db.example/x"}
    assert any(said.startswith("password within WAREHOUSE") for said in find_secrets(text, known))


def test_texts_are_withheld_wherever_they_stand_and_the_rest_is_left():
    secrets = Secrets({"DB": "correct-horse"})
    value = {"error": "no correct-horse here", "n": [3, None, "fine"], AWS: 1}
    said = {"error": "no [withheld] here", "n": [3, None, "fine"], "[withheld]": 1}
    assert secrets.redact(value) == said


def png(text: str, **kwargs) -> bytes:
    info = PngImagePlugin.PngInfo()
    getattr(info, kwargs.pop("add"))("Comment", text, **kwargs)
    stream = io.BytesIO()
    Image.new("L", (2, 2)).save(stream, "png", pnginfo=info)
    return stream.getvalue()


SECRET = "correct-horse-battery"
PACKED = {
    "zstd.parquet": lambda path: pd.DataFrame({"a": ["x" * 9, f"see {SECRET}"]}).to_parquet(
        path, compression="zstd"),
    "list.parquet": lambda path: pd.DataFrame({"a": [["x"], ["y", SECRET]]}).to_parquet(path),
    "name.parquet": lambda path: pd.DataFrame({SECRET: [1]}).to_parquet(path),
    "category.arrow": lambda path: pd.DataFrame({"a": pd.Categorical([SECRET])}).to_feather(path),
    "a.xlsx": lambda path: pd.DataFrame({"a": [SECRET]}).to_excel(path),
    "a.csv": lambda path: pd.DataFrame({"a": [SECRET]}).to_csv(path),
    "a.csv.gz": lambda path: pd.DataFrame({"a": [SECRET]}).to_csv(path),
    "a.csv.xz": lambda path: pd.DataFrame({"a": [SECRET]}).to_csv(path),
    "a.pkl": lambda path: pd.DataFrame({"a": [SECRET]}).to_pickle(path),
    "text.png": lambda path: path.write_bytes(png(SECRET, add="add_text")),
    "packed.png": lambda path: path.write_bytes(png(SECRET, add="add_text", zip=True)),
    "unicode.png": lambda path: path.write_bytes(png(SECRET, add="add_itxt", zip=True)),
    "page.html": lambda path: path.write_bytes(
        b"<img src=data:image/png;base64,"
        + base64.b64encode(png(SECRET, add="add_text", zip=True)) + b">"),
    "lines.ipynb": lambda path: path.write_text(json.dumps(
        base64.encodebytes(png(SECRET, add="add_itxt", zip=True)).decode())),
    f"{SECRET}.txt": lambda path: path.write_text("nothing"),
}  # fmt: skip


@pytest.mark.parametrize("name", PACKED)
def test_every_file_is_looked_into(tmp_path, name):
    (tmp_path / "tables").mkdir()
    PACKED[name](tmp_path / "tables" / name)
    found = Secrets({"DB": SECRET}).in_folder(tmp_path)
    assert found == {f"tables/{name}": ["value of DB"]}
    assert Secrets({"DB": "another-value"}).in_folder(tmp_path) == {}


def test_a_connection_string_in_a_table_is_found_and_neighbours_do_not_make_one(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"a": ["postgresql://anna:hunter2" + "@db.example/x"]}).to_parquet(path)
    assert Secrets({}).in_file(path)[0].startswith("password in a URL")
    pd.DataFrame({"a": ["see http://x.y", "Note:tell", "me@x.y"]}).to_parquet(path)
    assert Secrets({}).in_file(path) == []


@pytest.mark.parametrize(
    "start", [b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG\r\n\x1a\n", b"BZh"]
)
def test_a_broken_file_is_looked_through_as_it_is(tmp_path, start):
    (tmp_path / "a").write_bytes(start + b"torn " + SECRET.encode())
    assert Secrets({"DB": SECRET}).in_folder(tmp_path) == {"a": ["value of DB"]}
