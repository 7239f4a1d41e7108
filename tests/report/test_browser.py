# ruff: noqa: E501
"""The pages of the demo in a real browser: what a reader clicks, types, prints and hears.

Reads what `make report` left; skipped where that, Playwright or Chromium is missing.
"""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest
from test_report_safety import PAYLOADS, hostile_page

pytestmark = pytest.mark.slow

RUN = Path(__file__).parents[2] / "outputs" / "demo" / "latest"
ALLOWED_KB = 1_000
PORTRAIT, ACROSS, PHONE = 673, 1016, 390  # pixels between the margins of A4, and of a phone
# beside those of the sanitiser's own tests, which no browser sees
MORE = [
    "<svg/onload=alert(1)>", "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><set onbegin=alert(1)>", "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'/>", "<svg><style><img src=x onerror=alert(1)>",
    "<svg><foreignObject><iframe onload=alert(1)></foreignObject>", "<math href='javascript:alert(1)'>x</math>",
    "<math><mi><mglyph><svg><mtext><textarea><path id='</textarea><img onerror=alert(1) src=1>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<body onload=alert(1)>", "<body onpageshow=alert(1)>", "<html onmouseover=alert(1)>", "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>", "<textarea autofocus onfocus=alert(1)>", "<button popovertarget=x onbeforetoggle=alert(1)>x</button>",
    "<div popover id=x onbeforetoggle=alert(1)>x</div>", "<marquee onstart=alert(1)>x</marquee>", "<keygen autofocus onfocus=alert(1)>",
    "<object data='javascript:alert(1)'>", "<embed src='javascript:alert(1)'>", "<iframe src='javascript:alert(1)'>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'>", "<link rel=import href='https://evil.example'>",
    "<link rel=preload as=image href='https://evil.example/p'>", "<link rel=dns-prefetch href='//evil.example'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='javascript:alert(1)//'>", "<a href='javascript&colon;alert(1)'>x</a>", "<a href='java&#x0A;script:alert(1)'>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>", "<a href='vbscript:alert(1)'>x</a>", "<a ping='https://evil.example' href='#x'>x</a>",
    "<img srcset='https://evil.example/x 1x'>", "<picture><source srcset='https://evil.example/x'><img src=x></picture>",
    "<img src='//evil.example/x'>", "<img lowsrc='https://evil.example/x'>", "<table background='https://evil.example/x'><tr><td>x",
    "<video poster='https://evil.example/x'>", "<audio src='https://evil.example/x' autoplay onerror=alert(1)>",
    "<style>@import 'https://evil.example/x';</style>", "<p style='background:url(//evil.example)'>x</p>",
    "<template><script>alert(1)</script></template>", "<noscript><img src=x onerror=alert(1)></noscript>",
    "<title></title><script>alert(1)</script>", "<xmp><script>alert(1)</script></xmp>", "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<![CDATA[><script>alert(1)</script>]]>", "<?xml-stylesheet href='javascript:alert(1)'?>", "<x onclick=alert(1) tabindex=1 id=x>x</x>",
    "%3Cscript%3Ealert(1)%3C/script%3E", "\u003cscript\u003ealert(1)\u003c/script\u003e", "＜script＞alert(1)＜/script＞",
    "![x](https://evil.example/x.png)", "[x]: javascript:alert(1)\n\n[x]", "<javascript:alert(1)>", "```html\n<script>alert(1)</script>\n```",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        pytest.skip("no Chromium on this machine; name one in CHROMIUM")
    with sync.sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.getuid() == 0 else []
        started = playwright.chromium.launch(executable_path=path, args=options)
        yield started
        started.close()


@pytest.fixture(scope="module")
def run():
    if not (RUN / "index.html").is_file():
        pytest.skip("no run of the demo: make report")
    return RUN


@pytest.fixture(scope="module")
def names(run):
    return sorted(path.parent.name for path in run.glob("*/report.html"))


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.faults = []
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.on("console", lambda line: opened.faults.append(line.text))
    yield opened
    context.close()
    assert opened.faults == []


@pytest.fixture
def sheet(page, run, names):
    """A long table of an opened page, and its tools."""
    for name in names:
        page.goto((run / name / "report.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        tools = page.locator(".tools:has(input)")
        if tools.count():
            return tools.first, page.locator(".tools:has(input) + .scroll > table").first
    return pytest.skip("no page of the demo holds a long table")


def addresses(run, names):
    return [run / "index.html", *(run / name / "report.html" for name in names)]


def test_no_page_is_larger_than_a_megabyte(run, names):
    sizes = {path.parent.name: path.stat().st_size // 1000 for path in addresses(run, names)}
    assert {name: size for name, size in sizes.items() if size >= ALLOWED_KB} == {}


def test_a_reader_goes_from_the_index_to_each_notebook_and_back_without_a_request(page, run, names):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for name in names:
        page.goto((run / "index.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.locator(f'a[href^="{name}/report.html"]').first.click()
        assert page.url.startswith((run / name / "report.html").as_uri())
        page.locator(".crumbs a").first.click()
        assert page.url == (run / "index.html").as_uri()
    page.goto((run / names[0] / "report.html").as_uri())
    link = page.locator(".contents a").last
    place = link.get_attribute("href")
    link.click()
    assert page.evaluate(
        "place => document.querySelector(CSS.escape(place).replace(/^\\\\#/, '#')) !== null", place
    )
    assert all(url.startswith("file:") and url.split("#")[0].endswith(".html") for url in asked
               if not url.startswith("data:"))  # fmt: skip


def test_every_row_of_a_long_table_is_reached_by_paging(sheet):
    tools, table = sheet
    rows = table.locator("tbody tr").count()
    visible = table.locator("tbody tr:not([hidden])")
    assert visible.count() == 25 < rows
    seen, following = 25, tools.get_by_role("button", name="Next rows")
    while following.is_enabled():
        following.click()
        seen += visible.count()
    assert seen == rows
    assert tools.get_by_role("status").inner_text().endswith(f"of {rows}")
    tools.get_by_role("button", name="All rows").click()
    assert visible.count() == rows


def test_a_filter_leaves_the_rows_that_hold_its_words(sheet):
    tools, table = sheet
    word = table.locator("tbody tr").last.locator("td").first.text_content()
    tools.get_by_role("searchbox").fill(word)
    shown = table.locator("tbody tr:not([hidden])")
    assert 0 < shown.count() <= 25
    assert all(word.lower() in text.lower() for text in shown.all_text_contents())
    tools.get_by_role("searchbox").fill("no row says this")
    assert shown.count() == 0 and tools.get_by_role("status").inner_text() == "0–0 of 0"


def test_a_column_is_sorted_both_ways_over_all_pages(sheet):
    _tools, table = sheet
    place = table.evaluate(
        "t => [...t.tHead.rows[0].cells].findIndex(c => c.classList.contains('number'))"
    )
    button = table.locator("thead th").nth(place).get_by_role("button")
    values = f"t => [...t.tBodies[0].rows].map(r => r.cells[{place}].textContent.replace(/[,%]/g, '').replace('−', '-')).filter(x => x).map(Number)"
    for order, way in (("ascending", False), ("descending", True)):
        button.press("Enter")
        assert table.locator("thead th").nth(place).get_attribute("aria-sort") == order
        found = table.evaluate(values)
        assert found == sorted(found, reverse=way)


def test_a_figure_is_enlarged_and_closed_by_keyboard(page, run, names):
    page.goto((run / names[0] / "report.html").as_uri())
    button = page.get_by_role("button", name="Enlarge: Figure 1", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    large = page.get_by_role("dialog")
    assert large.locator("img").bounding_box()["width"] > 700
    page.keyboard.press("Escape")
    assert large.count() == 0 and button.evaluate("one => one === document.activeElement")


def test_the_first_key_leads_to_the_findings(page, run, names):
    page.goto((run / names[0] / "report.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_no_page_is_wider_than_a_phone(page, run, names):
    page.set_viewport_size({"width": PHONE, "height": 800})
    for path in addresses(run, names):
        page.goto(path.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, path


CUT = """wide => [...document.querySelectorAll('.scroll')]
  .filter(one => one.classList.contains('wide') === wide)
  .filter(one => one.firstElementChild.scrollWidth > one.clientWidth + 1
    || [...one.querySelectorAll('td, th')].some(cell => cell.scrollWidth > cell.clientWidth + 1))
  .map(one => one.getAttribute('aria-label'))"""


def test_no_table_is_cut_on_paper(page, run, names):
    for path in addresses(run, names):
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for width, wide in ((PORTRAIT, False), (ACROSS, True)):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(CUT, wide) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.fixture(scope="module")
def axe():
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-playwright-python, which brings axe-core, is not installed")
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


# all is opened, and of each long table and list a few rows stay: more of them show nothing new
EXAMPLES = """() => {
  document.querySelectorAll('details').forEach(one => one.open = true);
  const more = 'tbody tr:nth-child(n + 3), .tree li:nth-child(n + 3), .topic-card:nth-child(n + 3)';
  document.querySelectorAll(more).forEach(one => one.remove());
  [...document.querySelectorAll('.code')].slice(1).forEach(one => one.remove());
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_or_moderate(browser, axe, run, names, scheme):
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    rules = {"label-content-name-mismatch": {"enabled": True}}
    only = {"runOnly": ["color-contrast"]} if scheme == "dark" else {"rules": rules}
    found = []
    pages = addresses(run, names)
    for path in (pages[0], pages[-1]) if scheme == "dark" else pages:  # the style is one
        page.goto(path.as_uri())
        page.evaluate(EXAMPLES)
        page.evaluate(axe)
        told = page.evaluate(
            "options => axe.run(document, options)", {**only, "resultTypes": ["violations"]}
        )
        found += [(path.parent.name, one["id"], one["nodes"][0]["html"][:120])
                  for one in told["violations"] if one["impact"] in ("moderate", "serious", "critical")]  # fmt: skip
    context.close()
    assert found == []


def listened(page):
    """What a page will have run, and asked for beside itself and its pictures."""
    scripts, asked = [], []
    page.on("dialog", lambda dialog: (scripts.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    return scripts, asked


def test_eighty_hostile_texts_run_no_script_and_ask_for_nothing(browser, tmp_path):
    texts = [*PAYLOADS.values(), *MORE]
    assert len(texts) >= 80
    context = browser.new_context(bypass_csp=True)  # the sanitiser alone
    page = context.new_page()
    scripts, asked = listened(page)
    path = tmp_path / "report.html"
    for text in texts:
        path.write_text(hostile_page(text), encoding="utf-8")
        page.goto(path.as_uri())
        assert (scripts, {url for url in asked if not url.startswith("data:")}) == (
            [],
            {path.as_uri()},
        ), text
    context.close()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<img src=//evil.example onerror=alert(1)>"]
)
def test_the_policy_alone_holds_back_what_a_sanitiser_would_have_let_through(
    browser, tmp_path, text
):
    context = browser.new_context()
    page = context.new_page()
    scripts, _asked = listened(page)
    answered = []
    page.on("requestfinished", lambda request: answered.append(request.url))
    path = tmp_path / "report.html"
    path.write_text(hostile_page("x").replace("</main>", f"{text}</main>"), encoding="utf-8")
    page.goto(path.as_uri())
    assert scripts == [] and set(answered) <= {path.as_uri()}
    context.close()
