"""The tables that the churn notebook saves."""

from __future__ import annotations

from insights.messages import _
from insights.tables import OutputTable, declared

__all__ = ["OUTPUTS", "shown"]


def shown(value: str) -> str:
    """Write a value of a closed column (status, way, ending) in the reader's language."""
    return {
        "reported": _("reported"),
        "exploratory": _("exploratory"),
        "suppressed": _("suppressed"),
        "leak": _("leak"),
        "total": _("total"),
        "primary": _("primary"),
        "lagged, adjusted": _("lagged, adjusted"),
        "lagged, unadjusted": _("lagged, unadjusted"),
        "same month": _("same month"),
        "ever or never": _("ever or never"),
        "Cox, start-stop": _("Cox, start-stop"),
        "usage from before the window": _("usage from before the window"),
        "plan and usage not held equal": _("plan and usage not held equal"),
        "one topic at a time": _("one topic at a time"),
        "as labelled": _("as labelled"),
        "put right": _("put right"),
        "everybody": _("everybody"),
        "respondents": _("respondents"),
        "respondents, weighted": _("respondents, weighted"),
    }.get(value, value)


OUTPUTS: dict[str, OutputTable] = declared(
    """
    churn_topics: a topic that was tested
        topic_id str
        label str
        exposed_customers int customers who named the topic inside a window
        exposed_churners int of these, those who left
        odds_ratio float odds of leaving after naming the topic against not naming it, adjusted
        low float
        high float
        p float
        q float
        excess_churners float leavers beyond what is expected had nobody named the topic
        excess_low float lower bound of excess_churners
        excess_high float upper bound of excess_churners
        mrr_at_risk float recurring revenue a month of those excess leavers
        mrr_low float lower bound of mrr_at_risk
        mrr_high float upper bound of mrr_at_risk
        status str reported, exploratory, suppressed or leak
        why str reason of a status other than reported
        method str logit, or Firth's where few left
        e_value float strength that an unmeasured trait would need to explain the odds ratio
        e_value_limit float the same for the bound nearer to 1; 1 where the interval holds 1
        chance float mean chance of leaving within the horizon where the topic is named
        chance_off float the same had it not been named
        estimand str what is estimated: an association, no effect
        label_spread float spread of log_odds over labels drawn from their probabilities
        log_odds float log of the odds ratio
        log_odds_se float standard error of log_odds
        observed_months float months that customers were observed for
        excess_part float the topic's part of the excess of all topics together
        excess_part_low float lower bound of excess_part
        excess_part_high float upper bound of excess_part
        mrr_part float the topic's part of the revenue of all topics together
        mrr_part_low float lower bound of mrr_part
        mrr_part_high float upper bound of mrr_part
    coverage: a group of customers
        group str the group
        customers int customers in it
        with_feedback int of these, those who ever gave feedback
        churners int of these, those who left
        churners_with_feedback int leavers who ever gave feedback
        share float share of leavers who ever gave feedback
        low float
        high float
        share_customers float share of all customers of the group who ever gave feedback
    stated_reasons: a topic of which people say that they leave
        topic_id str
        label str
        mentions int pieces of feedback that say so
        customers int customers who say so
        leavers int of these, those who left
        share_of_leavers float share of all leavers
        leak bool whether the topic tells the outcome rather than foretells it
    gap_curve: a topic at a length of the gap
        topic_id str
        label str
        gap_days int days before a window's end whose feedback is left out
        log_odds float log of the odds ratio at that gap
        low float
        high float
        exposed_churners int leavers who named the topic before the gap
    naive: a topic and a way of comparing
        topic_id str
        label str
        way str how it was compared
        odds_ratio float odds ratio of leaving by that way
        low float
        high float
    models: a topic and a model
        topic_id str
        label str
        way str the model
        odds_ratio float odds ratio of leaving, for Cox a hazard ratio
        low float
        high float
        apart float distance from the primary estimate, in its standard errors
    attached: a topic with money
        topic_id str
        label str
        excess_churners float leavers beyond what is expected had nobody named the topic
        excess_low float lower bound of excess_churners
        excess_high float upper bound of excess_churners
        mrr_at_risk float recurring revenue a month of those excess leavers
        mrr_low float lower bound of mrr_at_risk
        mrr_high float upper bound of mrr_at_risk
        excess_part float the topic's part of the excess of all topics together
        excess_part_low float lower bound of excess_part
        excess_part_high float upper bound of excess_part
        mrr_part float the topic's part of the revenue of all topics together
        mrr_part_low float lower bound of mrr_part
        mrr_part_high float upper bound of mrr_part
        status str as in churn_topics
        estimand str what is estimated: an association, no effect
    by_segment: a topic in a level of a dimension
        dimension str column of the customers table
        level str its value
        topic_id str
        label str
        exposed_churners int leavers of the level who named the topic
        odds_ratio float odds ratio of leaving within the level
        low float
        high float
        p float
        q float
        status str as in churn_topics
    landmarks: a topic over the horizon
        topic_id str
        label str
        exposed_leavers int customers who named the topic and left within the horizon
        chance float chance of leaving within the horizon after naming the topic
        chance_off float the chance expected without it
        difference float chance less chance_off; low and high are of it
        low float
        high float
        estimand str what is estimated: an association, no effect
    staying: a way of ending at a length of tenure
        ending str way of ending
        months int months of tenure
        share float share that has ended so by then
        low float
        high float
        naive float one less a curve that takes other endings for lost from view
        at_risk int customers still there
    label_noise: a topic
        topic_id str
        label str
        precision float share of its labels that are right
        odds_ratio float odds ratio as observed
        low float
        high float
        corrected float odds ratio with wrong labels allowed for
        corrected_low float lower bound of corrected
        corrected_high float upper bound of corrected
        label_spread float spread of log_odds over labels drawn from their probabilities
    silent_sufferers: a topic and a rate of reporting
        topic_id str
        label str
        reporting float supposed share of the affected who report it
        affected float share of customers then affected
        odds_ratio float odds ratio as observed
        true_ratio float odds ratio among the affected; null where that rate is impossible
    """
)
