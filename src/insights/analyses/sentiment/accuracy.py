"""How far the scores can be believed: measured on ratings the model had not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from insights.enrich.intent import intents
from insights.enrich.language import detect_language
from insights.enrich.lexicon import EXPECTED, script
from insights.enrich.polarity import CLASSES, Polarity, rating_class, score_polarity
from insights.enrich.prior import TRIED, prior_expected
from insights.enrich.questions import read_as_answers
from insights.errors import DataError
from insights.messages import _, fixed, interval, number, percent
from insights.result import Check
from insights.stats.discrimination import area_under_curve, area_with_interval
from insights.stats.intervals import wilson_bounds

from .params import Params
from .result import LIKE, MEASURED, PREDICTS, Classified

__all__ = ["calibration_error", "classify", "questions_of"]

_MEASURABLE = 30  # ratings below which no error is stated
_USEFUL = 0.6  # area under the curve below which text tells next to nothing about rating
_BINS = 10
_OTHER = 0.1  # share of texts in third languages above which no error is stated


def classify(feedback: pd.DataFrame, *, params: Params) -> Classified:
    """Score every record, and state the error from records that had been kept out.

    Raises
    ------
    DataError
        There is no record, or engine 'calibrated' has no ratings to learn from.
    """
    if not len(feedback):
        raise DataError("sentiment: the feedback table has no row; collect feedback with text.")
    ordered = feedback.sort_values("feedback_id", kind="stable").reset_index(drop=True)
    texts = [text if isinstance(text, str) else "" for text in ordered["text"]]
    rating = _numbers(ordered, "rating")
    customers = None
    if "customer_id" in ordered:
        customers = [who if isinstance(who, str) else None for who in ordered["customer_id"]]
    questions = questions_of(ordered)
    read = read_as_answers(texts, questions)
    scored = score_polarity(
        read, rating, customers=customers, engine=params.engine, seed=params.seed
    )
    language = _languages(ordered, texts)
    truth = np.where(scored.method == "empty", -1, rating_class(rating))
    varies = np.unique(rating[truth >= 0]).size > 1
    accuracy = _accuracy(scored, truth, language) if varies else _accuracy(scored, truth[:0], None)
    records = pd.DataFrame(
        {
            "feedback_id": ordered["feedback_id"].astype(str),
            "label": scored.label,
            "score": scored.score,
            "p_negative": scored.probability[:, 0],
            "p_neutral": scored.probability[:, 1],
            "p_positive": scored.probability[:, 2],
            "method": scored.method,
            "rated": np.array([*CLASSES, ""], dtype=object)[truth],
            "unsure": scored.unsure,
            "intent": intents(texts),
        }
    )
    trusted = _trusted(accuracy)
    shifted = _shift(ordered, texts, scored)
    return Classified(
        n=int(np.sum(scored.method != "empty")),
        checks=(
            *_checks(scored, truth, rating, accuracy, trusted, shifted),
            *shifted,
            *_asked(texts, read),
        ),
        records=records,
        engine=scored.engine,
        reason=scored.reason,
        accuracy=accuracy,
        confusion=_confusion(scored, truth) if varies else None,
        curve=_curve(scored.probability[:, 0], truth) if varies else None,
        trusted=trusted,
        rating_varies=varies,
        languages=tuple(sorted(set(language))),
    )


def questions_of(ordered: pd.DataFrame) -> list[str]:
    """Return the question that each record answers, '' where none is known."""
    if "question" not in ordered:
        return [""] * len(ordered)
    return [asked if isinstance(asked, str) else "" for asked in ordered["question"]]


def _asked(texts: list[str], read: list[str]) -> tuple[Check, ...]:
    """Say how many bare answers were read with the side that their question asks for."""
    bare = sum(one != other for one, other in zip(texts, read, strict=True))
    if not bare:
        return ()
    detail = _(
        "{bare} answers of a few words without polarity were read with the side "
        "that their question asks for, such as what was disliked",
        bare=number(bare),
    )
    return (Check(_("answers read with their question"), None, detail),)


def calibration_error(probability: np.ndarray, happened: np.ndarray) -> float:
    """Mean distance of stated from observed share over ten bins of equal count (ECE)."""
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, min(_BINS, len(order)))
    gaps = [len(i) * abs(probability[i].mean() - happened[i].mean()) for i in parts]
    return float(np.sum(gaps) / len(order))


def _accuracy(scored: Polarity, truth: np.ndarray, language: np.ndarray | None) -> pd.DataFrame:
    """One row for all records and one a language: how the labels compare with the ratings."""
    rows = []
    parts = ["all", *sorted(set(language))] if language is not None else []
    for name in parts:
        at = (truth >= 0) & ((name == "all") | (language == name))
        enough = min(np.sum(truth[at] == 0), np.sum(truth[at] > 0)) >= 5
        if at.sum() < _MEASURABLE or not enough:
            rows.append({"language": name, "n_rated": int(at.sum())})
            continue
        rows.append(_measured(name, scored, truth, at))
    columns = [
        "language",
        "n_rated",
        "auc",
        "low",
        "high",
        "lexicon_auc",
        "macro_f1",
        "precision_negative",
        "recall_negative",
        "calibration_error",
    ]
    return pd.DataFrame(rows, columns=columns)


def _measured(name: str, scored: Polarity, truth: np.ndarray, at: np.ndarray) -> dict:
    negative, predicted = truth[at] == 0, scored.label[at] == "negative"
    score = scored.probability[at, 0]
    area = area_with_interval(score, negative)
    lists, there = -scored.lexicon[at], np.isfinite(scored.lexicon[at])
    both = (negative & there).any() and (~negative & there).any()
    hit = np.sum(negative & predicted)
    return {
        "language": name,
        "n_rated": int(at.sum()),
        "auc": area.estimate,
        "low": area.low,
        "high": area.high,
        "lexicon_auc": area_under_curve(lists[there], negative[there]) if both else np.nan,
        "macro_f1": _macro_f1(np.array(CLASSES)[truth[at]], scored.label[at]),
        "precision_negative": hit / predicted.sum() if predicted.any() else np.nan,
        "recall_negative": hit / negative.sum(),
        "calibration_error": calibration_error(score, negative),
    }


def _macro_f1(truth: np.ndarray, label: np.ndarray) -> float:
    """Mean over the classes that occur among the ratings of 2 hits / (said + true)."""
    found = [name for name in CLASSES if np.any(truth == name)]
    return float(
        np.mean(
            [
                2
                * np.sum((truth == name) & (label == name))
                / (np.sum(truth == name) + np.sum(label == name))
                for name in found
            ]
        )
    )


def _confusion(scored: Polarity, truth: np.ndarray) -> pd.DataFrame:
    """Counts, one row a class by rating, one column a class by text."""
    at = truth >= 0
    counts = np.zeros((3, 3), int)
    predicted = np.array([CLASSES.index(label) for label in scored.label[at]], int)
    np.add.at(counts, (truth[at], predicted), 1)
    return pd.DataFrame(counts, index=list(CLASSES), columns=list(CLASSES))


def _curve(p_negative: np.ndarray, truth: np.ndarray) -> pd.DataFrame:
    """Stated and observed share of negative records in ten bins of equal count."""
    at = np.flatnonzero(truth >= 0)
    if len(at) < _MEASURABLE:
        return pd.DataFrame(columns=["stated", "observed", "low", "high", "n"], dtype=float)
    order = at[np.argsort(p_negative[at], kind="stable")]
    parts = np.array_split(order, _BINS)
    hits = np.array([np.sum(truth[part] == 0) for part in parts])
    size = np.array([len(part) for part in parts])
    low, high = wilson_bounds(hits, size)
    return pd.DataFrame(
        {
            "stated": [p_negative[part].mean() for part in parts],
            "observed": hits / size,
            "low": low,
            "high": high,
            "n": size,
        }
    )


def _trusted(accuracy: pd.DataFrame) -> bool | None:
    if accuracy.empty or np.isnan(accuracy["auc"].iloc[0]):
        return None
    if accuracy["low"].iloc[0] > _USEFUL:
        return True
    return False if accuracy["high"].iloc[0] < _USEFUL else None


def _checks(
    scored: Polarity,
    truth: np.ndarray,
    rating: np.ndarray,
    accuracy: pd.DataFrame,
    trusted: bool | None,
    shifted: tuple[Check, ...],
) -> tuple[Check, ...]:
    rated = int(np.sum(truth >= 0))
    found = [
        Check(_("engine"), None, _("{name}: {detail}", name=scored.engine, detail=scored.reason))
    ]
    if accuracy.empty or np.isnan(accuracy["auc"].iloc[0]):
        like = next((c.passed for c in shifted), True)
        reason = published(scored.engine, like=like)
        found.append(Check(_("error measured on this study"), None, reason, id=MEASURED))
        if rated and np.unique(rating[truth >= 0]).size == 1:
            found.append(
                Check(
                    _("rating varies"),
                    None,
                    _("all {rated} ratings are equal: nothing is claimed", rated=rated),
                )
            )
        return tuple(found)
    return (*found, *_tried(scored, truth, accuracy.iloc[0], trusted), *_in_languages(accuracy))


def _tried(
    scored: Polarity, truth: np.ndarray, row: pd.Series, trusted: bool | None
) -> list[Check]:
    """What the ratings tell of the scores."""
    detail = _(
        "area under the curve {auc} {interval} from {rated} ratings; above {useful} is needed, .5 "
        "is chance",
        auc=fixed(row["auc"]),
        interval=interval(row["low"], row["high"]),
        rated=int(np.sum(truth >= 0)),
        useful=_USEFUL,
    )
    found = [Check(_("text predicts the ratings"), trusted, detail, id=PREDICTS)]
    shrunk = _shrinkage(scored.score, truth)
    if trusted and np.isfinite(shrunk):
        detail = _(
            "records rated positive and negative lie {shrunk} of the scale apart in "
            "mean score: a true move of 10 points of records shows as about {seen}, "
            "here and in every analysis that sentiment feeds",
            shrunk=fixed(shrunk),
            seen=fixed(10 * shrunk, 1),
        )
        found.append(Check(_("differences are shrunk by the error of the scores"), None, detail))
    if scored.learnt:
        error = float(row["calibration_error"])
        detail = _(
            "stated and observed shares differ by {error} on average, .05 is allowed",
            error=fixed(error, 3),
        )
        found.append(Check(_("probabilities are calibrated"), error <= 0.05, detail))
        found.append(
            Check(
                _("kept out together"),
                None,
                _("records that share a customer or a text were never both learnt from and scored")
                if scored.linked == "customer and text"
                else _("records that share a text were never both learnt from and scored"),
            )
        )
    return found


def _in_languages(accuracy: pd.DataFrame) -> list[Check]:
    """Languages in which the scores are worse than over all."""
    row, found = accuracy.iloc[0], []
    for _row, other in accuracy.iloc[1:].iterrows():
        if not np.isnan(other["auc"]) and other["high"] < row["low"]:
            detail = _(
                "area under the curve {auc} there, {whole} over all",
                auc=fixed(other["auc"]),
                whole=fixed(row["auc"]),
            )
            found.append(
                Check(
                    _("as good in '{language}' as elsewhere", language=other["language"]),
                    False,
                    detail,
                )
            )
    return found


def _shift(ordered: pd.DataFrame, texts: list[str], scored: Polarity) -> tuple[Check, ...]:
    """Whether the texts are like those that the error of the prior was measured on."""
    if scored.shift is None or scored.engine != "prior" or scored.learnt:
        return ()
    written = pd.Series(texts, dtype=object)
    unknown = pd.Series(np.nan, index=written.index)
    given = ordered.get("language", unknown)
    language = given.astype(object).where(given.notna(), detect_language(written))
    there = (scored.method != "empty") & (language != "unknown").to_numpy()
    other = float((~language[there].isin(["en", "zh", "mixed"])).mean()) if there.any() else 0.0
    detail = _(
        "{shift}; {other} in languages other than English and Chinese",
        shift=scored.shift.text(),
        other=percent(other),
    )
    passed = None if scored.shift.beyond is None else not scored.shift.beyond
    if other > _OTHER:
        passed = False
    name = _("texts are like those the prior was tried on")
    return (Check(name, passed, detail, id=LIKE),)


def _shrinkage(score: np.ndarray, truth: np.ndarray) -> float:
    """Half the distance of mean scores between the sides; 1 without error, 0 without a signal.

    The slope of attenuation when the true class is -1 or 1 (Fuller 1987, Measurement Error
    Models, section 1.1).
    """
    good, bad = score[truth == 2], score[truth == 0]
    return float((good.mean() - bad.mean()) / 2) if len(good) and len(bad) else np.nan


def published(engine: str = "lexicon", *, like: bool | None = True) -> str:
    """What an engine reached on public sets it had not seen, in words.

    `like`: whether the texts are like those of these sets.
    """
    if engine == "transformers":
        return _(
            "cannot be measured on this study, and what the model reaches elsewhere is not known"
        )
    if engine != "prior":
        ranges = _("; ").join(
            f"{item.language} {item.auc_low:.2f} to {item.auc_high:.2f} ({item.sets})"
            for item in EXPECTED.values()
        )
        who = _("the word lists")
    else:
        low, high = prior_expected()
        sets = len(TRIED) + 1
        ranges = _(
            "{low} to {high} ({sets} sets of reviews and tweets in two languages)",
            low=fixed(low),
            high=fixed(high),
            sets=sets,
        )
        who = _("this prior")
    text = _(
        "cannot be measured on this study. On public sets {who} told good from "
        "bad with an area under the curve of {ranges}",
        who=who,
        ranges=ranges,
    )
    if like:
        return text
    if like is None:
        return _("{text}; whether these texts are like those cannot be told from so few", text=text)
    return _(
        "{text}, but these texts are not like those: how good it is here is not known", text=text
    )


def _languages(ordered: pd.DataFrame, texts: list[str]) -> np.ndarray:
    by_script = np.array([script(text) for text in texts], dtype=object)
    if "language" not in ordered:
        return by_script
    known = ordered["language"].notna().to_numpy()
    return np.where(known, ordered["language"].astype(str).to_numpy(object), by_script)


def _numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    if column not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(float, na_value=np.nan)
