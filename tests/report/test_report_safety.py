# ruff: noqa: E501
"""Customer text is hostile: nothing of it may be live on a page, whichever way it comes."""

import base64
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from insights.report import render_history, render_index, render_notebook
from insights.report.safe import body, file_path, fragment, scrub, short_paths

SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "script in Chinese prose": "退款太慢<script>alert('退款')</script>，非常失望",
    "script with a broken end": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "event handler": "<img src=x onerror=alert(1)>",
    "event handler, upper case": '<IMG SRC="x" ONERROR="alert(1)">',
    "event handler on a Chinese paragraph": '<p onclick="alert(1)">客服态度差</p>',
    "javascript link": "<a href=\"javascript:alert(1)\">点这里</a>",
    "javascript link, hidden": '<a href=" java\tscript:alert(1)">x</a>',
    "javascript link, coded": '<a href="&#106;avascript:alert(1)">x</a>',
    "Markdown javascript link": "[点我](javascript:alert(1))",
    "data link": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "data link, coded": f'<a href="data:text/html;base64,{base64.b64encode(b"<script>").decode()}">',
    "picture from elsewhere": '<img src="https://evil.example/p.gif?leak">',
    "SVG": SVG,
    "SVG as a picture": f"<img src='data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}'>",
    "style element": "<style>body{background:url(https://evil.example/x)}</style>",
    "style attribute": '<p style="background:url(https://evil.example/x)">x</p>',
    "frame": '<iframe src="https://evil.example"></iframe><object data="x"></object><embed src=x>',
    "frame with a document": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "form": '<form action="https://evil.example"><input name=a autofocus onfocus=alert(1)></form>',
    "base and refresh": '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=x">',
    "stylesheet link": '<link rel="stylesheet" href="https://evil.example/x.css">',
    "mutation": '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></table>',
    "mutation by noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "comment": "<!--><img src=x onerror=alert(1)>-->",
    "attribute break": '"><img src=x onerror=alert(1)>',
    "closing the page": "</div></main></body></html><script>alert(1)</script>",
    "unclosed textarea and plaintext": "<textarea><plaintext><script>alert(1)</script>",
    "video": "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "details": "<details open ontoggle=alert(1)>x</details>",
    "template": "{{ 7 * 7 }}{% for x in y %}<b onmouseover=alert(1)>x</b>",
}  # fmt: skip


class Live(HTMLParser):
    """Collects what a browser would run, load or follow to another place."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.styles = 0
        self.scripts = 0

    def handle_starttag(self, tag, attrs):
        if tag in ("iframe", "object", "embed", "form", "base", "svg", "math", "video",
                   "audio", "input", "textarea", "template", "frame", "source", "noscript"):  # fmt: skip
            self.found.append(tag)
        self.styles += tag == "style"
        self.scripts += tag == "script"
        for key, value in attrs:
            value = (value or "").strip().lower()
            if key.startswith("on") or key in ("style", "srcdoc", "srcset", "action", "formaction"):
                self.found.append(f"{tag} {key}")
            if key == "src" and not re.match(r"data:image/(png|jpeg|gif|webp);base64,", value):
                self.found.append(f"{tag} src {value[:40]}")
            away = key == "href" and re.match(r"[a-z]+:", re.sub(r"[\s\x00-\x1f]", "", value))
            if away and (tag, value) != ("link", "data:,") and not value.startswith("https://doi"):
                self.found.append(f"{tag} href {value[:40]}")
            if (tag, key) == ("meta", "http-equiv") and value != "content-security-policy":
                self.found.append("meta refresh")


def live(page: str) -> list[str]:
    reader = Live()
    reader.feed(page)
    second = [f"{n} {what}s" for n, what in ((reader.styles, "style"), (reader.scripts, "script"))
              if n > 1]  # fmt: skip
    return reader.found + second


def html(text, **metadata):
    return new_output("display_data", data={"text/html": text}, metadata=metadata)


def page_of(*cells, results=None, **manifest):
    manifest = {
        "title": "Study",
        "run": "r1",
        "notebooks": {"churn": {"outcome": "ok"}},
        **manifest,
    }
    return render_notebook(
        new_notebook(cells=list(cells)), results=results, manifest=manifest, name="churn"
    )


def code(*outputs, source="x"):
    return new_code_cell(source, outputs=list(outputs))


def hostile_page(text):
    """A page that a hostile text reaches by every way there is."""
    return page_of(
        new_markdown_cell(f"# Title {text}\n\n{text}\n\n## {text}"),
        code(
            html(text),
            html(f"<table><tr><td>{text}</td></tr></table>"),
            html(f'<p class="finding">{text}</p>', insights={"result": text}),
            new_output("display_data", data={"text/markdown": text}),
            new_output("display_data", data={"text/plain": text}),
            new_output("display_data", data={"text/latex": text}),
            new_output("display_data", data={"image/svg+xml": SVG, "text/plain": "svg"}),
            new_output("display_data", data={"application/javascript": "alert(1)"}),
            new_output(
                "display_data",
                data={"image/png": "iVBORw0KGgo="},
                metadata={"image/png": {"alt": text}, "insights": {"figure": text}},
            ),
            new_output("stream", name="stdout", text=text),
            new_output("stream", name="stderr", text=text),
            source=f"# {text}",
        ),
        new_code_cell(f"a = {text!r}  # {text}", metadata={"tags": ["parameters"]}),
        results={
            "findings": [
                {"id": text, "kind": text, "headline": text, "details": text, "doubts": [text], "n": 3,
                 "checks": [{"name": text, "passed": False, "detail": text}]}
            ],
            "tables": {text: 3},
            "settings": {text: text},
        },
        versions={text: text},
    )  # fmt: skip


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_nothing_hostile_is_live_by_whichever_way_it_reaches_the_page(text):
    assert live(hostile_page(text)) == []


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_an_error_with_hostile_text_is_shown_as_text(text):
    output = new_output("error", ename=text, evalue=text, traceback=[f"\x1b[31m{text}\x1b[0m"])
    page = page_of(code(output), notebooks={"churn": {"outcome": "failed", "error": text}})
    assert live(page) == []
    assert "\x1b" not in page


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_hostile_text_is_dead_on_the_index_and_in_the_history(text):
    saved = {"headline": text, "findings": [
        {"kind": "k", "headline": text, "details": text, "doubts": [text], "n": 1,
         "checks": [{"name": text, "passed": False, "detail": text}]}]}  # fmt: skip
    manifest = {
        "run": text, "title": text, "study": text, "period": text, "command": text,
        "plan": ["a", text], "inputs": {text: text}, "versions": {text: text}, "status": text,
        "notebooks": {"a": {"outcome": "ok", "title": text},
                      text: {"outcome": "failed", "error": text, "reason": text}},
    }  # fmt: skip
    links = {"a": text, "history": "javascript:alert(1)"}
    page = render_index(manifest, {"a": saved}, thumbnails={"a": b"<script>"}, links=links)
    assert live(page) == []
    other = {**manifest, "run": "2", "started": "2026", "link": "javascript:alert(1)",
             "results": {"a": saved}}  # fmt: skip
    before = {**manifest, "results": {"a": {"headline": "before"}}}
    assert live(render_history([other, before])) == []


def test_a_page_allows_its_own_script_alone_and_no_request():
    page = page_of(new_markdown_cell("# T"))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; img-src data:; style-src")
    assert re.findall("script-src ([^;]*);", policy) == [hash_of(page, "script")]
    assert "unsafe" not in policy
    script = re.search(r"<script>(.*?)</script>", page, re.S).group(1)
    assert not re.search(r"innerHTML|eval|Function|fetch|XMLHttp|import|src|cookie|storage", script)


def hash_of(page: str, tag: str) -> str:
    import hashlib

    (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.S)
    return f"'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"


def test_the_policy_names_the_hash_of_the_very_style_that_is_there():
    page = page_of(new_markdown_cell("# T"))
    assert hash_of(page, "style") in page.replace("&#39;", "'")


def test_the_words_of_a_removed_style_or_script_do_not_become_prose():
    page = page_of(code(html("<style>.a{color:red}</style><p>stays</p><script>var x</script>")))
    body_text = page.split("<body", 1)[1]
    assert "color:red" not in body_text and "var x" not in body_text
    assert "<p>stays</p>" in body_text


def test_a_fragment_cannot_take_an_anchor_or_a_class_of_the_page():
    assert fragment('<p id="findings" class="banner bad">x</p>') == '<p class="">x</p>'
    assert fragment('<div id="topic-4">x</div>') == '<div id="topic-4">x</div>'
    assert fragment('<div id="findings">x</div>') == "<div>x</div>"


def test_an_output_keeps_no_link_to_elsewhere_but_prose_of_the_author_does():
    link = '<a href="https://doi.org/10.1/x">source</a>'
    assert "href" not in fragment(link)
    assert 'href="https://doi.org/10.1/x"' in fragment(link, links=True)
    assert "noreferrer" in fragment(link, links=True)


def test_ordinary_tables_and_prose_survive_the_sanitiser():
    table = "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>退款</td></tr></tbody></table>"
    assert fragment(table) == table
    assert body(f'<section id="a" aria-label="b">{table}</section>').count("<th>") == 1


def test_characters_that_reorder_or_control_text_are_removed():
    assert scrub("a\u202eb\x00c\x1b[31md\x1b[0m\ud800") == "abcd?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("File /srv/app/proj/src/a.py:3", "File src/a.py:3"),
        ("PosixPath('/srv/app/proj/data/x.csv')", "PosixPath('data/x.csv')"),
        ("in /srv/app/proj", "in ."),
        ("/usr/lib/python3.11/site-packages/pandas/core.py:9", "pandas/core.py:9"),
        ("/tmp/ipykernel_12/345.py:1: UserWarning", "<notebook>:1: UserWarning"),
        ("[Errno 2] '/home/anna/private/list.csv'", "[Errno 2] '…/list.csv'"),
        (r"C:\Users\anna\private\list.csv", "…/list.csv"),
        ("see https://doi.org/10.1/abc/def", "see https://doi.org/10.1/abc/def"),
        ("and/or 3/4 of 1/2", "and/or 3/4 of 1/2"),
    ],
)
def test_a_path_of_this_machine_never_reaches_a_page(text, expected):
    assert short_paths(text, Path("/srv/app/proj")) == expected


def test_traceback_messages_and_outputs_name_no_folder_of_this_machine():
    trace = ["\x1b[31mKeyError\x1b[0m", "File /srv/app/proj/src/a.py:3, in f", "/home/anna/b.py"]
    nb = new_notebook(
        cells=[
            code(new_output("stream", name="stderr", text="/home/anna/x/y.py:1: UserWarning")),
            code(new_output("stream", name="stdout", text="read /srv/app/proj/data/t.csv")),
            code(new_output("error", ename="KeyError", evalue="/home/anna/c.py", traceback=trace)),
        ]
    )
    manifest = {"notebooks": {"n": {"outcome": "failed", "error": "at /home/anna/d/e.py"}}}
    page = render_notebook(nb, manifest=manifest, name="n", project=Path("/srv/app/proj"))
    assert "/srv" not in page and "/home" not in page and "anna" not in page
    assert "src/a.py:3" in page and "data/t.csv" in page


def test_a_jpeg_is_not_taken_for_a_path():
    data = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256))).decode()
    nb = new_notebook(cells=[code(new_output("display_data", data={"image/jpeg": data}))])
    page = render_notebook(nb, manifest={}, name="n", project=Path("/srv/app/proj"))
    assert f"data:image/jpeg;base64,{data}" in page


@pytest.mark.parametrize(
    ("address", "fine"),
    [("tables/a.parquet", True), ("../index.html", True), ("javascript:x", False),
     ("https://a.example", False), ("/etc/passwd", False), ("\\\\host\\x", False)],
)  # fmt: skip
def test_links_of_the_run_stay_among_its_files(address, fine):
    assert file_path(address) is fine


def test_a_notebook_stored_with_lists_of_lines_renders_as_well():
    raw = {"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": 1,
                      "source": ["a = 1\n", "b = 2"],
                      "outputs": [{"output_type": "display_data", "metadata": {},
                                   "data": {"text/html": ["<p>o", "ne</p>"]}}]}],
           "metadata": {}, "nbformat": 4, "nbformat_minor": 5}  # fmt: skip
    nb = nbformat.from_dict(json.loads(json.dumps(raw)))
    assert "<p>one</p>" in render_notebook(nb, manifest={}, name="n")
