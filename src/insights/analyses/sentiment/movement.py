"""What the sentiment analysis claims about time: means a period, and changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.analyses.sentiment.claims import change_claims
from insights.analyses.sentiment.tables import shown
from insights.claim import Claim
from insights.messages import _, interval, items, number, percent, plural, signed, translated
from insights.result import Result
from insights.settings import Period
from insights.stats.calendar import ordinals, period_count, period_name, period_noun

__all__ = ["Changes", "Trend", "caveat", "mean_of", "upper"]


def caveat(trusted: bool | None, unlike: bool) -> str:
    """What intervals of sentiment leave out; nothing where the error is known."""
    if unlike:
        return _(
            "The texts are not like those the model was tried on: these are means of its scores, "
            "and whether customers feel so cannot be told."
        )
    if trusted is None:
        return _(
            "Intervals of sentiment hold chance alone: how wrong the scores are could not be "
            "measured on this study."
        )
    if trusted is False:
        return _(
            "Text does not predict the ratings here: means of sentiment say nothing of how "
            "customers feel."
        )
    return ""


def mean_of(measure: str) -> str:
    """Write 'mean sentiment' or 'mean rating'."""
    return _("mean rating") if measure == "rating" else _("mean sentiment")


def upper(text: str) -> str:
    """Write a phrase as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, kw_only=True, eq=False)
class Trend(Result, table="cells", figure="trend"):
    """Means per period and group. `n`: records with a score."""

    cells: pd.DataFrame
    period: Period
    min_cell: int
    engine: str
    dimensions: tuple[str, ...] = ()
    partial: tuple[pd.Timestamp, ...] = ()
    trusted: bool | None = True
    unlike: bool = False

    def groups(self) -> tuple[str, ...]:
        """Return the groups in the order of the table."""
        return tuple(dict.fromkeys(self.cells["group"]))

    def measures(self) -> tuple[str, ...]:
        """Return what can be drawn: sentiment, and rating where it varies."""
        rated = "rating_mean" in self.cells and self.cells["rating_mean"].notna().any()
        return ("sentiment", "rating") if rated else ("sentiment",)

    def sentences(self) -> list[str]:
        """Give the last shown period beside the range of all of them."""
        every = self.cells[self.cells["group"] == "all"]
        shown = every[every["mean"].notna()]
        whole = shown[~shown["period"].isin(self.partial)]
        if whole.empty:
            period, least, n = period_noun(self.period), self.min_cell, number(self.n)
            fields = {"period": period, "least": least, "n": n}
            return [
                _(
                    "No whole {period} holds {least} records with a score, so no mean is quoted "
                    "(n = {n}).",
                    **fields,
                )
                if len(shown)
                else _(
                    "No {period} holds {least} records with a score, so no mean is shown "
                    "(n = {n}).",
                    **fields,
                )
            ]
        last, top, low = (whole.iloc[-1], whole.loc[whole["mean"].idxmax()],
                          whole.loc[whole["mean"].idxmin()])  # fmt: skip
        fields = {
            "name": self._named(last),
            "mean": signed(last["mean"]),
            "interval": interval(last["low"], last["high"], "+.2f"),
            "n": number(int(last["n"])),
            "periods": self._counted(every, len(whole)),
            "all": number(self.n),
            "low_mean": signed(low["mean"]),
            "low": self._named(low),
            "top_mean": signed(top["mean"]),
            "top": self._named(top),
        }
        parts = [
            _(
                "On {name} mean sentiment, from -1 to 1, was {mean} {interval} (n = {n}); over "
                "{periods} (n = {all} in all) it lay between {low_mean} ({low}) and {top_mean} "
                "({top}).",
                **fields,
            )
            if self.period == "day"
            else _(
                "In {name} mean sentiment, from -1 to 1, was {mean} {interval} (n = {n}); over "
                "{periods} (n = {all} in all) it lay between {low_mean} ({low}) and {top_mean} "
                "({top}).",
                **fields,
            )
        ]
        if self.dimensions and np.isfinite(last["adjusted"]):
            parts.append(
                _(
                    "At the {mix} of the whole time it would have been {adjusted} {interval}.",
                    mix=mix_of(list(self.dimensions)),
                    adjusted=signed(last["adjusted"]),
                    interval=interval(last["adjusted_low"], last["adjusted_high"], "+.2f"),
                )
            )
        if "rating" in self.measures() and np.isfinite(last["rating_mean"]):
            parts.append(
                _(
                    "The mean rating in it was {rating_mean} of its scale {interval} (n = "
                    "{rating_n}).",
                    rating_mean=percent(last["rating_mean"]),
                    interval=interval(last["rating_low"], last["rating_high"], ".0%"),
                    rating_n=number(int(last["rating_n"])),
                )
            )
        return [*parts, caveat(self.trusted, self.unlike)]

    def _named(self, row: pd.Series) -> str:
        return period_name(row["period"], self.period, row.get("first_record"))

    def _counted(self, every: pd.DataFrame, whole: int) -> str:
        """How many periods are counted; which between the first and the last are not, and why."""
        starts = every["period"]
        span = int(np.ptp(ordinals(starts.to_numpy(), self.period))) + 1
        cut = int(starts.isin(self.partial).sum())
        thin = int((every["mean"].isna() & ~starts.isin(self.partial)).sum())
        parts = []
        if cut:
            parts.append(_("{cut} spanned in part", cut=cut))
        if thin:
            parts.append(
                _("{thin} with fewer than {min_cell} records", thin=thin, min_cell=self.min_cell)
            )
        if span > len(starts):
            parts.append(_("{span} without any", span=span - len(starts)))
        periods = period_count(whole, self.period)
        if not parts:
            return periods
        return _("{periods} (left out: {parts})", periods=periods, parts=and_listed(parts))


@dataclass(frozen=True, kw_only=True, eq=False)
class Changes(Result, table="comparisons", figure="changes"):
    """Changes between windows, split into true change and mix. `n`: records with a score."""

    comparisons: pd.DataFrame
    alerted: pd.DataFrame
    history: pd.DataFrame
    fdr: float
    period: str
    dimensions: tuple[str, ...]
    trusted: bool | None
    engine: str
    unlike: bool = False  # the texts lie beyond what the prior was tried on

    def claims(self) -> list[Claim]:
        """Say whether sentiment changed, over all records and in each group."""
        return change_claims(self, mix_of)

    def alerts(self) -> pd.DataFrame:
        """Return the groups whose last period fell at a fixed mix; often none."""
        return self.alerted

    def digest(self) -> pd.DataFrame:
        """Return every detectable fall of the whole time, with what became of it."""
        return self.history.drop(columns="records")

    def evidence(self, feedback: pd.DataFrame, *, seed: int) -> pd.DataFrame:
        """Return records behind each fall of the digest, five drawn at random with a seed."""
        rng = np.random.default_rng(seed)
        columns = [name for name in ("feedback_id", "rating", "text") if name in feedback]
        known = feedback[columns].assign(feedback_id=feedback["feedback_id"].astype(str))
        drawn = [
            known[known["feedback_id"].isin(rng.permutation(fall["records"])[:5])].assign(
                period=fall["period"], group=fall["group"], measure=fall["measure"]
            )
            for fall in self.history.to_dict(orient="records")
        ]
        order = ["period", "group", "measure", *columns]
        return pd.concat(drawn)[order] if drawn else pd.DataFrame(columns=order)

    def sentences(self) -> list[str]:
        """Say whether sentiment changed, at a fixed mix; 'no detectable change' by default."""
        if self.trusted is False:
            rating = self._halves("rating")
            return [
                _(
                    "Sentiment is not reported: on this study's own ratings, text does not "
                    "tell negative records from others (n = {n}).",
                    n=number(self.n),
                ),
                *(_compared(rating) if rating is not None else ()),
            ]
        if self.unlike:
            rating = self._halves("rating")
            return [
                _(
                    "Cannot tell whether sentiment changed (n = {n}): the texts are not "
                    "like those that the model which scores them was tried on.",
                    n=number(self.n),
                ),
                *(_compared(rating) if rating is not None else ()),
            ]
        row = self._halves("sentiment")
        if row is None:
            return [
                _(
                    "Cannot tell whether sentiment changed: too few records (n = {n}).",
                    n=number(self.n),
                ),
                _("Two periods with records enough are needed."),
            ]
        parts = _compared(row)
        rating = self._halves("rating")
        if rating is not None:
            parts += _compared(rating)
            if _way(row) * _way(rating) < 0:
                parts.append(
                    _(
                        "Texts and ratings moved in opposite directions: the ratings stand, as "
                        "people gave them, and the change read from texts is not to be acted on."
                    )
                )
        groups = self._found()
        tested = self.comparisons[self.comparisons["comparison"] == "halves"]["group"].nunique() - 1
        if tested > 0:
            parts.append(self._groups(groups, tested))
        return [*parts, caveat(self.trusted, unlike=False)]

    def _groups(self, groups: list[str], tested: int) -> str:
        """How many groups changed, and which."""
        fdr = percent(self.fdr)
        if not groups:
            return plural(
                "Of {n} group none changed detectably in sentiment (false discovery rate {fdr}).",
                "Of {n} groups none changed detectably in sentiment (false discovery rate {fdr}).",
                tested,
                fdr=fdr,
            )
        return plural(
            "Of {n} group {changed} changed detectably in sentiment (false discovery rate {fdr}): "
            "{names}.",
            "Of {n} groups {changed} changed detectably in sentiment (false discovery rate {fdr}): "
            "{names}.",
            tested,
            changed=len(groups),
            fdr=fdr,
            names=items(groups[:4], 4),
        )

    def _halves(self, measure: str) -> pd.Series | None:
        table = self.comparisons
        found = table[
            (table["comparison"] == "halves")
            & (table["group"] == "all")
            & (table["measure"] == measure)
        ]
        return None if found.empty else found.iloc[0]

    def _found(self) -> list[str]:
        table = self.comparisons
        at = (
            (table["comparison"] == "halves")
            & (table["measure"] == "sentiment")
            & (table["group"] != "all")
            & (table["q"] < self.fdr)
        )
        found = table[at].sort_values("q", kind="stable")
        return [
            _("{name} ({detail})", name=shown(row.group), detail=signed(row.true_change))
            for row in found.itertuples()
        ]


def _way(row: pd.Series) -> int:
    """Direction of a true change whose interval leaves 0 out; 0 where none is shown."""
    return int(row["true_low"] > 0) - int(row["true_high"] < 0)


def _compared(row: pd.Series) -> list[str]:
    """One comparison in words, what matters most first."""
    what = mean_of(row["measure"])
    n = _("n = {first} and {second}", first=number(int(row["n_first"])),
          second=number(int(row["n_second"])))  # fmt: skip
    keys = ("first_from", "first_to", "second_from", "second_to")
    since = _(
        "between {first_from} to {first_to} and {second_from} to {second_to}",
        **{key: f"{row[key]:%Y-%m-%d}" for key in keys},
    )
    raw = f"{signed(row['change'], 3)} {interval(row['low'], row['high'], '+.3f')}"
    if np.isnan(row["low"]):
        return [
            _(
                "Cannot tell whether {what} changed {since}: all that is known comes from one "
                "customer; as it stands it moved by {change} ({n}).",
                what=what,
                since=since,
                change=signed(row["change"], 3),
                n=n,
            )
        ]
    if np.isnan(row["true_low"]):
        return [
            _(
                "Cannot tell whether {what} changed {since}: no channel is there in both times, "
                "or too few records are.",
                what=what,
                since=since,
            ),
            _("As it stands it moved by {raw} ({n}).", raw=raw, n=n),
        ]
    span = interval(row["true_low"], row["true_high"], "+.3f")
    change = f"{signed(row['true_change'], 3)} {span}"
    if row["measure"] == "rating":
        change = _("{change} of its scale", change=change)
    names = [name for name in row["fixed"].split(", ") if name]
    if names:
        what = _("{what} at a fixed {mix}", what=what, mix=mix_of(names))
    fields = {"what": what, "since": since, "change": change, "n": n}
    if not (row["true_low"] > 0 or row["true_high"] < 0):
        parts = [_("No detectable change of {what} {since}: {change} ({n}).", **fields)]
    else:
        fields["what"] = upper(what)
        parts = [
            _("{what} rose {since}: {change} ({n}).", **fields)
            if row["true_change"] > 0
            else _("{what} fell {since}: {change} ({n}).", **fields)
        ]
    moved = row["low"] > 0 or row["high"] < 0
    mixed = row["mix_low"] > 0 or row["mix_high"] < 0
    changed = row["true_low"] > 0 or row["true_high"] < 0
    if names and (mixed or moved != changed):
        parts.append(
            _(
                "As it stands it moved by {raw}, of which {mix_change} {interval} is a "
                "change in who writes and where.",
                raw=raw,
                mix_change=signed(row["mix_change"], 3),
                interval=interval(row["mix_low"], row["mix_high"], "+.3f"),
            )
        )
    if mixed and len(names) > 1 and row["mix_dimension"]:
        parts.append(
            _(
                "Of these dimensions {mix_dimension} explains the most of it ({mix_of_it}).",
                mix_dimension=translated(row["mix_dimension"]),
                mix_of_it=signed(row["mix_of_it"], 3),
            )
        )
    return parts


def mix_of(names: list[str]) -> str:
    """Write 'channel mix', or 'mix of channel and language'."""
    if len(names) == 1:
        return _("{name} mix", name=translated(names[0]))
    return _("mix of {names}", names=and_listed([translated(name) for name in names]))


def and_listed(names: list[str]) -> str:
    """Write 'a', 'a and b', 'a, b and c'."""
    return _(" and ").join(filter(None, [items(names[:-1], len(names)), *names[-1:]]))
