"""The tables that the collect notebook saves."""

from __future__ import annotations

from insights.ingest import schema
from insights.messages import _, translated
from insights.tables import OutputTable, declared

__all__ = ["OUTPUTS", "shown"]


def shown(check: str) -> str:
    """Write the name of a check in the reader's language."""
    if check.startswith("coverage: "):
        return _("coverage: {column}", column=check.removeprefix("coverage: "))
    return {
        "validity": _("validity"),
        "timeliness": _("timeliness"),
        "customers known": _("customers known"),
        "rating varies": _("rating varies"),
        "ratings use their scale": _("ratings use their scale"),
        "market gaps": _("market gaps"),
        "market constants": _("market constants"),
        "market length": _("market length"),
        "encoding": _("encoding"),
        "preamble": _("preamble"),
        "ambiguous dates": _("ambiguous dates"),
        "ids reused": _("ids reused"),
        "sheet": _("sheet"),
        "melt": _("melt"),
        "google trends": _("google trends"),
    }.get(check, translated(check))


_DTYPES = {
    "time": "datetime64[us, UTC]",
    "date": "datetime64[us]",
    "number": "float64",
    "share": "float64",
    "list": "object",
}
_PLACE = {"source": "name of the source", "line": "line in the file"}


def _canonical(table: schema.Table) -> OutputTable:
    """Declare a canonical table as it is saved: with the place that each row was read at."""
    dtypes = {column.name: _DTYPES.get(column.kind, "str") for column in table.columns}
    meanings = {column.name: column.about for column in table.columns}
    return OutputTable(
        table.name, table.row, dtypes | {"source": "str", "line": "int64"}, meanings | _PLACE
    )


OUTPUTS: dict[str, OutputTable] = {
    name: _canonical(table) for name, table in schema.TABLES.items()
} | declared(
    """
    balance: a source
        source str name of the source
        table str canonical table that it belongs to
        rows_in int rows read
        kept int rows kept
        quarantined int rows set aside for a fault
        duplicates int rows merged into others
        screened int rows that are no feedback
    quality: a check of a source
        source str name of the source or table
        check str what is checked
        value float value found
        threshold float value demanded by the study
        passed boolean whether it passes; null: for information, or cannot tell
        n int rows looked at
        low float lower bound of value
        high float upper bound of value
        detail str the finding in words
    quarantine: a record set aside for a fault
        source str name of the source
        line int line in the file
        raw str the row as read, redacted
        reason str why
        customer_id str keyed pseudonym of the customer
        table str canonical table
    screened: a record that is no feedback
        source str name of the source
        line int line in the file
        raw str the row as read, redacted
        reason str why
        customer_id str keyed pseudonym of the customer
        table str canonical table
    duplicates: a record merged into another
        source str name of the source
        line int line in the file
        raw str the row as read, redacted
        reason str why
        customer_id str keyed pseudonym of the customer
        table str canonical table
        same_as str id or key of the row that is kept
    """
)
