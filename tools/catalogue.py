"""Bring the Chinese catalogue up to date with the messages of code, pages, tables and notebooks.

.venv/bin/python tools/catalogue.py

One file a part in `src/insights/locale/zh`: every message with its Chinese, or with none yet.
What was translated is kept, also where a message moved to another part; what no longer occurs
goes. Prints how many messages of each part have no Chinese.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from insights.messages import paragraphs
from insights.run.plan import module_alone
from insights.settings import assignments

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "insights"
CHINESE = PACKAGE / "locale" / "zh"
KEYWORDS = {"_": None, "plural": (1, 2)}
CORE = "core"  # what no analysis has for itself
# headings and values of tables that are shown and not saved
SHOWN = (
    "check", "verdict", "detail", "setting", "value", "meaning", "kind", "column", "copies",
    "examples", "quarantined", "screened", "dates not read", "no text", "ids damaged",
    "dates swapped", "thousands", "who", "by rating", "in day", "from", "per", "share of periods",
    "expected in week", "only used right", "only other right", "halves", "withheld", "together",
    "alone", "sub-topic", "steady", "shown", "small", "protecting", "rising", "(not stated)",
    "left of their own will", "ended otherwise", "left before observation began",
    "joined after observation ended", "no customer id", "no start date", "ends before it starts",
    "further row of the same customer", "median of dealings", "log loss without feedback",
    "log loss with feedback", "area under the curve without feedback",
    "area under the curve with feedback", "Brier score without feedback",
    "Brier score with feedback", "adjusted association", "standardised association",
    "structural", "combination", "blend", "seasonal naive", "intercept",
)  # fmt: skip
HEAD = """\
# Chinese of the messages of "{part}"; the terms stand in docs/terms.zh.md.
# tools/catalogue.py adds and removes messages; the Chinese is written here.
msgid ""
msgstr ""
"Language: zh\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


def template() -> Catalog:
    """Return every marked message of code and pages, every declared text, the notebooks' prose."""
    catalog = Catalog(project="insights", fuzzy=False)
    for method, pattern in (("python", "*.py"), ("jinja2", "*.j2")):
        for path in sorted(PACKAGE.rglob(pattern)):
            place = path.relative_to(PACKAGE).as_posix()
            with path.open("rb") as file:
                for line, message, comments, context in extract(method, file, keywords=KEYWORDS):
                    catalog.add(message, locations=[(place, line)], auto_comments=comments,
                                context=context)  # fmt: skip
    for place, text in (*declared(), *prose()):
        catalog.add(text, locations=[(place, 1)])
    return catalog


def declared() -> Iterator[tuple[str, str]]:
    """Meanings of settings; headings, rows and meanings of the columns of saved tables."""
    yield from (("report/tables.py", text) for text in SHOWN)
    for path in sorted((PACKAGE / "analyses").glob("*/tables.py")):
        place = f"analyses/{path.parent.name}/"
        for field in module_alone(path.with_name("params.py")).Params.model_fields.values():
            if field.description:
                yield f"{place}params.py", field.description
        for table in module_alone(path).OUTPUTS.values():
            headings = [column.replace("_", " ") for column in table.names]
            for text in (table.row, *headings, *table.meanings.values()):
                if text:
                    yield f"{place}tables.py", text


def prose() -> Iterator[tuple[str, str]]:
    """Paragraphs and titles of tables of the shipped notebooks; what is said of parameters."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if (PACKAGE / "analyses" / path.stem).is_dir():
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                source = "".join(cell["source"])
                told: Iterable[str] = ()
                if cell["cell_type"] == "markdown":
                    told = paragraphs(source)
                elif "parameters" in cell["metadata"].get("tags", ()):
                    told = filter(None, (line.about for line in assignments(source)))
                else:
                    told = re.findall(r'^nb\.frame\(.+, "([^"]+)"\)$', source, flags=re.M)
                yield from ((f"notebooks/{path.name}", text) for text in told)


def part(message: Message) -> str:
    """Return the one analysis whose message it is, else 'core'."""
    owners = set()
    for place, _line in message.locations:
        folder, _slash, rest = place.partition("/")
        name = rest.partition("/")[0].removesuffix(".ipynb")
        owners.add(name if folder in ("analyses", "notebooks") else CORE)
    return owners.pop() if len(owners) == 1 else CORE


def translations(folder: Path = CHINESE) -> dict[str, str]:
    """Return the Chinese of each message, by its English (of two forms, the first)."""
    found = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if message.id and text(message):
                    found[key(message)] = text(message)
    return found


def key(message: Message) -> str:
    """Return the English of a message, of two forms the first."""
    return message.id if isinstance(message.id, str) else message.id[0]


def text(message: Message) -> str:
    """Return the Chinese of a message: it has one form."""
    return message.string if isinstance(message.string, str) else message.string[0]


def parts() -> dict[str, Catalog]:
    """Return the catalogue of each part, with the Chinese that there is."""
    known = translations()
    found: dict[str, Catalog] = {}
    for message in template():
        if message.id:
            chinese = known.get(key(message), "")
            catalog = found.setdefault(part(message), Catalog(locale="zh", fuzzy=False))
            files = dict.fromkeys(place for place, _line in message.locations)
            catalog.add(message.id, chinese if isinstance(message.id, str) else (chinese,),
                        locations=[(place, 1) for place in files])  # fmt: skip
    return found


def write(folder: Path = CHINESE) -> None:
    """Write each part's file."""
    for name, catalog in sorted(parts().items()):
        with (folder / f"{name}.po").open("wb") as file:
            file.write(HEAD.format(part=name).encode())
            write_po(file, catalog, width=0, omit_header=True, sort_by_file=True,
                     include_lineno=False)  # fmt: skip
        missing = sum(not text(message) for message in catalog if message.id)
        print(f"{name}: {len(catalog)} messages, {missing} without Chinese")


if __name__ == "__main__":
    write()
