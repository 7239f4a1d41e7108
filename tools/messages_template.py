"""Write the template of the catalogue of messages, from which each language's file is made.

.venv/bin/python tools/messages_template.py insights.pot
.venv/bin/pybabel init -i insights.pot -d src/insights/locale -D insights -l zh
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from insights.run.plan import module_alone

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "insights"
KEYWORDS = {"_": None, "plural": (1, 2)}


def template() -> Catalog:
    """Return every message that is marked in code and pages, and every declared text."""
    catalog = Catalog(project="insights", fuzzy=False)
    for method, pattern in (("python", "*.py"), ("jinja2", "*.j2")):
        for path in sorted(PACKAGE.rglob(pattern)):
            place = path.relative_to(PACKAGE.parent).as_posix()
            with path.open("rb") as file:
                for line, message, comments, context in extract(method, file, keywords=KEYWORDS):
                    catalog.add(message, locations=[(place, line)], auto_comments=comments,
                                context=context)  # fmt: skip
    for place, text in declared():
        catalog.add(text, locations=[(place, 1)])
    return catalog


def declared() -> list[tuple[str, str]]:
    """Meanings of settings; headings, rows and meanings of the columns of saved tables."""
    found = []
    for path in sorted((PACKAGE / "analyses").glob("*/tables.py")):
        place = f"insights/analyses/{path.parent.name}/"
        settings = module_alone(path.with_name("params.py")).Params.model_fields.values()
        found += [(f"{place}params.py", field.description or "") for field in settings]
        for table in module_alone(path).OUTPUTS.values():
            headings = [column.replace("_", " ") for column in table.names]
            found += [(f"{place}tables.py", text)
                      for text in (table.row, *headings, *table.meanings.values())]  # fmt: skip
    return [(place, text) for place, text in found if text]


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as target:
        write_po(target, template(), width=100, omit_header=False, sort_by_file=True)
