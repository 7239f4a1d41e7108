"""Terms that are used more lately than before, by many people in words of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse, stats

from insights.analyses.topics.changes import TopicTrend, periods_text, usable_records
from insights.analyses.topics.keywords import topic_terms
from insights.analyses.topics.result import TopicModel
from insights.analyses.topics.tables import OUTPUTS
from insights.enrich.words import normalise
from insights.messages import _, interval, number, percent, plural
from insights.result import Check, Result
from insights.settings import DEFAULT_LEVEL
from insights.stats.calendar import Calendar
from insights.stats.keyness import log_odds, period_dispersion
from insights.stats.multiplicity import q_values

__all__ = ["EmergingTerms", "emerging_terms", "term_scores"]

_TESTED = 10  # uses below which a term could hardly be named, and only costs the others power
_SHARED = 0.5  # of the records: two terms that say the same
_EXAMPLES = 5
_MOVED = 0.1  # share of the records that changed channels above which the mix is doubted


@dataclass(frozen=True, kw_only=True, eq=False)
class EmergingTerms(Result, figure="term_odds", needs_rows=True):
    """Terms of the recent periods of `trend` against the earlier ones; n counts records.

    Attributes
    ----------
    terms, records
        Tables `topic_terms` and `term_records`.
    moved
        Total variation between the channel mixes before and lately, 0 to 1.
    """

    terms: pd.DataFrame
    records: pd.DataFrame
    trend: TopicTrend
    moved: float = 0.0

    def own_checks(self) -> tuple[Check, ...]:
        """Say what makes a term emerge without being news."""
        detail = _(
            "a term's use in a period is the smaller of its writers and of its different texts, "
            "and {least} of both are needed: neither one author nor a text sent many times makes "
            "a term emerge",
            least=self.trend.min_cell,
        )
        # without a term nothing was compared
        recent = int(self.trend.after.sum()) if len(self.terms) else 0
        season = _(
            "the last {count} {periods} are compared with all before: what returns every year at "
            "this time emerges too",
            count=recent,
            periods=periods_text(self.trend.period, recent),
        )
        same = _(
            "{moved} of the records would have to change channels to give the earlier mix, at most "
            "{most} wanted; words of a growing channel emerge with it",
            moved=percent(self.moved),
            most=percent(_MOVED),
        )
        return (
            Check(_("same channels before and lately"), self.moved <= _MOVED, same),
            Check(_("whose words count"), None, detail),
            Check(_("season"), None, season),
        )

    @property
    def found(self) -> pd.DataFrame:
        """Named terms that stand for themselves, surest first."""
        named = self.terms["leads"].notna() & (self.terms["leads"] == self.terms["term"])
        return self.terms[named]

    def table(self) -> pd.DataFrame:
        """Return the named terms; when there is none, the twenty nearest to being named."""
        named = self.terms[self.terms["leads"].notna()]
        return named if len(named) else self.terms.head(20)

    def sentences(self) -> list[str]:
        """Name the surest emerging terms, or say that there is none to be seen."""
        trend, n = self.trend, number(self.n)
        if self.terms.empty:
            return [
                _(
                    "Cannot tell whether terms emerge: {count} complete {periods} with at least "
                    "30 records each, of which 4 are needed, or no term with {uses} uses in them "
                    "(n = {n}).",
                    count=len(trend.total),
                    periods=periods_text(trend.period),
                    uses=_TESTED,
                    n=n,
                )
            ]
        fields = {
            "recent": trend.recent_text(thin=False),
            "earlier": int((~trend.after).sum()),
            "tested": _("{terms} terms tested, n = {n}", terms=number(len(self.terms)), n=n),
        }
        if self.found.empty:
            return [
                _("No term emerges in {recent} against the {earlier} before ({tested}).", **fields)
            ]
        top = self.found.iloc[0]
        others = self.found["term"].iloc[1:4].tolist()
        return [
            plural(
                "{n} term emerges in {recent} against the {earlier} before; the surest is “{term}”,"
                " whose odds are {ratio} times as high {interval}, {uses} uses ({tested}, false "
                "discovery rate {fdr}).",
                "{n} terms emerge in {recent} against the {earlier} before; the surest is “{term}”,"
                " whose odds are {ratio} times as high {interval}, {uses} uses ({tested}, false "
                "discovery rate {fdr}).",
                len(self.found),
                term=top["term"],
                ratio=f"{top['odds_ratio']:.1f}",
                interval=interval(top["low"], top["high"], ".1f"),
                uses=top["recent"],
                fdr=percent(trend.fdr),
                **fields,
            ),
            _("Next: “{terms}”.", terms=_("”, “").join(others)) if others else "",
        ]


def emerging_terms(
    model: TopicModel, feedback: pd.DataFrame, trend: TopicTrend, *, calendar: Calendar
) -> EmergingTerms:
    """Find words and pairs of words whose share among all words rose in the recent periods.

    Recent is what `topic_changes` calls recent. Weighted log-odds with an informative Dirichlet
    prior (Monroe, Colaresi and Quinn 2008, doi 10.1093/pan/mpn018; see `term_scores`), the
    variance widened by the wandering between periods and by how often the same writers and
    texts return; one-sided, Student's t, Benjamini and Hochberg over all terms with
    ten uses. The topic of a term is one that can be told apart (`TopicModel.units`).
    """
    model, total, after = model.units, trend.total, trend.after
    empty = EmergingTerms(
        n=int(total.sum()),
        terms=OUTPUTS["topic_terms"].empty(),
        records=OUTPUTS["term_records"].empty(),
        trend=trend,
    )
    if not trend.since:
        return empty
    records = _coded(usable_records(model, feedback, trend, calendar))
    uses, terms, of_text = _uses(records)
    scores = term_scores(uses, periods=len(total), after=after)
    tested = scores["recent"] + scores["earlier"] >= _TESTED
    if not tested.any():
        return empty
    scores = scores[tested].assign(term=np.array(terms, dtype=object)[tested.to_numpy()])
    scores["q"] = q_values(scores["p"])
    scores = scores.sort_values(["z", "term"], ascending=[False, True], kind="stable")
    lately = records[after[records["at"].to_numpy()]]
    enough = scores[["writers", "texts"]].min(axis=1) >= trend.min_cell
    named = scores[(scores["q"] <= trend.fdr) & enough]
    behind = {term: _behind(lately, of_text[:, code]) for code, term in named["term"].items()}
    scores = scores.join(_described(behind, model), on="term")[OUTPUTS["topic_terms"].names]
    pairs = [(term, name) for term, part in behind.items() for name in part["feedback_id"]]
    return replace(
        empty,
        terms=scores.reset_index(drop=True),
        records=OUTPUTS["term_records"].frame(pairs),
        moved=_moved(records, after),
        checks=(),
    )


def term_scores(uses: pd.DataFrame, *, periods: int, after: np.ndarray) -> pd.DataFrame:
    """Score of each term for being used more on the second side; one row a term code.

    The log-odds are drawn to 0 by a prior worth as much as the second side. The interval has the
    published variance. The test has the variance that the estimate has when nothing changed:
    by the delta method, m / (m + a)² for a count of mean m and prior count a, so the prior makes
    rare terms fair without making the test timid. Both are multiplied by the larger of Pearson's
    dispersion between periods and the design effect of writers and texts that return.

    Parameters
    ----------
    uses
        One row a use: term (code 0 …), at (period 0 …), writer and text (codes).
    after
        Shape (periods,): whether the period is on the second side.

    Returns
    -------
    pandas.DataFrame
        recent, earlier, writers and texts (different ones, second side), odds_ratio, low, high,
        dispersion, z, p.
    """
    size = int(uses["term"].max()) + 1
    once = [_once(uses, by) for by in ("writer", "text")]
    cell = [each["at"].to_numpy() * size + each["term"].to_numpy() for each in once]
    counts = np.minimum(*(np.bincount(at, minlength=periods * size) for at in cell))
    counts = counts.reshape(periods, size)
    late, early = counts[after].sum(axis=0), counts[~after].sum(axis=0)
    prior = max(float(late.sum()), 1.0)
    estimate, _ = log_odds(late, early, prior=prior)
    pooled = np.maximum(late + early, 0.5) / np.maximum(late + early, 0.5).sum()
    alpha = prior * pooled
    wander = period_dispersion(counts, counts.sum(axis=1), after)
    sides = [_each(part[after[part["at"].to_numpy()]]) for part in once]
    others = [_each(part[~after[part["at"].to_numpy()]]) for part in once]
    given, unchanged = np.zeros(size), np.zeros(size)
    widest = np.ones(size)
    for parts, used in ((sides, late), (others, early)):
        wide = np.maximum(wander, np.maximum(*(_returns(part, size) for part in parts)))
        widest = np.maximum(widest, wide)
        given += wide / (used + alpha)
        expected = used.sum() * pooled
        unchanged += wide * expected / (expected + alpha) ** 2
    freedom = max(periods - 2, 1)
    half = stats.t.ppf(0.5 + DEFAULT_LEVEL / 2, freedom) * np.sqrt(given)
    z = estimate / np.sqrt(unchanged)
    writers, texts = (
        np.bincount(part.index.get_level_values("term"), minlength=size) for part in sides
    )
    return pd.DataFrame(
        {
            "recent": late,
            "earlier": early,
            "writers": writers,
            "texts": texts,
            "odds_ratio": np.exp(estimate),
            "low": np.exp(estimate - half),
            "high": np.exp(estimate + half),
            "dispersion": widest,
            "z": z,
            "p": stats.t.sf(z, freedom),
        }
    )


def _moved(records: pd.DataFrame, after: np.ndarray) -> float:
    """Total variation between the channel mixes of the two sides."""
    late = after[records["at"].to_numpy()]
    mixes = [records.loc[m, "channel"].value_counts(normalize=True) for m in (late, ~late)]
    return float(mixes[0].sub(mixes[1], fill_value=0.0).abs().sum() / 2)


def _once(uses: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count each writer (or text) of a term once a period."""
    width, periods = int(uses[by].max()) + 1, int(uses["at"].max()) + 1
    code = (uses["term"].to_numpy(np.int64) * periods + uses["at"].to_numpy()) * width
    code, who = np.divmod(pd.unique(code + uses[by].to_numpy()), width)
    term, at = np.divmod(code, periods)
    return pd.DataFrame({"term": term, "at": at, "who": who})


def _each(once: pd.DataFrame) -> pd.Series:
    """Periods in which each writer (or text) has each term."""
    return once.groupby(["term", "who"]).size()


def _returns(each: pd.Series, size: int) -> np.ndarray:
    """Design effect of the same writer (or text) in several periods: sum c² / sum c; at least 1."""
    code, c = each.index.get_level_values("term").to_numpy(), each.to_numpy(float)
    total = np.bincount(code, c, minlength=size)
    square = np.bincount(code, c**2, minlength=size)
    return np.divide(square, total, out=np.ones(size), where=total > 0)


def _coded(records: pd.DataFrame) -> pd.DataFrame:
    """Add key (the text as it is compared), and writer and text as codes; by period."""
    frame = records[["feedback_id", "topic_id", "channel", "at"]].assign(
        key=[normalise(text) for text in records["text"].fillna("").astype(str)]
    )
    who = records.get("customer_id", pd.Series(pd.NA, index=records.index)).astype("string")
    writer = np.where(who.notna(), "c:" + who.fillna(""), "t:" + frame["key"].to_numpy(object))
    frame["writer"] = pd.factorize(writer)[0]
    frame["text"] = pd.factorize(frame["key"])[0]
    return frame.sort_values(["at", "feedback_id"], kind="stable", ignore_index=True)


def _uses(records: pd.DataFrame) -> tuple[pd.DataFrame, list[str], sparse.csc_matrix]:
    """Uses of terms, the terms in order, and which texts hold them, shape (texts, terms)."""
    texts = records.drop_duplicates("text")
    terms_of = [sorted(set(topic_terms(key))) for key in texts["key"]]
    terms = sorted(set().union(*terms_of))
    place = {term: code for code, term in enumerate(terms)}
    length = np.array([len(found) for found in terms_of])
    code = np.array([place[term] for found in terms_of for term in found], dtype=np.int64)
    text = np.repeat(texts["text"].to_numpy(), length)
    uses = pd.DataFrame({"text": text, "term": code}).merge(
        records[["text", "at", "writer"]], on="text"
    )
    shape = (int(records["text"].max()) + 1, len(terms))
    of_text = sparse.csc_matrix((np.ones(len(code), bool), (text, code)), shape=shape)
    return uses, terms, of_text


def _behind(lately: pd.DataFrame, holding: sparse.csc_matrix) -> pd.DataFrame:
    return lately[np.isin(lately["text"].to_numpy(), holding.indices)]


def _described(behind: dict[str, pd.DataFrame], model: TopicModel) -> pd.DataFrame:
    """Lead, topic and first records of each named term, in order of sureness."""
    names = dict(zip(model.topics["topic_id"], model.topics["label"], strict=True))
    leads: dict[str, set[str]] = {}
    rows = []
    for term, part in behind.items():
        own = set(part["feedback_id"])
        shared = (
            lead
            for lead, theirs in leads.items()
            if len(own & theirs) > _SHARED * min(len(own), len(theirs))
        )
        lead = next(shared, term)
        if lead == term:
            leads[term] = own
        topic = str(part["topic_id"].value_counts(sort=True).index[0])
        rows.append(
            (lead, topic, names.get(topic, model.rest), list(part["feedback_id"][:_EXAMPLES]))
        )
    columns = ["leads", "topic_id", "label", "examples"]
    return pd.DataFrame(rows, index=list(behind), columns=columns, dtype=object)
