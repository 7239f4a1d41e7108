"""Every number of the two reference files, to the digits printed there."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.metrics import roc_auc_score

from insights.stats.cox import cox
from insights.stats.logit import logit
from insights.stats.survival import kaplan_meier, log_rank

FOLDER = os.environ.get("INSIGHTS_REFERENCE")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="INSIGHTS_REFERENCE is not set: it names the folder of telco.json"
)
ROSSI = ["fin", "age", "race", "wexp", "mar", "paro", "prio"]


@pytest.fixture(scope="module")
def rossi():
    told = json.loads((Path(FOLDER) / "rossi_cox.json").read_text())
    weeks = pd.read_csv(Path(FOLDER) / "rossi_long.csv.gz")
    last = {"stop": ("stop", "max"), "event": ("event", "max")}
    people = weeks.groupby("id").agg(**last, **{name: (name, "first") for name in ROSSI})
    return told, weeks, people


@pytest.fixture(scope="module")
def telco():
    told = json.loads((Path(FOLDER) / "telco.json").read_text())
    rows = pd.read_csv(Path(FOLDER) / "telco.csv.gz")
    x = pd.DataFrame(
        {
            "one": rows["Contract"] == "One year",
            "two": rows["Contract"] == "Two year",
            "fiber": rows["InternetService"] == "Fiber optic",
            "noint": rows["InternetService"] == "No",
            "sec": rows["OnlineSecurity"] == "Yes",
            "tech": rows["TechSupport"] == "Yes",
            "papl": rows["PaperlessBilling"] == "Yes",
            "echeck": rows["PaymentMethod"] == "Electronic check",
            "MonthlyCharges": rows["MonthlyCharges"],
            "SeniorCitizen": rows["SeniorCitizen"],
        }
    ).astype(float)
    return told, rows, x, rows["Churn"].eq("Yes").to_numpy()


def agrees(coef, cov, told, names, rtol=1e-8):
    """Coefficients, standard errors, hazard ratios and 95 % intervals."""
    se = np.sqrt(np.diag(cov))
    for k, name in enumerate(names):
        got = {"coef": coef[k], "se": se[k], "hr": np.exp(coef[k]),
               "lo": np.exp(coef[k] - 1.959963984540054 * se[k]),
               "hi": np.exp(coef[k] + 1.959963984540054 * se[k])}  # fmt: skip
        for key, value in told[name].items():
            assert got[key] == pytest.approx(value, rel=rtol, abs=1e-9), (name, key)


def test_rossi_with_fixed_covariates(rossi):
    told, weeks, _ = rossi
    fit = cox(weeks[ROSSI].to_numpy(float), weeks["stop"], weeks["event"])
    agrees(fit.coef, fit.model_cov, told["time_fixed_efron"], ROSSI, rtol=1e-7)
    assert fit.loglik == pytest.approx(told["loglik"][1], abs=1e-9)


@pytest.mark.parametrize(
    ("key", "column", "rows"),
    [("time_varying_employed", "employed", 19_809), ("time_varying_lagged", "lag", 19_377)],
)
def test_rossi_with_employment_of_the_week_and_of_the_week_before(rossi, key, column, rows):
    told, weeks, _ = rossi
    weeks = weeks.dropna(subset=[column])
    assert len(weeks) == rows == told["n_person_weeks" + ("_lag" if column == "lag" else "")]
    names = [*ROSSI, column]
    fit = cox(weeks[names].to_numpy(float), weeks["stop"], weeks["event"])
    agrees(fit.coef, fit.model_cov, told[key], names, rtol=1e-7)


def test_a_row_that_begins_at_an_event_time_is_not_at_risk_then(rossi):
    """The trap of PHReg: with the week's start as entry it takes such rows in, and gets -1.3389."""
    _, weeks, _ = rossi
    names = [*ROSSI, "employed"]
    fit = cox(weeks[names].to_numpy(float), weeks["stop"], weeks["event"])
    wrong, right = (
        sm.PHReg(weeks["stop"], weeks[names].astype(float), status=weeks["event"],
                 entry=weeks["start"] + shift, ties="efron").fit().params[7]
        for shift in (0.0, 0.5)
    )  # fmt: skip
    assert wrong == pytest.approx(-1.3389, abs=5e-5)
    assert right == pytest.approx(fit.coef[7], abs=1e-7)
    assert fit.coef[7] == pytest.approx(-1.328321, abs=5e-7)


def test_rossi_pooled_over_weeks(rossi):
    told, weeks, _ = rossi
    weeks = weeks.dropna(subset=["lag"])
    names = [*ROSSI, "lag", "stop"]
    x = np.column_stack([np.ones(len(weeks)), weeks[names].to_numpy(float)])
    fit = logit(x, weeks["event"].to_numpy(), weeks["id"].to_numpy())
    told_logit = told["pooled_logit_lag"]
    ends, errors = _scoring(x, weeks["event"].to_numpy(float))
    names = ["(Intercept)", *names]
    assert dict(zip(names, ends, strict=True)) == pytest.approx(told_logit["coef"], rel=1e-9)
    assert dict(zip(names, errors, strict=True)) == pytest.approx(told_logit["se"], rel=1e-9)
    # ours goes on to the maximum, where R's glm stops at a change of 1e-8 in the deviance
    assert fit.coef == pytest.approx(ends, rel=2e-7)
    assert np.sqrt(np.diag(fit.model_cov)) == pytest.approx(errors, rel=2e-4)
    assert fit.coef[8] == pytest.approx(-0.7749, abs=5e-5)


def _scoring(x, y):
    """Fisher scoring as R's glm stops it: coefficients, and errors of the step before."""
    share = (y + 0.5) / 2
    eta, deviance = np.log(share / (1 - share)), np.inf
    for _ in range(25):
        chance = 1 / (1 + np.exp(-eta))
        weight = chance * (1 - chance)
        gram = (x * weight[:, None]).T @ x
        coef = np.linalg.solve(gram, x.T @ (weight * eta + y - chance))
        eta = x @ coef
        now = -2 * np.sum(y * eta - np.logaddexp(0, eta))
        if abs(now - deviance) / (abs(now) + 0.1) < 1e-8:
            return coef, np.sqrt(np.diag(np.linalg.inv(gram)))
        deviance = now
    raise AssertionError("did not settle")


def test_rossi_survival_by_financial_aid(rossi):
    told, _, people = rossi
    for row in told["km_by_fin"]:
        mine = people[people["fin"] == int(row["fin"])]
        curve = kaplan_meier(mine["stop"], mine["event"])
        assert curve.at(row["time"])[0] == pytest.approx(row["surv"], abs=1e-10)


def test_telco_counts(telco):
    told, rows, _, left = telco
    money = rows["MonthlyCharges"]
    blank = pd.to_numeric(rows["TotalCharges"], errors="coerce").isna()
    got = {
        "n": len(rows), "events": left.sum(), "churn_rate": left.mean(),
        "tenure0": rows["tenure"].eq(0).sum(), "blank_total": blank.sum(),
        "monthly_sum": money.sum(), "monthly_sum_churned": money[left].sum(),
    }  # fmt: skip
    assert got == pytest.approx(told["counts"], rel=1e-10)


def test_telco_survival(telco):
    told, rows, _, left = telco
    curve = kaplan_meier(rows["tenure"], left)
    for row in told["km"]:
        survival, se, low, high = curve.at(row["time"])
        place = np.searchsorted(curve.times, row["time"])
        assert curve.at_risk[place] == row["n_risk"]
        assert [survival, se, low, high] == pytest.approx(
            [row["surv"], row["se"], row["lo_loglog"], row["hi_loglog"]], rel=1e-9
        )
    for row in told["km_by_contract"]:
        mine = rows["Contract"] == row["contract"]
        survival, se, _, _ = kaplan_meier(rows["tenure"][mine], left[mine]).at(row["time"])
        assert [survival, se] == pytest.approx([row["surv"], row["se"]], rel=1e-9, abs=1e-12)


def test_telco_log_rank(telco):
    told, rows, _, left = telco
    test, told_test = log_rank(rows["tenure"], left, rows["Contract"]), told["logrank_contract"]
    assert test.statistic == pytest.approx(told_test["chisq"], abs=5e-10)
    assert test.degrees == told_test["df"] and test.observed.tolist() == told_test["obs"]
    assert test.expected == pytest.approx(told_test["exp"], rel=1e-11)


def test_telco_cox(telco):
    told, rows, x, left = telco
    tenure = rows["tenure"].to_numpy()  # who has 0 never is at risk at an event time
    row = np.repeat(np.arange(len(rows)), tenure)
    month = np.arange(len(row)) - np.repeat(np.cumsum(tenure) - tenure, tenure) + 1
    fit = cox(x.to_numpy()[row], month, left[row] & (month == tenure[row]), clusters=row)
    agrees(fit.coef, fit.model_cov, told["cox_efron"], list(x.columns))
    agrees(fit.coef, fit.model_cov, told["cox_efron_tenure_gt0"], list(x.columns))
    assert fit.loglik == pytest.approx(told["cox_efron_loglik"][1], abs=1e-9)


def test_telco_logit_and_its_cross_validation(telco):
    told, rows, x, left = telco
    told = told["logit"]
    design = np.column_stack([np.ones(len(x)), x.to_numpy(), rows["tenure"].to_numpy(float)])
    people = np.arange(len(x))
    fit = logit(design, left, people)
    names = ["(Intercept)", *x.columns, "tenure"]
    assert dict(zip(names, fit.coef, strict=True)) == pytest.approx(told["coef"], rel=1e-8)
    # R's glm keeps the weights of the step before it stopped
    errors = _scoring(design, left.astype(float))[1]
    assert dict(zip(names, errors, strict=True)) == pytest.approx(told["se"], rel=1e-9)
    assert fit.loglik == pytest.approx(told["loglik"], abs=1e-9)
    chance = 1 / (1 + np.exp(-design @ fit.coef))
    assert roc_auc_score(left, chance) == pytest.approx(told["auc_apparent"], abs=1e-10)
    assert np.mean((chance - left) ** 2) == pytest.approx(told["brier_apparent"], rel=1e-9)
    fold, eta = people % 5, np.empty(len(x))
    for k in range(5):
        kept = logit(design[fold != k], left[fold != k], people[fold != k])
        eta[fold == k] = design[fold == k] @ kept.coef
        assert roc_auc_score(left[fold == k], eta[fold == k]) == pytest.approx(
            told["auc_cv5_folds"][k], abs=1e-10
        )
    chance = 1 / (1 + np.exp(-eta))
    assert roc_auc_score(left, eta) == pytest.approx(told["auc_cv5_pooled"], abs=1e-10)
    assert np.mean((chance - left) ** 2) == pytest.approx(told["brier_cv5"], rel=1e-9)
    line = logit(np.column_stack([np.ones(len(eta)), eta]), left, people).coef
    # R's glm stops at a change of 1e-8 in the deviance, five times over for the folds
    assert line[1] == pytest.approx(told["calibration_slope"], rel=2e-8)
    assert line[0] == pytest.approx(told["calibration_intercept_joint"], rel=1e-5)
    level = sm.GLM(left.astype(float), np.ones(len(eta)), family=sm.families.Binomial(),
                   offset=eta).fit(tol=1e-14).params[0]  # fmt: skip
    assert level == pytest.approx(told["calibration_in_the_large"], rel=1e-5)


def test_a_snapshot_needs_delayed_entry(telco):
    """Of one month only: .946 still there after it by plain Kaplan-Meier, .380 by entry."""
    _, rows, _, left = telco
    seen = (rows["tenure"] > 0).to_numpy()
    time = rows["tenure"].to_numpy(float)[seen]
    plain, delayed = kaplan_meier(time, left[seen]), kaplan_meier(time, left[seen], time - 1)
    assert plain.at(1)[0] == pytest.approx(0.946, abs=5e-4)
    assert delayed.at(1)[0] == pytest.approx(0.380, abs=5e-4)
