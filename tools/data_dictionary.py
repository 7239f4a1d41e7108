"""Write the dictionary of tables from their declarations: data/README.md and docs/tables.md.

.venv/bin/python tools/data_dictionary.py
"""

from __future__ import annotations

import importlib
from pathlib import Path

from insights.ingest.schema import TABLES, Table
from insights.run.plan import all_specs
from insights.tables import OutputTable

ROOT = Path(__file__).resolve().parents[1]
START, END = "## Canonical tables\n", "## Labels by hand\n"
INTRO = (
    "## Canonical tables\n"
    "A study maps the columns of its sources to these names (made by `tools/data_dictionary.py` "
    "from `src/insights/ingest/schema.py`, the only place that declares them). **Bold** columns "
    "are required. Other columns are kept as dimensions when the study names them.\n"
)
OUTPUTS = (
    "# Tables that notebooks save\n\n"
    "Parquet files under `outputs/<study>/<run>/<notebook>/tables/` (made by "
    "`tools/data_dictionary.py` from the `tables.py` of each analysis, which declares every column "
    "once; each page says the same under *Tables and files*). `collect` also saves the canonical "
    "tables of `data/README.md`, with the dimensions of the study.\n"
)


def canonical(page: str) -> str:
    """Return the data dictionary with its canonical tables as the schema declares them."""
    before, rest = page.split(START)
    after = rest.split(END)[1]
    return before + "\n".join([INTRO, *map(_canonical, TABLES.values()), END]) + after


def outputs() -> str:
    """Return the page of every table that a notebook of every study saves."""
    parts = [OUTPUTS]
    for name, spec in all_specs(ROOT / "notebooks").items():
        if spec.order is not None:
            declared = importlib.import_module(f"insights.analyses.{name}.tables").OUTPUTS
            parts.append(f"## {name}\n")
            parts += [_output(table) for key, table in declared.items() if key not in TABLES]
    return "\n".join(parts)


def _canonical(table: Table) -> str:
    rows = [(f"**{c.name}**" if c.required else c.name, c.kind, c.about) for c in table.columns]
    if table.further:
        kind = "number" if table.further == "numbers" else "any"
        rows.append(("any", kind, table.further_about))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    head = [f"### {table.name}: one row is {table.row}", "| column | type | meaning |"]
    return "\n".join([*head, "|---|---|---|", *lines, ""])


def _output(table: OutputTable) -> str:
    lines = [f"| {name} | {kind} | {table.meanings[name]} |" for name, kind in table.dtypes.items()]
    head = [f"### {table.name}: one row is {table.row}", "| column | type | meaning |"]
    return "\n".join([*head, "|---|---|---|", *lines, ""])


def main() -> None:
    """Write both pages."""
    page = ROOT / "data" / "README.md"
    page.write_text(canonical(page.read_text(encoding="utf-8")), encoding="utf-8")
    (ROOT / "docs" / "tables.md").write_text(outputs(), encoding="utf-8")


if __name__ == "__main__":
    main()
