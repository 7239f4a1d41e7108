"""Which columns divide records and customers into segments: one rule for every page of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from insights.ingest.schema import TABLES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEFAULT_SEGMENTS", "OTHER", "Segments", "largest"]

OTHER = "(other values)"  # what the values beyond the largest are counted as
_SHOWN = 12  # most values with a segment of their own, OTHER among them
_DECLARED = ("channel", "language")  # canonical columns that are segments
_BOOKKEEPING = {
    "feedback": {"source", "repeat_group", "copies", "repeats", "line", "kind", "topic_id"},
    "customers": {"source", "line", "name", "email"},
}


class Segments(BaseModel):
    """The columns by which a study is divided.

    Attributes
    ----------
    columns
        Names of the only columns that divide; empty: every column that holds labels.
    most_values
        Different values above which a column that is not named is an identifier, no segment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...] = ()
    most_values: int = Field(30, ge=2, le=60)

    def of(
        self, frame: pd.DataFrame, table: Literal["feedback", "customers"]
    ) -> dict[str, pd.Series]:
        """Return the label of each row by column (null: not stated), the channel first.

        Columns are the channel, the language and every column that the canonical table does not
        declare, where it holds text or true and false in two to `most_values` different values; a
        column that the study names may hold anything, in two values or more.
        """
        other = (set(TABLES[table].names) - set(_DECLARED)) | _BOOKKEEPING[table]
        names = [str(name) for name in frame.columns if str(name) not in other]
        return {
            name: frame[name].astype("string")
            for name in sorted(names, key=lambda n: (n not in _DECLARED, n))
            if self._divides(frame[name], name)
        }

    def _divides(self, values: pd.Series, name: str) -> bool:
        if self.columns:
            return name in self.columns and values.nunique() >= 2
        labels = values.dropna().map(type).unique().tolist() in ([str], [bool])
        return labels and 2 <= values.nunique() <= self.most_values


DEFAULT_SEGMENTS = Segments()


def largest(values: pd.Series) -> pd.Series:
    """Return labels with those beyond the eleven largest put into one, where more than twelve."""
    if values.nunique() <= _SHOWN:
        return values
    sizes = values.value_counts().rename_axis("value").reset_index(name="n")
    order = sizes.sort_values(["n", "value"], ascending=[False, True])
    kept = order["value"].tolist()[: _SHOWN - 1]
    return values.where(values.isna() | values.isin(kept), OTHER)
