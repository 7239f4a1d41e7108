"""How much oftener customers who raised a topic leave, at equal everything else measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from insights.analyses.churn.attribution import Odds, attributable, chances, shapley
from insights.analyses.churn.design import adjustment
from insights.analyses.churn.gap import GapCurve
from insights.analyses.churn.misclassification import (
    WORST,
    CorrectedOdds,
    misclassification_corrected,
    redrawn_label_covariance,
    widened,
)
from insights.analyses.churn.model import (
    MIN_EVENTS,
    Fitted,
    candidates,
    fit_topics,
    too_few,
)
from insights.analyses.churn.params import Params
from insights.analyses.churn.periods import PersonPeriods
from insights.analyses.churn.result import ChurnRisk
from insights.analyses.churn.tables import OUTPUTS
from insights.messages import _, fixed, items, percent
from insights.result import Check, Estimate
from insights.settings import DEFAULT_LEVEL
from insights.stats.confounding import e_value
from insights.stats.logit import LogitFit, without_bias
from insights.stats.multiplicity import q_values

__all__ = ["hazard_ratios"]

_FAR = 5.0  # a log odds ratio beyond this, where the model did not settle, ran away
_EVERY = 0.95  # and so did one where more than this share of its customer-months end in leaving


def hazard_ratios(periods: PersonPeriods, gaps: GapCurve | None = None) -> ChurnRisk:
    """Return the odds ratio of leaving in a month for each topic raised before it.

    Pooled logit over customer-months (a discrete-time hazard), all topics together, covariance
    clustered by customer, first-order bias taken off, Benjamini-Hochberg over the topics tested.
    The estimand is an adjusted association.

    Parameters
    ----------
    periods
        Customers x months at risk.
    gaps
        The gap curve; topics that it flags are 'leak'. The others are estimated without their
        mentions; a leak's own ratio, with all topics in one model, is shown and not tested.
    """
    found = candidates(periods)
    leaks = set(gaps.leaks) if gaps is not None else set()
    if periods.events < MIN_EVENTS:
        return _nothing(periods, found, too_few(periods.events))
    if found.empty:
        return _nothing(periods, found, _("no topic was raised by enough customers"))
    exposed = periods.exposed(found["topic_id"])
    found["exposed_customers"] = periods.customers(exposed)
    found["exposed_churners"] = periods.churners(exposed)
    found["exposed_rows"] = exposed.sum(axis=0)
    enough = (found["exposed_churners"] >= periods.params.min_cell).to_numpy()
    topics = found["topic_id"][enough].tolist()
    base = adjustment(periods)
    everything, whole = periods, fit_topics(periods, topics, exposed[:, enough], base)
    model = whole
    if leaks:
        topics = [topic for topic in topics if topic not in leaks]
        periods = everything.without(leaks)
        base = adjustment(periods)
        model = fit_topics(periods, topics, periods.exposed(topics), base, near=whole)
    between = redrawn_label_covariance(periods, model, base)
    if model.fit.converged and not model.fit.separated:
        model = replace(model, fit=without_bias(model.design.x, model.fit, model.design.offset))
    model = model if between is None else widened(model, between)
    right = _corrected(periods, model)
    rows = [
        _row(everything, whole, row, leaks, None)
        if row.topic_id in leaks
        else _row(periods, model, row, leaks, right)
        for row in found.itertuples(index=False)
    ]
    frame = pd.DataFrame(rows)
    if between is not None:
        spread = dict(zip(model.columns, np.sqrt(np.diag(between)), strict=True))
        frame["label_spread"] = frame["topic_id"].map(spread)
    tested = frame["p"].notna() & (frame["status"] != "leak")
    frame["q"] = q_values(frame["p"].where(tested))
    frame["observed_months"] = periods.months
    frame["status"] = [_status(row, periods.params) for row in frame.itertuples(index=False)]
    frame = frame.sort_values(
        ["status", "q", "topic_id"], key=_order, ignore_index=True, kind="stable"
    )
    odds = _odds(model) if right is None else right.odds
    joint = _all_off(periods, model, odds)
    frame = frame.merge(_parts(periods, model, odds), on="topic_id", how="left")
    return ChurnRisk(
        n=periods.n,
        checks=(
            *_checks(periods, model, frame),
            *_label_check(periods, right),
            *_unstable_check(periods, frame),
        ),
        topics=frame[OUTPUTS["churn_topics"].names],
        events=periods.events,
        rows=periods.rows,
        tests=int(tested.sum()),
        fdr=periods.params.fdr,
        level=DEFAULT_LEVEL,
        params=periods.params,
        kind=periods.kind,
        excess=joint[0],
        money=joint[1],
        months=periods.months,
        reason="",
        righted=0.0 if right is None else periods.params.label_precision,
    )


_PARTS = [name for name in OUTPUTS["churn_topics"].names if "_part" in name]
_OWN = [name for name in OUTPUTS["churn_topics"].names if name not in _PARTS]


def _row(
    periods: PersonPeriods,
    model: Fitted,
    topic: object,
    leaks: set[str],
    right: CorrectedOdds | None,
) -> dict:
    name, churners = str(topic.topic_id), int(topic.exposed_churners)  # type: ignore[attr-defined]
    row: dict[str, object] = dict.fromkeys(_OWN, np.nan)
    row |= {
        "topic_id": name,
        "label": topic.label,  # type: ignore[attr-defined]
        "exposed_customers": int(topic.exposed_customers),  # type: ignore[attr-defined]
        "exposed_churners": churners,
        "status": "leak" if name in leaks else "suppressed",
        "why": _("talk of customers already leaving") if name in leaks else "",
        "method": "",
        "estimand": "adjusted association",
    }
    if name not in model.columns:
        if name not in leaks:
            least = periods.params.min_cell
            few = _("fewer than {least} exposed leavers", least=least)
            row["why"] = few if churners < least else _("cannot be told apart from other columns")
        return row
    place = model.columns[name]
    fit, cov = model.of(name, churners < periods.params.few)
    log, se = fit.coef[place], float(np.sqrt(cov[place, place]))
    z = stats.norm.ppf(0.5 + DEFAULT_LEVEL / 2)
    share = periods.event.mean()
    ratio, low, high = (_risk_ratio(np.exp(log + k * se), share) for k in (0, -z, z))
    limit = 1.0 if low <= 1 <= high else float(e_value(low if log > 0 else high))
    row |= {
        "odds_ratio": float(np.exp(log)),
        "low": float(np.exp(log - z * se)),
        "high": float(np.exp(log + z * se)),
        "p": float(2 * stats.norm.sf(abs(log) / se)),
        "method": "Firth" if fit is model.firth else "logit",
        "e_value": float(e_value(ratio)),
        "e_value_limit": limit,
    }
    row["status"] = "leak" if name in leaks else "tested"
    share = churners / max(int(topic.exposed_rows), 1)  # type: ignore[attr-defined]
    if _runs_away(model, place, share) and not row["why"]:
        row["why"] = _("it separates leavers from stayers, so that no size can be told")
    odds, own = _odds(model, fit, cov), list(model.columns).index(name)
    row["chance"], row["chance_off"] = chances(
        odds, own, months=periods.params.horizon_days / 30.4375
    )
    if right is not None:
        # a wrong label lends a null the odds of the topic it truly is: test the true topic
        odds = right.odds
        row["p"] = float(2 * stats.norm.sf(abs(right.log[name]) / right.se[name]))
    excess, money = _attributable(periods, odds, [own])
    row |= {
        "log_odds": log if right is None else right.log[name],
        "log_odds_se": se if right is None else right.se[name],
    }
    row |= {
        "excess_churners": excess.estimate, "excess_low": excess.low, "excess_high": excess.high,
        "mrr_at_risk": money.estimate, "mrr_low": money.low, "mrr_high": money.high,
    }  # fmt: skip
    return row


def _runs_away(model: Fitted, place: int, share: float) -> bool:
    """Whether a coefficient has no finite maximum: its bias-reduced interval is no finding.

    `share` of the topic's customer-months end in leaving.
    """
    sound = model.fit.converged and not model.fit.separated
    return not sound and bool(abs(model.fit.coef[place]) > _FAR or share > _EVERY)


def _corrected(periods: PersonPeriods, model: Fitted) -> CorrectedOdds | None:
    """What the labels would show without errors, where their precision is stated."""
    stated = periods.params.label_precision
    if not WORST <= stated < 1:
        return None
    return misclassification_corrected(periods, model, dict.fromkeys(model.columns, stated))


def _odds(model: Fitted, fit: LogitFit | None = None, cov: np.ndarray | None = None) -> Odds:
    """The labels' own odds: of one fit, or of the one that all topics together are read from."""
    fit = _sound(model) if fit is None else fit
    cov = fit.cov if cov is None else cov
    return Odds(model.design.x, fit.coef, cov, list(model.columns.values()),
                offset=model.design.offset)  # fmt: skip


def _attributable(
    periods: PersonPeriods, odds: Odds, topics: list[int]
) -> tuple[Estimate, Estimate]:
    people = attributable(odds, topics, np.ones(periods.rows), DEFAULT_LEVEL)
    revenue = periods.people["revenue"].to_numpy(float)
    if not np.isfinite(revenue).any():
        return people, Estimate(np.nan, np.nan, np.nan, DEFAULT_LEVEL, 0)
    return people, attributable(odds, topics, revenue[periods.customer], DEFAULT_LEVEL)


def _all_off(periods: PersonPeriods, model: Fitted, odds: Odds) -> tuple[Estimate, Estimate]:
    if not model.columns:
        empty = Estimate(np.nan, np.nan, np.nan, DEFAULT_LEVEL, 0)
        return empty, empty
    return _attributable(periods, odds, list(range(len(model.columns))))


def _parts(periods: PersonPeriods, model: Fitted, odds: Odds) -> pd.DataFrame:
    """Each topic's part of the total, so that the parts sum: leavers, and revenue."""
    frame = pd.DataFrame({"topic_id": list(model.columns)})
    frame[_PARTS] = np.nan
    if frame.empty:
        return frame
    revenue = periods.people["revenue"].to_numpy(float)[periods.customer]
    for name, weight in (("excess", np.ones(periods.rows)), ("mrr", revenue)):
        if np.isfinite(weight).any():
            parts = shapley(odds, list(range(len(frame))), weight, DEFAULT_LEVEL)
            frame[f"{name}_part"] = [part.estimate for part in parts]
            frame[f"{name}_part_low"] = [part.low for part in parts]
            frame[f"{name}_part_high"] = [part.high for part in parts]
    return frame


def _sound(model: Fitted) -> LogitFit:
    """The plain fit, or the bias-reduced one where the plain one ran away."""
    fine = model.fit.converged and not model.fit.separated
    return model.fit if fine or model.firth is None else model.firth


def _status(row: object, params: Params) -> str:
    status = str(row.status)  # type: ignore[attr-defined]
    if status != "tested":
        return status
    if row.why:  # type: ignore[attr-defined]
        return "exploratory"
    apart = row.low > 1 or row.high < 1  # type: ignore[attr-defined]
    apart = apart and row.p <= 1 - DEFAULT_LEVEL  # type: ignore[attr-defined]
    enough = row.exposed_churners >= params.few  # type: ignore[attr-defined]
    found = apart and enough and row.q <= params.fdr  # type: ignore[attr-defined]
    return "reported" if found else "exploratory"


def _order(column: pd.Series) -> pd.Series:
    if column.name != "status":
        return column
    return column.map({"reported": 0, "exploratory": 1, "leak": 2, "suppressed": 3})


def _risk_ratio(odds_ratio: float, share: float) -> float:
    """Odds ratio as a risk ratio: itself when leaving is rare, else its square root.

    VanderWeele (2017), doi 10.1111/biom.12197.
    """
    return float(odds_ratio if share < 0.15 else np.sqrt(odds_ratio))


def _nothing(periods: PersonPeriods, found: pd.DataFrame, reason: str) -> ChurnRisk:
    frame = pd.DataFrame({name: pd.Series(dtype=float) for name in OUTPUTS["churn_topics"].names})
    if not found.empty:
        exposed = periods.exposed(found["topic_id"])
        frame["topic_id"], frame["label"] = found["topic_id"], found["label"]
        frame["exposed_customers"] = periods.customers(exposed)
        frame["exposed_churners"] = periods.churners(exposed)
        frame["status"], frame["why"] = "suppressed", reason
        frame["method"], frame["estimand"] = "", "adjusted association"
    texts = ["topic_id", "label", "status", "why", "method", "estimand"]
    frame[texts] = frame[texts].astype("string")
    counts = ["exposed_customers", "exposed_churners"]
    frame[counts] = frame[counts].astype("int64")
    empty = Estimate(np.nan, np.nan, np.nan, DEFAULT_LEVEL, 0)
    return ChurnRisk(
        n=periods.n, topics=frame, events=periods.events, rows=periods.rows, tests=0,
        fdr=periods.params.fdr, level=DEFAULT_LEVEL, params=periods.params, kind=periods.kind,
        excess=empty, money=empty, months=periods.months, reason=reason,
        checks=(Check(_("enough leavers to estimate"), None, reason),),
    )  # fmt: skip


def _checks(periods: PersonPeriods, model: Fitted, frame: pd.DataFrame) -> tuple[Check, ...]:
    columns = len(model.design.names)
    ratio = periods.events / columns
    giveaways = model.design.giveaways
    sound = model.fit.converged and not model.fit.separated
    start = periods.begin
    back = pd.Timedelta(days=periods.params.window_days + periods.params.gap_days)
    early = (pd.DatetimeIndex(periods.starts) - back < start)[periods.month].mean()
    share = _influence(model, frame)
    apart = _apart(model)
    return (
        Check(
            _("leavers per coefficient"),
            ratio >= 10,
            _(
                "{events} leavers for {columns} coefficients: {ratio} each, 10 wanted",
                events=periods.events,
                columns=columns,
                ratio=fixed(ratio, 1),
            ),
        ),
        Check(
            _("topics can be told apart"),
            apart < 10,
            _(
                "condition number {apart} of the topics' estimates, below 10 wanted; "
                "{condition} of the whole model",
                apart=fixed(apart, 1),
                condition=fixed(model.fit.condition, 0),
            ),
        ),
        Check(
            _("model settled"),
            sound,
            _("Newton's method took {iterations} steps", iterations=model.fit.iterations)
            if sound
            else _(
                "a column separates leavers from stayers, or two say almost the same; "
                "bias-reduced (Firth) estimates are used"
            ),
        ),
        Check(
            _("no column gives the outcome away"),
            not giveaways,
            _(
                "left out, since they all but tell who left: {giveaways}",
                giveaways=items(giveaways, len(giveaways)),
            )
            if giveaways
            else _("no dimension of the customers tells who left"),
        ),
        Check(
            _("no small group carries a finding"),
            share < 0.5,
            _(
                "taking out the 1% of those who raised a topic with most weight lowers "
                "a reported log odds ratio by at most {share}",
                share=percent(share),
            ),
        ),
        Check(
            _("window fully observed"),
            None,
            _(
                "{early} of customer-months look back to before observation began, "
                "where mentions are not seen; that shades odds ratios towards 1",
                early=percent(early),
            ),
        ),
    )


def _unstable_check(periods: PersonPeriods, frame: pd.DataFrame) -> tuple[Check, ...]:
    """Doubt reported topics whose records other draws of the texts give to another topic."""
    reported = frame.loc[frame["status"] == "reported", "label"]
    found = sorted(set(reported) & set(periods.doubtful))
    if not found:
        return ()
    named = "”, “".join(found)
    detail = _(
        "“{named}”: the topics notebook tells no finding of such a topic by "
        "itself, for it is unstable or cannot be told from its neighbour when "
        "texts are drawn anew",
        named=named,
    )
    return (Check(_("reported topics are stable"), False, detail),)


def _label_check(periods: PersonPeriods, right: CorrectedOdds | None) -> tuple[Check, ...]:
    """Say what was done about wrong labels, where their precision is stated."""
    stated, name = periods.params.label_precision, _("label errors carried")
    if stated == 0 or stated == 1:
        return ()
    if right is not None:
        detail = _(
            "at the stated precision of {stated}, p, q, status, leavers and revenue are of the "
            "true topics; odds ratios are the labels' own",
            stated=percent(stated),
        )
        return (Check(name, None, detail),)
    if stated < WORST:
        detail = _(
            "labels are right in {stated}, below {worst}: figures as labelled",
            stated=percent(stated),
            worst=percent(WORST),
        )
    else:
        detail = _(
            "labels are right in {stated}, but no estimate fits such labels: figures as labelled",
            stated=percent(stated),
        )
    return (Check(name, False, detail),)


def _influence(model: Fitted, frame: pd.DataFrame) -> float:
    """Largest relative change of a reported log odds ratio without the top 1% of the exposed."""
    moved = 0.0
    reported = frame[frame["status"] == "reported"]
    for topic, exposed in zip(reported["topic_id"], reported["exposed_customers"], strict=True):
        place = model.columns[topic]
        weight = model.fit.influence[:, place] * np.sign(model.fit.coef[place])
        top = np.sort(weight)[::-1][: max(1, int(exposed) // 100)]
        moved = max(moved, float(top.sum() / abs(model.fit.coef[place])))
    return moved


def _apart(model: Fitted) -> float:
    """Condition number of the correlations between the topics' estimates."""
    places = list(model.columns.values())
    if len(places) < 2:
        return 1.0
    cov = model.fit.model_cov[np.ix_(places, places)]
    spread = np.sqrt(np.diag(cov))
    return float(np.sqrt(np.linalg.cond(cov / spread[:, None] / spread)))
