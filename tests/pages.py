"""What a page says, for tests that compare two of them or look for a language."""

import calendar
import re
from html.parser import HTMLParser

MONTHS = tuple(calendar.month_name)[1:]
VOID = {"br", "col", "hr", "img", "input", "link", "meta"}
SILENT = {"code", "pre", "script", "style", "svg"}
SAID = ("alt", "title", "aria-label", "placeholder")
NAMES = ("data-run",)  # times, names and sizes of one run


class _Texts(HTMLParser):
    def __init__(self, language: str | None):
        super().__init__()
        self.language, self.texts, self.open = language, [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        own = tag in SILENT or any(name in values for name in NAMES)
        foreign = self.language is not None and values.get("lang", self.language) != self.language
        if tag not in VOID:
            self.open.append((tag, own or (foreign and tag != "html")))
        if not self.silent:
            self.texts += [values[name] for name in SAID if values.get(name)]

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.strip() and not self.silent:
            self.texts.append(" ".join(data.split()))

    @property
    def silent(self):
        return any(quiet for _tag, quiet in self.open)


def texts(page: str, language: str | None = None) -> list[str]:
    """Texts of a page: no code, no times of the run; with a language only those written in it."""
    reader = _Texts(language)
    reader.feed(page)
    return reader.texts


def numbers(text: str) -> list[float]:
    """Every number of a text, sorted: another language puts them in another order."""
    text = re.sub(rf"\b({'|'.join(MONTHS)}) (\d{{4}})", _dated, text)
    found = re.findall(r"(?<![A-Za-z0-9_.])[-+−]?\d[\d,]*(?:\.\d+)?|(?<![A-Za-z0-9_.])\.\d+", text)
    return sorted(float(one.rstrip(",").replace(",", "").replace("−", "-")) for one in found)


def _dated(found: re.Match) -> str:
    return f"{found.group(2)}年{MONTHS.index(found.group(1)) + 1}月"


def english(found: list[str], names: frozenset[str] = frozenset()) -> list[str]:
    """Texts that are English sentences or labels: two words or more, most letters Latin."""
    kept = []
    for text in found:
        bare = re.sub(r"“[^”]*”|\([^)]*\)|\[[^\]]*\]|\S*[_/.=]\S*", " ", text)
        words = [one for one in re.findall(r"[A-Za-z][a-z'’-]+", bare) if one not in names]
        chinese = len(re.findall(r"[一-鿿]", text))
        if len(words) >= 3 and len("".join(words)) > chinese:
            kept.append(text)
    return kept
