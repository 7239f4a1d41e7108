from __future__ import annotations

from pathlib import Path

import pytest

from insights.ingest.schema import TABLES

PAGE = (Path(__file__).parents[2] / "data" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_the_data_dictionary_is_the_schema(name):
    section = PAGE.split(f"### {name}: ", 1)[1].split("\n##", 1)[0]
    table = TABLES[name]
    assert section.startswith(f"one row is {table.row}\n")
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in section.splitlines()]
    written = [row for row in rows if len(row) == 2 and row[0] not in ("column", "---", "any")]
    declared = [[f"**{c.name}**" if c.required else c.name, c.kind] for c in table.columns]
    assert written == declared
    kinds = {"": [], "numbers": [["any", "number"]], "any": [["any", "any"]]}
    assert [row for row in rows if row and row[0] == "any"] == kinds[table.further]
