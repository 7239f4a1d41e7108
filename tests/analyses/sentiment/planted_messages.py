"""Messages of the demo's grammar with known topic and mood; questions asked of a panel."""

import pandas as pd

from insights.analyses import sentiment
from insights.synthetic.grammar import Draw, grammar
from insights.synthetic.messages import compose

_MOODS = {-1: "negative", 0: "neutral", 1: "positive"}


def labelled_messages(rng, n, topics):
    """Columns: feedback_id, text, language, topic, polarity; a third is Chinese.

    Topics without a clause in a mood (complaints about praise) take another mood.
    """
    draw = Draw(rng)
    rows = []
    for number in range(n):
        language = "zh" if draw.chance(0.3) else "en"
        topic = draw.pick(topics)
        moods = [m for m, name in _MOODS.items() if (topic, name) in grammar(language).clauses]
        polarity = draw.pick(moods)
        text = compose(draw, language=language, topic=topic, polarity=polarity, channel="ticket")
        rows.append((f"m{number:06d}", text.text, language, topic, polarity))
    return pd.DataFrame(rows, columns=["feedback_id", "text", "language", "topic", "polarity"])


def on_panel(question, feedback, classified, *, calendar, params):
    """Ask trend, changes, false_alerts or bursts of these records."""
    panel = sentiment.panel(feedback, classified, calendar=calendar, params=params)
    more = (feedback,) if question is sentiment.bursts else ()
    return question(panel, classified, *more, params=params)
