"""Columns that give away who left: a flat, undated table is asked before it is believed."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.errors import DataError
from insights.messages import _, fixed, interval, items, number, percent, plural
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.discrimination import area_under_curve, level_scores
from insights.stats.intervals import wilson_bounds

__all__ = ["LeakReport", "gives_away", "leak_report", "mentions_leaving", "written_knowingly"]

_PERFECT = 0.95  # area under the curve of one column alone
_PURE = 0.995  # share that left at a level which "always" leaves
_SOME = 20  # rows that such a level must hold
_PART = 0.05  # share of all leavers that such levels must hold
_LEVELS = 30  # distinct values up to which a column is read as levels
_WORDS = 4  # mean words from which a column is text
_KEYS = ("customer_id", "churned", "source", "line")
_LEAVING = re.compile(
    r"\b(?:cancel\w*|leav(?:e|es|ing)|left|switch\w*|quit\w*|terminat\w*|unsubscrib\w*|goodbye|"
    r"churn\w*|moving to|moved to)\b|取消|退订|注销|解约|销户|离开|换了?一?家|再见|不再使用",
    re.I,
)
_TIMES = 2.0  # share of leavers among farewell texts, in multiples of that among other texts
_GONE = re.compile(r"^(1|1\.0|true|yes|y|t|churned|left|exited|是|已流失|流失)$", re.I)
_STAYED = re.compile(r"^(0|0\.0|false|no|n|f|stayed|active|joined|retained|否|未流失|在用)$", re.I)


@dataclass(frozen=True, kw_only=True)
class LeakReport(Result, table="columns", figure="leak_bars"):
    """What each column of a flat table tells of who left; `n` is the number of customers.

    Attributes
    ----------
    columns
        column, kind (level, number, text), filled, auc (of the column alone, other rows'
        shares), leak, why.
    associations
        column, level, customers, share (that left), low, high, share_others: columns of two
        levels that are no leak. An association, undated and unadjusted.
    left
        Customers who left.
    """

    columns: pd.DataFrame
    associations: pd.DataFrame
    left: int
    level: float

    @property
    def leaks(self) -> tuple[str, ...]:
        """Columns that give the outcome away."""
        return tuple(self.columns.loc[self.columns["leak"], "column"])

    def sentences(self) -> list[str]:
        """Say which columns give the outcome away; otherwise the widest plain association."""
        who = _("{n} customers, {left} of whom left", n=number(self.n), left=number(self.left))
        if self.leaks:
            rows = self.columns[self.columns["leak"]].head(3)
            each = (f"“{row.column}”: {row.why}" for row in rows.itertuples(index=False))
            told = _("; ").join(each)
            more = len(self.leaks) - len(rows)
            return [
                plural(
                    "No finding is drawn from this table ({who}): {n} of {columns} columns gives "
                    "the outcome away, as what is recorded with or after leaving does.",
                    "No finding is drawn from this table ({who}): {n} of {columns} columns give "
                    "the outcome away, as what is recorded with or after leaving does.",
                    len(self.leaks),
                    who=who,
                    columns=len(self.columns),
                ),
                f"{told}.",
                _("And {more} more.", more=more) if more > 0 else "",
            ]
        head = _(
            "No column gives the outcome away ({who}, {columns} columns looked at).",
            who=who,
            columns=len(self.columns),
        )
        if self.associations.empty:
            return [head]
        gap = (self.associations["share"] - self.associations["share_others"]).abs()
        row = self.associations.loc[gap.idxmax()]
        tried = len(self.associations)
        fields = {
            "column": row["column"],
            "level": row["level"],
            "share": percent(row["share"], 1),
            "interval": interval(row["low"], row["high"], ".1%"),
            "share_others": percent(row["share_others"], 1),
        }
        return [
            head,
            _(
                "Association, undated and unadjusted, the widest of {tried} columns with two "
                "values: where “{column}” is {level}, {share} {interval} left; of the others "
                "{share_others}.",
                tried=tried,
                **fields,
            )
            if tried > 1
            else _(
                "Association, undated and unadjusted: where “{column}” is {level}, {share} "
                "{interval} left; of the others {share_others}.",
                **fields,
            ),
        ]


def leak_report(snapshot: pd.DataFrame) -> LeakReport:
    """Look at every column of a flat table for knowledge of the outcome.

    A column is a leak when it alone tells who left (area under the curve of .95 or more); when
    levels at which everybody left hold a twentieth of the leavers; when it is filled for
    leavers only; or when its text speaks of leaving and those texts are of leavers twice as
    often. The thresholds and their reasons stand in `docs/methods/churn.md`.

    Raises
    ------
    DataError
        Without a column 'churned', or when it cannot be read, or nobody or everybody left.
    """
    left = _outcome(snapshot)
    snapshot = snapshot.reset_index(drop=True)
    rows, plain = [], []
    for name in snapshot.columns:
        if str(name) in _KEYS or snapshot[name].notna().sum() == 0:
            continue
        kind, auc, why = _column(snapshot[name], left)
        filled = float(snapshot[name].notna().mean())
        rows.append((str(name), kind, filled, auc, bool(why), why))
        if not why and kind == "level" and snapshot[name].nunique() == 2:
            plain.append(_association(snapshot[name], left))
    frame = pd.DataFrame(rows, columns=["column", "kind", "filled", "auc", "leak", "why"])
    frame = frame.sort_values(["leak", "auc"], ascending=False, ignore_index=True, kind="stable")
    leaks = frame.loc[frame["leak"], "column"].tolist()
    return LeakReport(
        n=len(snapshot),
        columns=frame,
        associations=pd.DataFrame(
            plain,
            columns=["column", "level", "customers", "share", "low", "high", "share_others"],
        ),
        left=int(left.sum()),
        level=DEFAULT_LEVEL,
        checks=(
            Check(
                _("no column gives the outcome away"),
                not leaks,
                items(leaks[:8], 8) if leaks else _("{n} columns looked at", n=len(frame)),
            ),
            Check(
                _("dates are known"),
                None,
                _(
                    "the table is flat: nobody knows whether a value was recorded before "
                    "the customer left, so nothing here is more than an association"
                ),
            ),
        ),
    )


def gives_away(values: pd.Series, left: np.ndarray) -> str:
    """Why a column gives away who left, or nothing: the rules of `leak_report` for one column."""
    if values.isna().all() or not 0 < left.sum() < len(left):
        return ""
    return _column(values.reset_index(drop=True), left)[2]


def _outcome(snapshot: pd.DataFrame) -> np.ndarray:
    if "churned" not in snapshot:
        raise DataError(
            "snapshot: no column 'churned' (whether the customer had left). Map it in the study, "
            "for example columns: {churned: Exited}."
        )
    answers = snapshot["churned"].astype("string").str.strip()
    gone = answers.str.match(_GONE).fillna(False).to_numpy(bool)
    stayed = answers.str.match(_STAYED).fillna(False).to_numpy(bool)
    odd = answers[~gone & ~stayed]
    if len(odd):
        example = _(", ").join(f"'{value}'" for value in odd.fillna("").unique()[:5])
        raise DataError(
            f"snapshot: {len(odd):,} of {len(answers):,} values of 'churned' are neither yes nor "
            f"no: {example}. Allowed: yes/no, true/false, 1/0, churned/stayed."
        )
    if not 0 < gone.sum() < len(gone):
        who = "everybody" if gone.any() else "nobody"
        raise DataError(
            f"snapshot: {who} of {len(gone):,} customers had left, so nothing tells them apart."
        )
    return gone


def _column(values: pd.Series, left: np.ndarray) -> tuple[str, float, str]:
    """Kind of a column, how well it alone tells who left, and why it is a leak (or nothing)."""
    known = values.notna().to_numpy()
    text = values.astype("string")
    distinct = int(values.nunique())
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not numeric and distinct > _LEVELS:
        number = pd.to_numeric(values, errors="coerce")
        if number.notna().sum() >= 0.95 * known.sum():
            values, numeric = number, True
            known = values.notna().to_numpy()
    why = _filled(known, left)
    if numeric and distinct > _LEVELS:
        auc = _fold(area_under_curve(values.to_numpy(float)[known], left[known]))
        return "number", auc, why or _perfect(auc) or _beyond(values, left)
    if (not numeric and text[known].str.split().str.len().mean() >= _WORDS) or _chinese(
        text[known]
    ):
        return "text", float("nan"), why or _leaving_texts(text, left)
    if distinct > max(_LEVELS, len(values) // 20):
        return "key", float("nan"), why
    codes = pd.factorize(text.fillna("(empty)"))[0]
    auc = _fold(area_under_curve(level_scores(codes, left), left))
    return "level", auc, why or _perfect(auc) or _pure(text.fillna("(empty)"), codes, left)


def _chinese(text: pd.Series) -> bool:
    return bool(text.nunique() > _LEVELS and text.str.contains(r"[\u4e00-\u9fff]{4}").mean() > 0.5)


def _fold(auc: float) -> float:
    return max(auc, 1 - auc)


def _perfect(auc: float) -> str:
    return (
        _("alone it tells who left (area under the curve {auc})", auc=fixed(auc, 3))
        if auc >= _PERFECT
        else ""
    )


def _filled(known: np.ndarray, left: np.ndarray) -> str:
    """Whether a column is filled for leavers only."""
    of_leavers, of_others = known[left].mean(), known[~left].mean()
    if known.sum() >= _SOME and of_others < 0.01 and of_leavers > 20 * max(of_others, 1e-3):
        return _(
            "filled for {of_leavers} of leavers and {of_others} of the others",
            of_leavers=percent(of_leavers),
            of_others=percent(of_others, 1),
        )
    return ""


def _pure(text: pd.Series, codes: np.ndarray, left: np.ndarray) -> str:
    """Levels at which everybody left, when they hold a notable part of the leavers."""
    count = np.bincount(codes)
    gone = np.bincount(codes, weights=left)
    always = np.flatnonzero((count >= _SOME) & (gone >= _PURE * count))
    if gone[always].sum() < max(_PART * left.sum(), _SOME):
        return ""
    named = _(", ").join(sorted(text.iloc[int(np.argmax(codes == code))] for code in always)[:4])
    return _(
        "at {named} {gone} of {count} customers left",
        named=named,
        gone=percent(gone[always].sum() / count[always].sum(), 1),
        count=fixed(count[always].sum(), 0),
    )


def _beyond(values: pd.Series, left: np.ndarray) -> str:
    """Whether a fifth of the leavers lie where no other customer does."""
    given = values.to_numpy(float)
    ours, others = given[left & ~np.isnan(given)], given[~left & ~np.isnan(given)]
    if not len(ours) or not len(others):
        return ""
    for side, count, edge in (
        ("above", int((ours > others.max()).sum()), others.max()),
        ("below", int((ours < others.min()).sum()), others.min()),
    ):
        if count >= max(_SOME, 0.2 * left.sum()):
            fields = {"edge": f"{edge:g}", "count": number(count)}
            if side == "above":
                return _("above {edge} all {count} customers left", **fields)
            return _("below {edge} all {count} customers left", **fields)
    return ""


def mentions_leaving(text: pd.Series) -> np.ndarray:
    """Which texts hold a word of leaving, in English or Chinese; bool, shape (n,)."""
    return text.astype("string").fillna("").str.contains(_LEAVING).to_numpy(bool)


def written_knowingly(
    bye: np.ndarray, others: np.ndarray, left: np.ndarray, *, times: float = _TIMES
) -> str:
    """Why texts that speak of leaving were written when the end was known, or nothing.

    Parameters
    ----------
    bye, others
        Which texts speak of leaving, and which to compare them with; bool, shape (n,).
    left
        Whether the writer left, shape (n,).
    times
        How much oftener than the others they must have left, by the lower limit of 95 %.
    """
    if bye.sum() < _SOME or not others.any():
        return ""
    share, usual = left[bye].mean(), left[others].mean()
    low = float(wilson_bounds(int(left[bye].sum()), int(bye.sum()), 0.95)[0])
    if low <= times * usual:
        return ""
    return _(
        "{bye} texts speak of leaving, and {share} of those customers left "
        "against {usual} of the other writers: written when the end was known",
        bye=number(bye.sum()),
        share=percent(share),
        usual=percent(usual),
    )


def _leaving_texts(text: pd.Series, left: np.ndarray) -> str:
    """Whether texts that speak of leaving are mostly of customers who did."""
    bye = mentions_leaving(text)
    return written_knowingly(bye, text.notna().to_numpy() & ~bye, left)


def _association(values: pd.Series, left: np.ndarray) -> tuple:
    """Share that left at the level with more leavers, and at the other."""
    text = values.astype("string")
    known = text.notna().to_numpy()
    shares = pd.Series(left[known]).groupby(text[known].to_numpy()).mean()
    level = str(shares.idxmax())
    inside = (text == level).fillna(False).to_numpy(bool)
    low, high = wilson_bounds(int(left[inside].sum()), int(inside.sum()), DEFAULT_LEVEL)
    return (
        str(values.name), level.removesuffix(".0"), int(inside.sum()), float(left[inside].mean()),
        float(low), float(high), float(left[known & ~inside].mean()),
    )  # fmt: skip
