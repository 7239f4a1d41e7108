"""What a reader gets: findings first, honest states, a page that any browser and reader can use."""

import base64
import html
import itertools
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from insights.report import (
    key_figure,
    notebook_title,
    render_history,
    render_index,
    render_notebook,
    write,
)
from insights.report.finding import duration, findings, moment
from insights.report.tables import html_table

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
HEADLINE, REST = "Odds are 2.1 times as high [1.6, 2.8]; n = 3,214.", "Five are exposed."
TEXT = "Odds are 2.1 times as high [1.6, 2.8]; n = 3,214. Doubt: coverage (24 % wrote)."
CHECKS = [
    {"name": "overlap", "passed": None, "detail": "tenure"},
    {"name": "events", "passed": True, "detail": "412"},
    {"name": "coverage", "passed": False, "detail": "24 % wrote"},
]
RESULTS = {
    "headline": HEADLINE,
    "findings": [
        {
            "id": "hazard_ratios",
            "kind": "hazard_ratios",
            "headline": HEADLINE,
            "details": REST,
            "doubts": ["coverage (24 % wrote)"],
            "n": 3214,
            "checks": CHECKS,
        },
        {
            "id": "discoveries",
            "kind": "discoveries",
            "headline": "5 of 12 topics.",
            "details": "",
            "doubts": [],
            "n": 12,
            "checks": [],
        },
    ],
    "tables": {"churn_topics": 12, "coverage": 1},
    "settings": {"window_days": 60},
}
MANIFEST = {
    "run": "20261122T051300Z-3fa91c",
    "study": "demo",
    "title": "Lumen Office",
    "started": "2026-11-22T05:11:02Z",
    "finished": "2026-11-22T05:13:40Z",
    "status": "ok",
    "exit_code": 0,
    "command": "insights run params/demo.yml",
    "plan": ["collect", "churn", "forecast"],
    "notebooks": {
        "churn": {"outcome": "ok", "seconds": 23.4, "parameters": {"window_days": 60}},
        "collect": {"outcome": "ok", "title": "Can the data be trusted?", "seconds": 3},
        "forecast": {"outcome": "skipped", "reason": "the study has no market"},
    },
    "inputs": {"data/demo/tickets.csv": "a1" * 32},
    "outputs": {"churn/tables/churn_topics.parquet": "b2" * 32},
    "versions": {"python": "3.11.7", "pandas": "3.1.1"},
    "seed": 7,
    "commit": "26373ee0a1b2c3d4e5",
    "dirty": True,
}


def shown(text, **metadata):
    return new_output("display_data", data={"text/html": text}, metadata={"insights": metadata})


def figure(alt, name="hazard_ratios"):
    return new_output(
        "display_data",
        data={"image/png": PNG, "text/plain": alt},
        metadata={"image/png": {"alt": alt},
                  "insights": {"figure": name, "caption": alt != TEXT}},
    )  # fmt: skip


def notebook():
    frame = pd.DataFrame({"label": ["登录", "Billing"], "estimate": [0.5, 2.25]})
    return new_notebook(
        cells=[
            new_markdown_cell("# Who leaves?\n\nFor the head of product.", id="c1"),
            new_code_cell(
                "upstream = []\nwindow_days: int = 90  # days looked back on",
                id="c2",
                metadata={"tags": ["parameters"]},
            ),
            new_code_cell("window_days = 60", id="c3", metadata={"tags": ["injected-parameters"]}),
            new_markdown_cell("## 谁离开了 Who left\n\n# A second title\n\n### Detail", id="c4"),
            new_code_cell(
                "nb.show(risk)",
                id="c5",
                outputs=[
                    shown(f'<p class="finding">{TEXT}</p>', result="hazard_ratios"),
                    figure(TEXT),
                    shown(
                        '<details class="numbers"><summary>the numbers, 2 rows</summary>'
                        f"{html_table(frame)}</details>",
                        result="hazard_ratios",
                    ),
                    figure("Five topics stand out.", "discoveries"),
                ],
            ),
            new_markdown_cell("## What could be wrong", id="c6"),
            new_code_cell("frame", id="c7", outputs=[shown(frame.to_html())]),
        ]
    )


class Tree(HTMLParser):
    """Elements with their attributes, and whether all of them were closed in order."""

    void = frozenset({"meta", "link", "br", "hr", "img", "col"})

    def __init__(self, page):
        super().__init__()
        self.elements, self.open, self.faults = [], [], []
        self.feed(page)
        self.faults += self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def pages():
    manifest = {**MANIFEST, "results": {"churn": RESULTS}}
    failed = {**MANIFEST, "run": "2", "started": "2026-11-15T05:11:02Z", "status": "failed"}
    return {
        "notebook": render_notebook(notebook(), results=RESULTS, manifest=MANIFEST, name="churn"),
        "no results": render_notebook(notebook(), manifest={}, name="churn"),
        "empty": render_notebook(new_notebook(), manifest={}, name="churn"),
        "index": render_index(
            MANIFEST,
            {"churn": RESULTS},
            thumbnails={"churn": (base64.b64decode(PNG), "odds"), "collect": b"no picture"},
        ),
        "empty index": render_index({}, {}),
        "history": render_history([manifest, failed]),
        "empty history": render_history([]),
    }


PAGES = pages()


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_well_formed_and_usable_without_eyes_or_mouse(page):
    tree = Tree(page)
    assert tree.faults == []
    assert tree.all("html") == [{"lang": "en"}]
    assert len(tree.all("h1")) == 1
    assert len(tree.all("main")) == 1
    assert all(image.get("alt", "").strip() for image in tree.all("img"))
    assert all(head.get("scope") for head in tree.all("th"))
    assert len(tree.all("caption")) == len(tree.all("table"))
    ids = [attributes["id"] for _, attributes in tree.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [link["href"][1:] for link in tree.all("a") if link.get("href", "").startswith("#")]
    assert set(targets) <= set(ids)
    assert tree.all("a")[0] == {"class": "skip", "href": "#main"}
    names = [attributes.get("aria-labelledby") for attributes in tree.all("section")]
    assert {name for name in names if name} <= set(ids)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_headings_never_skip_a_level(page):
    levels = [int(tag[1]) for tag, _ in Tree(page).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_names_no_other_site_and_holds_one_script_of_its_own(page):
    assert "http://" not in page and "https://" not in page
    assert page.count("<script") == 1 and "@import" not in page and "url(" not in page
    assert page.index("<script") > page.index("</main>")


def test_the_same_notebook_gives_the_same_bytes():
    assert pages() == PAGES


def test_rendering_changes_neither_notebook_nor_manifest():
    nb, manifest = notebook(), {**MANIFEST}
    render_notebook(nb, results=RESULTS, manifest=manifest, name="churn")
    assert nb == notebook() and manifest == MANIFEST


def test_findings_come_before_the_evidence_and_lead_to_their_cell_and_tables():
    page = PAGES["notebook"]
    assert page.index('id="findings"') < page.index('id="doubts"') < page.index('id="cell-5"')
    assert page.index("Odds are 2.1 times") < page.index("谁离开了")
    found = page[page.index('id="findings"') : page.index('id="doubts"')]
    assert 'href="#cell-5"' in found and 'href="#tables"' in found
    assert "n = 3,214" in found and "1 check failed" in found and "1 check passed" in found
    assert found.index(HEADLINE) < found.index(REST) < found.index("coverage (24\u00a0% wrote).")
    assert 'href="tables/churn_topics.parquet"' in page
    assert 'href="notebook.ipynb"' in page and 'href="../index.html"' in page


def test_a_failed_check_is_named_at_the_top_before_those_that_passed():
    page = PAGES["notebook"]
    doubts = page[page.index('id="doubts"') : page.index('class="story"')]
    assert "What could be wrong" in doubts and "1 of 3 checks failed" in doubts
    assert doubts.index("coverage") < doubts.index("overlap") < doubts.index("events")


def test_the_first_heading_becomes_the_title_and_its_prose_the_lede():
    page = PAGES["notebook"]
    assert "<h1>Who leaves?</h1>" in page
    assert page.index("For the head of product.") < page.index('id="findings"')
    assert "<title>Who leaves? · Lumen Office</title>" in page
    assert re.search(r">A second title <a [^>]*>#</a></h2>", page)


def test_the_contents_list_names_every_section_in_any_script():
    contents = re.search(r'<nav class="contents".*?</nav>', PAGES["notebook"], re.S).group()
    assert re.findall(r'href="#(s-[^"]*)">(.*?)</a>', contents) == [
        ("s-谁离开了-who-left", '<span lang="zh">谁离开了</span> Who left'),
        ("s-a-second-title", "A second title"),
        ("s-detail", "Detail"),
        ("s-what-could-be-wrong", "What could be wrong"),
    ]


def test_settings_show_the_value_that_the_run_put_in_with_its_meaning():
    page = PAGES["notebook"]
    settings = re.search(r'<details class="settings">.*?</details>', page, re.S).group()
    assert "<code>60</code> <span>days looked back on</span>" in settings
    assert "90" not in settings
    assert page.count('class="settings"') == 1


def test_code_is_folded_and_highlighted():
    assert re.search(r'<details class="code"><summary>Code of cell 5</summary>', PAGES["notebook"])
    assert not re.search(r'<details class="code" open', PAGES["notebook"])


def test_a_figure_is_not_captioned_with_the_sentence_that_stands_above_it():
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", PAGES["notebook"])
    assert captions == [
        '<a href="#figure-1">Figure 1</a>',
        '<a href="#figure-2">Figure 2</a>. Five topics stand out.',
    ]


def test_a_figure_without_description_says_so():
    output = new_output("display_data", data={"image/png": PNG})
    nb = new_notebook(cells=[new_code_cell("x", outputs=[output])])
    assert 'alt="No description was given."' in render_notebook(nb, manifest={}, name="n")


def test_a_failed_notebook_is_marked_and_leads_to_its_cell_without_colour_codes():
    nb = notebook()
    trace = ["\x1b[0;31mDataError\x1b[0m", "column 'ended_at' is missing"]
    error = new_output("error", ename="DataError", evalue="column 'ended_at'", traceback=trace)
    banner = new_markdown_cell("An Exception was encountered at 'In [5]'.")
    banner.metadata["tags"] = ["papermill-error-cell-tag"]
    nb.cells = [banner, *nb.cells, new_code_cell("bad()", outputs=[error])]
    manifest = {**MANIFEST, "notebooks": {"churn": {"outcome": "refused"}}}
    page = render_notebook(nb, manifest=manifest, name="churn")
    assert "<strong>Data refused in cell 8.</strong>" in page
    assert 'href="#cell-8"' in page and 'id="cell-8"' in page
    assert "DataError: column &#39;ended_at&#39;" in page
    assert "\x1b" not in page and "[0;31m" not in page
    assert "An Exception was encountered" not in page
    assert "There are no findings: the notebook did not finish." in page
    assert Tree(page).faults == []


def test_a_notebook_that_ran_out_of_time_names_its_cell():
    entry = {"outcome": "timeout", "cell": 5, "error": "the time limit was reached"}
    page = render_notebook(notebook(), manifest={"notebooks": {"n": entry}}, name="n")
    assert "<strong>Ran out of time in cell 5.</strong>" in page
    assert '<a href="#cell-5">Go to cell 5</a>' in page
    beyond = {"notebooks": {"n": {**entry, "cell": 99}}}
    assert "cell 99" not in render_notebook(notebook(), manifest=beyond, name="n")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("timeout", "Ran out of time"), ("dead", "Its process died"), ("interrupted", "Interrupted"),
     ("blocked", "blocked by collect"), ("skipped", "no market"), ("brand new", "brand new")],
)  # fmt: skip
def test_every_outcome_that_is_no_success_is_said_in_words(outcome, words):
    reason = {"blocked": "blocked by collect", "skipped": "the study has no market"}
    entry = {"outcome": outcome, "reason": reason.get(outcome)}
    page = render_notebook(notebook(), manifest={"notebooks": {"n": entry}}, name="n")
    assert 'class="banner' in page and words in page


def test_a_long_table_is_bounded_and_says_what_is_left_out():
    frame = pd.DataFrame({"feedback_id": [f"f{i}" for i in range(10_000)], "n": range(10_000)})
    nb = new_notebook(cells=[new_code_cell("x", outputs=[shown(html_table(frame))])])
    page = render_notebook(nb, manifest={}, name="n")
    assert "9,000 more rows are in the table's file." in html.unescape(page)
    assert page.count("<tr>") == 1001
    assert len(page) < 130_000
    scroll = {"class": "scroll", "role": "group", "tabindex": "0", "aria-label": "Table 1"}
    assert scroll in Tree(page).all("div")


def test_endless_printed_text_is_cut_and_says_so():
    output = new_output("stream", name="stdout", text="退款" * 50_000)
    nb = new_notebook(cells=[new_code_cell("x", outputs=[output])])
    page = render_notebook(nb, manifest={}, name="n")
    assert "80,000 more characters are in the notebook." in page
    assert len(page) < 60_000


def test_a_page_without_figures_is_light():
    assert len(PAGES["empty"].encode()) < 30_000


def test_the_index_sums_up_in_plan_order_and_names_what_did_not_run():
    page = PAGES["index"]
    collect, churn, forecast = (page.index(f'<article class="{x}') for x in (
        'card good slim" id="collect"', 'card good" id="churn"', 'card quiet slim" id="forecast"'
    ))  # fmt: skip
    assert collect < churn < forecast
    assert "the study has no market" in page and 'href="forecast/report.html"' not in page
    assert 'href="churn/report.html"' in page and "Can the data be trusted?" in page
    assert "n = 3,214" in page and "2 findings" in page and "1 check failed" in page
    assert f"data:image/png;base64,{PNG}" in page and page.count("<img") == 1
    assert "insights run params/demo.yml" in page
    assert "insights verify 20261122T051300Z-3fa91c" in page
    assert "a1a1a1a1a1a1<" in page and "a1" * 32 not in page
    assert "26373ee0a1b2</code>, with uncommitted changes" in page


def test_without_claims_the_headlines_of_finished_notebooks_stand_first():
    page = PAGES["index"]
    summary = re.search(r'<section id="findings".*?</section>', page, re.S).group()
    assert "Odds are 2.1 times as high [1.6, 2.8]; n = 3,214." in summary
    assert "Doubt:" not in summary
    doubts = re.search(r'<section id="doubts".*?</section>', page, re.S).group()
    assert "<strong>coverage</strong>: 24\u00a0% wrote" in doubts


def test_a_failed_notebook_contributes_no_finding_to_the_index():
    failed = {"outcome": "failed", "error": "KeyError: 'x'"}
    manifest = {**MANIFEST, "notebooks": {**MANIFEST["notebooks"], "churn": failed}}
    page = render_index(manifest, {"churn": RESULTS})
    assert "Odds are" not in page
    assert "This run is incomplete." in page and "KeyError: &#39;x&#39;" in page
    assert "No notebook of this run has a finding." in page


def test_the_history_shows_newest_first_and_marks_what_changed_in_a_headline():
    first = {"headline": "Odds are 2.1 [1.6, 2.8]; 3,214 customers."}
    last = {"headline": "Odds are 1.9 [1.6, 2.8]; 3,214 customers."}
    one = {**MANIFEST, "run": "one", "started": "2026-11-01", "results": {"churn": first}}
    gone = {"churn": {"outcome": "failed"}}
    failed = {**one, "run": "two", "started": "2026-11-08", "notebooks": gone}
    three = {**one, "run": "three", "started": "2026-11-15", "results": {"churn": last}}
    page = render_history([three, one, failed])
    assert page.index("three/index.html") < page.index("two/index.html")
    assert page.index("two/index.html") < page.index("one/index.html")
    assert "Odds are <del>2.1</del><ins>1.9</ins> [1.6, 2.8]; 3,214 customers." in page
    assert page.count("<ins>") == 1


def test_equal_headlines_are_said_to_be_equal():
    runs = [{**MANIFEST, "run": str(i), "results": {"churn": RESULTS}} for i in range(3)]
    assert "No headline changed" in render_history(runs)


def test_the_key_figure_is_that_of_a_result_and_the_title_the_first_heading():
    nb = notebook()
    other = new_output("display_data", data={"image/png": base64.b64encode(b"x").decode()})
    nb.cells.insert(0, new_code_cell("x", outputs=[other]))
    assert key_figure(nb) == (base64.b64decode(PNG), TEXT)
    assert key_figure(new_notebook()) is None
    assert notebook_title(nb) == "Who leaves?"
    assert notebook_title(new_notebook()) == ""


def test_the_parts_of_a_finding_stay_apart_and_an_older_run_s_whole_text_is_its_headline():
    first, second = findings(RESULTS)
    assert (first.headline, first.details) == (HEADLINE, REST)
    assert first.doubts == "coverage (24\u00a0% wrote)." and second.doubts == ""
    old = findings({"findings": [{"kind": "k", "text": "Shares rose vs. May. They fell."}]})
    assert (old[0].headline, old[0].details) == ("Shares rose vs. May. They fell.", "")


def test_times_are_written_as_a_person_says_them():
    assert [duration(s) for s in (0.04, 9.96, 75, 7_500, None, "x")] == [
        "0.0 s", "10 s", "1 min 15 s", "2 h 5 min", "", ""]  # fmt: skip
    assert moment("2026-11-22T05:13:40.123456+00:00") == "2026-11-22 05:13 UTC"
    assert moment("2026-11-22 05:13") == "2026-11-22 05:13"
    assert moment(None) == ""


def test_a_page_is_written_whole(tmp_path):
    write(tmp_path / "a.html", "退款\n")
    assert (tmp_path / "a.html").read_bytes() == "退款\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_texts_of_another_language_say_which_wherever_they_stand():
    table = html_table(
        pd.DataFrame({"text": ["退款很慢，等了3天。", "同期できない", "설치가 어렵다", "slow"]})
    )
    quote = '<blockquote lang="zh">会议室</blockquote>'
    nb = new_notebook(
        cells=[
            new_markdown_cell("# T\n\n## Rooms 会议室"),
            new_code_cell(
                "x", outputs=[shown(table), shown(quote), figure("发票 stands out", "a")]
            ),
        ]
    )
    results = {"findings": [{"id": "a", "headline": "“发票” goes with leaving", "n": 3}]}
    page = render_notebook(nb, results=results, manifest={}, name="n")
    assert '<span lang="zh">退款很慢，等了3天。</span>' in page
    assert '<span lang="ja">同期できない</span>' in page
    assert '<span lang="ko">설치가 어렵다</span>' in page
    assert '<blockquote lang="zh">会议室</blockquote>' in page
    assert '“<span lang="zh">发票</span>” goes' in page
    assert '<span lang="zh">会议室</span>' in re.search(r"<h2 id=\"s-.*?</h2>", page).group()


def test_headings_of_an_output_follow_the_heading_above_it():
    nb = new_notebook(
        cells=[
            new_markdown_cell("# T\n\n## Cards"),
            new_code_cell("x", outputs=[shown("<h4>One</h4><h6>More</h6><h4>Two</h4>")]),
        ]
    )
    page = render_notebook(nb, manifest={}, name="n")
    assert re.findall(r"<(h[2-6])>(\w+)</h", page) == [("h3", "One"), ("h4", "More"), ("h3", "Two")]


def test_a_topic_leads_to_its_records_and_a_table_to_the_cell_that_shows_it():
    table = html_table(pd.DataFrame({"topic_id": ["4", "-1", "<b>"], "label": ["Sync", "", ""]}))
    card = '<div class="topic-card" id="topic-4"><h4>Sync</h4></div>'
    outputs = [shown("<p>x</p>", result="a", table="churn_topics"), shown(table), shown(card)]
    nb = new_notebook(cells=[new_code_cell("x", outputs=outputs)])
    links = {"topics": "../topics/report.html"}
    page = render_notebook(nb, results=RESULTS, manifest={}, name="n", links=links)
    assert re.findall(r'<a href="(../topics[^"]*)">(.*?)</a>', page) == [
        ("../topics/report.html#topic-4", "4")
    ]
    assert 'id="topic-4"' in page
    assert '<a href="#cell-1">shown in cell 1</a>' in page
    assert "../topics" not in render_notebook(nb, manifest={}, name="n")
