"""Engines side by side on the study's own rated records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from insights.enrich.polarity import CLASSES, rating_class, score_polarity
from insights.enrich.questions import read_as_answers
from insights.messages import _, interval, number, percent
from insights.result import Check, Result
from insights.stats.discrimination import area_under_curve
from insights.stats.intervals import wilson
from insights.stats.multiplicity import q_values
from insights.stats.sampling import stable_sample

from .accuracy import questions_of
from .params import Params
from .result import Classified

__all__ = ["EngineComparison", "engine_comparison"]

_MOST = 2_000  # rated records that are compared
_FEWEST = 30


@dataclass(frozen=True, kw_only=True, eq=False)
class EngineComparison(Result, kind="bake_off", table="engines", figure="engine_comparison"):
    """Engines on the same rated records, McNemar's test against the one in use. `n`: records."""

    engines: pd.DataFrame
    used: str
    fdr: float

    def sentences(self) -> list[str]:
        """Say which engines label more or fewer records as their ratings do."""
        if self.engines.empty:
            return [
                _(
                    "Engines cannot be compared: {detail} (n = {n}).",
                    detail=self.checks[0].detail,
                    n=number(self.n),
                )
            ]
        rows = list(self.engines.itertuples())
        first = rows[0]
        parts = [
            _(
                "Of {n} rated records {right} {interval} get the label of their rating "
                "from '{engine}', the engine in use.",
                n=number(self.n),
                right=percent(first.right, 1),
                interval=interval(first.low, first.high, ".1%"),
                engine=first.engine,
            )
        ]
        for row in rows[1:]:
            sure = np.isfinite(row.q) and row.q < self.fdr
            fewer = _("fewer than that")
            beside = fewer if row.only_used_right > row.only_other_right else _("more than that")
            beside = beside if sure else _("no detectable difference")
            parts.append(
                _(
                    "'{engine}': {right} {interval}, {beside} ({only_used_right} records only "
                    "the engine in use labels right, {only_other_right} only this one).",
                    engine=row.engine,
                    right=percent(row.right, 1),
                    interval=interval(row.low, row.high, ".1%"),
                    beside=beside,
                    only_used_right=row.only_used_right,
                    only_other_right=row.only_other_right,
                )
            )
        return parts


def engine_comparison(
    feedback: pd.DataFrame, classified: Classified, *, params: Params
) -> EngineComparison:
    """Compare the engine in use with the others on the same rated records, out of fold.

    The right labels of two engines on the same records are compared by McNemar's exact test
    (1947, doi 10.1007/BF02295996) on the records where only one is right, and the p-values are
    adjusted over the engines (Benjamini and Hochberg). At most 2,000 rated records, drawn by
    content.
    """
    table = classified.records.set_index("feedback_id")
    ordered = feedback.assign(feedback_id=feedback["feedback_id"].astype(str))
    ordered = ordered.sort_values("feedback_id", kind="stable").reset_index(drop=True)
    usable = table["rated"].reindex(ordered["feedback_id"]).fillna("").ne("").to_numpy()
    at = np.flatnonzero(usable)
    if len(at) < _FEWEST or not classified.rating_varies:
        detail = _(
            "{n} rated records with text, {fewest} that vary are needed",
            n=len(at),
            fewest=_FEWEST,
        )
        return EngineComparison(
            n=0,
            checks=(Check(_("rated records to compare on"), None, detail),),
            engines=pd.DataFrame(columns=["engine", "n", "right", "low", "high", "auc", "q"]),
            used=classified.engine,
            fdr=params.fdr,
        )
    texts = [text if isinstance(text, str) else "" for text in ordered["text"].iloc[at]]
    read = read_as_answers(texts, questions_of(ordered.iloc[at]))
    drawn = stable_sample(read, _MOST, seed=params.seed)
    part, read = ordered.iloc[at[drawn]], [read[k] for k in drawn]
    rating = pd.to_numeric(part["rating"], errors="coerce").to_numpy(float)
    truth = np.array(CLASSES)[rating_class(rating)]
    bad = truth == CLASSES[0]
    in_use = table.loc[part["feedback_id"]]
    right: dict[str, np.ndarray] = {classified.engine: (in_use["label"].to_numpy() == truth)}
    area: dict[str, float] = {
        classified.engine: area_under_curve(in_use["p_negative"].to_numpy(float), bad)
    }
    customers = None
    if "customer_id" in part:
        customers = [who if isinstance(who, str) else None for who in part["customer_id"]]
    for engine in ("auto", "prior", "lexicon"):
        if engine == classified.engine or (engine == "auto" and classified.engine == "calibrated"):
            continue
        found = score_polarity(read, rating, customers=customers, engine=engine, seed=params.seed)
        if engine != "auto" or found.engine == "calibrated":
            right[found.engine] = found.label == truth
            area[found.engine] = area_under_curve(found.probability[:, 0], bad)
    detail = _("each engine scored each record without its rating; ties in label are not compared")
    return EngineComparison(
        n=len(part),
        checks=(Check(_("the same records for all engines"), None, detail),),
        engines=_compared(right, area, classified.engine),
        used=classified.engine,
        fdr=params.fdr,
    )


def _compared(right: dict[str, np.ndarray], area: dict[str, float], used: str) -> pd.DataFrame:
    rows = []
    for engine, hits in right.items():
        share = wilson(int(hits.sum()), len(hits))
        only_used = int(np.sum(right[used] & ~hits))
        only_other = int(np.sum(hits & ~right[used]))
        apart = only_used + only_other
        p = float(stats.binomtest(only_used, apart).pvalue) if apart else np.nan
        rows.append(
            {
                "engine": engine,
                "n": share.n,
                "right": share.estimate,
                "low": share.low,
                "high": share.high,
                "auc": area[engine],
                "only_used_right": only_used,
                "only_other_right": only_other,
                "p": p,
            }
        )
    table = pd.DataFrame(rows)
    table["q"] = q_values(table["p"].to_numpy(float))
    return table
