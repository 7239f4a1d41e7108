"""The tables that the sentiment notebook saves."""

from __future__ import annotations

from insights.messages import _, translated
from insights.tables import OutputTable, declared

__all__ = ["OUTPUTS", "shown"]


def shown(value: str) -> str:
    """Write a value of a closed column, or a group such as 'channel: chat', for the reader."""
    name, colon, group = value.partition(": ")
    if colon:
        return f"{translated(name)}{colon}{group}"
    return {
        "negative": _("negative"),
        "neutral": _("neutral"),
        "positive": _("positive"),
        "all": _("all"),
        "sentiment": _("sentiment"),
        "rating": _("rating"),
        "nps": _("nps"),
        "csat": _("csat"),
        "ces": _("ces"),
        "records": _("records"),
        "message": _("message"),
        "customer": _("customer"),
        "message not flagged": _("message not flagged"),
        "labelled as people do": _("labelled as people do"),
    }.get(value, value)


OUTPUTS: dict[str, OutputTable] = declared(
    """
    sentiment: a piece of feedback
        feedback_id str
        label str negative, neutral or positive
        score float -1 to 1: p_positive less p_negative
        p_negative float probability that the text is negative
        p_neutral float probability that it is neutral
        p_positive float probability that it is positive
        method str engine that scored it
        rated str class by the record's own rating, where there is one
        unsure bool whether no class stands out
        intent str statement, question or request
    sentiment_trend: a period and group
        period datetime64[ns]
        group str all, or dimension=value
        n int records
        mean float mean score
        low float lower bound of mean
        high float upper bound of mean
        adjusted float mean at the pooled mix of channel, language and dimensions
        adjusted_low float lower bound of adjusted
        adjusted_high float upper bound of adjusted
        customers int customers who wrote
        customer_mean float mean score with one vote a customer
        customer_low float lower bound of customer_mean
        customer_high float upper bound of customer_mean
        first_record datetime64[ns] day of the first record
        last_record datetime64[ns] day of the last record
        rating_n int records with a rating
        rating_mean float mean rating
        rating_low float lower bound of rating_mean
        rating_high float upper bound of rating_mean
        rating_adjusted float mean rating at the pooled mix
        rating_adjusted_low float lower bound of rating_adjusted
        rating_adjusted_high float upper bound of rating_adjusted
        rating_customers int customers who rated
        rating_customer_mean float mean rating with one vote a customer
        rating_customer_low float lower bound of rating_customer_mean
        rating_customer_high float upper bound of rating_customer_mean
    aspects: an aspect named in a piece of feedback
        feedback_id str
        aspect str the aspect
        label str negative, neutral or positive
        span str clause that names it, as written
        score float -1 to 1, of the clause
        intent str statement, question or request
    marked: a record in a burst
        feedback_id str
        reason str why it is marked
    labels: a label given by hand
        feedback_id object
        stratum object language and class by which the record was drawn; empty: added by somebody
        weight object records that it stands for
        label object negative, neutral or positive
        labeller object who decided
        labelled_at object when
    alerts: a fall in a group that was raised
        period datetime64[ns]
        group object dimension=value
        measure object score or rating
        change float change from the period before
        low float
        high float
        n int votes of customers
        q float
        true_change float the change at a fixed mix
        true_low float lower bound of true_change
        true_high float upper bound of true_change
        mix_change float the part that comes from who writes and where
        status object raised
        records object ids of the records that say most
    alert_digest: a fall in a group that was not raised
        period datetime64[ns]
        group str dimension=value
        measure str score or rating
        change float change from the period before
        low float
        high float
        n int votes of customers
        q float
        true_change float the change at a fixed mix
        true_low float lower bound of true_change
        true_high float upper bound of true_change
        mix_change float the part that comes from who writes and where
        status str cooling (alerted on lately) or digest
    respondents: a value of a dimension, by who gives a score
        measure str nps, csat, ces or rating
        dimension str column of the customers table
        value str its value
        base int customers of the base with it
        respondents int of these, those who gave a score
        base_share float share of the base
        respondent_share float share of the respondents
        answered float share of them who gave a score; low and high are of it
        low float
        high float
    sentiment_changes: a comparison of two times in a group
        comparison str halves, or last (the last whole period with the one before)
        measure str score or rating
        group str all, or dimension=value
        first_period datetime64[ns] the earlier time
        second_period datetime64[ns] the later time
        n_first int records of the earlier time
        n_second int records of the later time
        change float later mean less earlier mean
        low float lower bound of change
        high float upper bound of change
        true_change float the change at a fixed mix
        true_low float lower bound of true_change
        true_high float upper bound of true_change
        mix_change float the part that comes from who writes and where
        mix_low float lower bound of mix_change
        mix_high float upper bound of mix_change
        interaction float the part that the two share
        p float
        q float
        first_from datetime64[ns] first day of the earlier time
        first_to datetime64[ns] last day of the earlier time
        second_from datetime64[ns] first day of the later time
        second_to datetime64[ns] last day of the later time
        fixed str dimensions that are held fixed
        mix_dimension str the one that explains most of the mix
        mix_of_it float what it explains
    sentiment_by_question: a question and class
        question str the question
        label str negative or positive
        n int answers
        customers int customers who answered
        share float share of the answers in the class
        low float
        high float
    sentiment_breaks: a change of level
        measure str score or rating
        period datetime64[us] first period of the new level
        low datetime64[us] earliest period that it may be
        high datetime64[us] latest period that it may be
        before float level before
        after float level after
        p float
    arrivals: a change of the number of records in a channel
        channel object the channel
        period datetime64[ns] first period of the new level
        low datetime64[ns] earliest period that it may be
        high datetime64[ns] latest period that it may be
        length object length of a period
        before float records a period before
        after float records a period after
        p float
        week datetime64[ns] the date to the week, where a period is longer
        week_low datetime64[ns] earliest week that it may be
        week_high datetime64[ns] latest week that it may be
    """
)
