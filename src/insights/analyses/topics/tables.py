"""The tables that the topics notebook saves."""

from __future__ import annotations

from insights.tables import OutputTable, declared

__all__ = ["OUTPUTS"]

OUTPUTS: dict[str, OutputTable] = declared(
    """
    topics: a topic
        topic_id str
        label str
        keywords str words that set it apart
        language_share str share of each language
        n int records
        share float share of all records
        low float
        high float
        stability float how far the topic comes back when the model is fitted anew, 0 to 1
        matched_from string id in the last run that it continues
        status str kept, new, merged, split or gone
        coherence float how far its keywords stand together in texts
        owner str who answers for it, by the codebook
        label_support float share of its records that the label is true of
        told str alone, together (cannot be told apart from others) or withheld
        told_with str topics that it cannot be told apart from
    doc_topics: a piece of feedback
        feedback_id str
        topic_id str
        subtopic_id string id of the sub-topic; null where there is none
        probability float probability of the topic
    topic_trend: a period and topic
        period datetime64[us]
        topic_id str
        n int records of the topic
        share float share of the period's records
        low float
        high float
        total int records of the period
        complete bool whether the records span the whole period
    topic_changes: a topic, lately against before
        topic_id str
        label str
        recent_n int records lately
        recent_share float share lately
        earlier_n int records before
        earlier_share float share before
        estimate float recent_share less earlier_share
        low float
        high float
        dispersion float spread of shares between periods, against chance alone (1)
        p float
        q float
    topic_mix: a topic, lately against before
        topic_id str
        label str
        change float change of its share
        low float
        high float
        within float change at a fixed mix; p and q are of it
        within_low float lower bound of within
        within_high float upper bound of within
        mix float change that comes from who writes and where
        mix_low float lower bound of mix
        mix_high float upper bound of mix
        p float
        q float
    topic_surges: a run of periods with more of a topic than otherwise
        topic_id str
        label str
        start datetime64[us] first period
        end datetime64[us] last period
        lasting bool whether it reaches the last period
        n int records of the topic in it
        share float share in it
        otherwise float share in other periods
        estimate float share less otherwise
        low float
        high float
        p float
        q float
        within float difference at a fixed mix; without a value where nothing can be held
        within_low float lower end of its interval
        within_high float upper end of its interval
        held_fixed str dimensions held fixed, parted by commas
    topic_alarms: a warning about a topic
        topic_id str
        label str
        period datetime64[ns] first period of the alarm
        last datetime64[ns] its last period
        share float share then
        before float baseline share
        p float
        q float
        began datetime64[ns] start of the surge that a look back dates, if one stands
        lead float periods that the alarm came before that start; negative: after
        within float difference at a fixed mix; without a value where nothing can be held
        within_low float lower end of its interval
        within_high float upper end of its interval
        held_fixed str dimensions held fixed, parted by commas
    topic_terms: a term
        term str the term
        leads str the named term that stands for it
        recent int uses lately: the smaller of writers and different texts, summed over periods
        earlier int uses before, likewise
        odds_ratio float odds of use lately against before
        low float
        high float
        dispersion float spread of uses between periods, against chance alone (1)
        z float test statistic
        p float p-value, one-sided
        q float
        topic_id str topic that most of its recent records are in
        label str name of that topic
        examples object texts that use it
    term_records: a recent record behind a named term
        term str the term
        feedback_id str
    topic_segments: a topic in a value of a dimension
        dimension str column that is compared
        value str its value
        topic_id str
        label str
        n Int64 records of the topic with it
        customers Int64 customers who wrote them
        total int records of the value
        share float share of the value's records
        low float
        high float
        elsewhere float share among the other stated values
        residual float standardised residual, by customers
        p float p-value; of two values the first holds their one test
        q float
        status str shown, small (too few customers) or protecting (hides a small cell)
    topic_customers: a topic
        topic_id str
        label str
        messages int messages of known customers
        message_share float share of all such messages
        customers int customers who wrote them
        customer_share float share of all customers who wrote; low and high are of it
        low float
        high float
        expected_customers float customers expected, had everybody's messages the shares of all
        loudest_share float share of the messages by its five busiest customers
        rank_messages int rank by messages
        rank_customers int rank by customers
        few_loud bool whether few customers write most of it
    topic_tree: a node of the tree of topics
        level str all, topic or sub-topic
        topic_id str
        subtopic_id string id of the sub-topic; null above
        label str
        label_support float share of its records that the label is true of
        n int records
        share float share of all records
    topic_map: a topic on the map
        number int 1 is the largest topic
        topic_id str
        label str
        x float place on the map
        y float place on the map
        share float share of all records
        stability float how far the topic comes back when the model is fitted anew, 0 to 1
        change str rose, fell or steady
        nearest str name of the topic most like it
        similarity float cosine of the centres, less their common part
    topic_events: a topic kept or gone, or a change of topics
        level str topic or sub-topic
        event str what happened
        topic_id str
        other_id str the other topic of a change
        label str
        n_before int texts in the last run
        n_now int texts in this run
        shared int texts known to both runs that are in the topic
        jaccard float their Jaccard overlap
        cosine float cosine of the centres
        n_moved int texts that the change moves
        founding_share float share of these that the topic was founded on
        separation float how far nearest neighbours keep to their own side
        separation_before float the same among the founding texts
        comes_back float how far the topic comes back when fitted anew
        detail str the evidence in words
    topic_quotes: a quote of a topic
        topic_id str
        feedback_id str
        language str its language
        quote str the text
    """
)
