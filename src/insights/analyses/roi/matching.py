"""Which topics an initiative means, and what the churn notebook knows of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from insights.analyses.roi.retention import Pool, monthly_pools
from insights.errors import did_you_mean
from insights.messages import _, items

__all__ = ["Links", "Match", "NamedTopics", "match_topics", "topic_catalogue"]

_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Match:
    """One named topic and what was found for it; `topic_id` None: nothing, or `several`."""

    name: str
    topic_id: str | None
    label: str
    how: str
    several: bool = False


def topic_catalogue(*tables: pd.DataFrame | None) -> pd.DataFrame:
    """Every topic that the tables know, once: topic_id, label, words, in order of id."""
    rows: dict[str, dict] = {}
    for table in tables:
        for row in [] if table is None else table.to_dict("records"):
            key = str(row["topic_id"])
            keywords = row.get("keywords")
            several = isinstance(keywords, list | tuple | np.ndarray)
            words = " ".join(map(str, keywords)) if several else _text(keywords)
            label = _text(row.get("label")) or key
            found = {"topic_id": key, "label": label, "words": f"{label} {words}".lower()}
            rows.setdefault(key, found)
    columns = ["topic_id", "label", "words"]
    return pd.DataFrame([rows[key] for key in sorted(rows) if key != "-1"], columns=columns)


def match_topics(names: Sequence[str], catalogue: pd.DataFrame) -> list[Match]:
    """Match each name: by exact id, exact label, else all of its words in label or keywords.

    Case does not matter. Words in the one label that holds them beat words among keywords. Where
    several topics answer to a name, none is taken: all of them are named.
    """
    found = [_match(str(name).strip(), catalogue) for name in names if str(name).strip()]
    seen: dict[str, Match] = {}
    for match in found:  # two names of one topic are one topic
        seen.setdefault(match.topic_id or f"? {match.name}", match)
    return list(seen.values())


def _match(name: str, catalogue: pd.DataFrame) -> Match:
    low = name.lower()
    words = low.split()
    looks = {
        "id": catalogue["topic_id"].str.lower() == low,
        "label": catalogue["label"].str.lower() == low,
        "words of the label": [_holds(label.lower(), words) for label in catalogue["label"]],
        "words": [_holds(text, words) for text in catalogue["words"]],
    }
    for how, hit in looks.items():
        matches = catalogue[np.asarray(hit, bool)]
        if len(matches) == 1:
            return Match(name, matches["topic_id"].iloc[0], matches["label"].iloc[0], how)
        if len(matches):
            each = zip(matches["label"], matches["topic_id"], strict=True)
            all_of_them = items((f"'{label}' (id {topic})" for label, topic in each), 8)
            why = _(
                "'{name}' is {n} topics: {topics}", name=name, n=len(matches), topics=all_of_them
            )
            return Match(name, None, "", why, True)
    hint = did_you_mean(name, [*catalogue["label"], *catalogue["topic_id"]])
    return Match(
        name,
        None,
        "",
        _("no topic has the id, the label or the words '{name}'.{hint}", name=name, hint=hint),
    )


def _holds(text: str, words: Sequence[str]) -> bool:
    """Whether the text holds every word: whole words in Latin script, anywhere in others."""
    whole = set(_WORD.findall(text))
    return all((word in whole) if _WORD.fullmatch(word) else (word in text) for word in words)


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)


@dataclass(frozen=True)
class NamedTopics:
    """What the names of an initiative's topics lead to; `joined`: what is counted with them."""

    pools: Mapping[str, Pool]
    labels: tuple[tuple[str, str], ...] = ()
    exploratory: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    reason: str = ""  # why, of what leads nowhere
    unclear: tuple[str, ...] = ()  # names that are several topics
    owners: tuple[str, ...] = ()  # who answers for the topics, in words


@dataclass(frozen=True)
class Links:
    """What the churn notebook knows of topics."""

    catalogue: pd.DataFrame
    pool: Mapping[str, Pool | str]
    exploratory: frozenset[str]
    family: tuple[int, float]
    told: Mapping[str, tuple[str, ...]]  # of a topic: those to tell it with; () when withheld
    owners: Mapping[str, str] = field(default_factory=dict)  # of the codebook

    @classmethod
    def of(cls, churn: pd.DataFrame | None, topics: pd.DataFrame | None, months: float) -> Links:
        """Read the tables of churn and of topics; churn was observed for so many months."""
        if churn is None or churn.empty:
            return cls(pd.DataFrame(), {}, frozenset(), (0, float("nan")), {})
        pool, family = monthly_pools(churn, months)
        status = churn.get("status", pd.Series("reported", index=churn.index)).astype(str)
        shown = frozenset(churn.loc[status == "exploratory", "topic_id"].astype(str))
        return cls(
            topic_catalogue(topics, churn), pool, shown, family, _units(topics), _owners(topics)
        )

    def of_initiative(self, row: Mapping) -> NamedTopics:
        """Revenue a month of each topic that the initiative names."""
        names = named_topics(row.get("topics"))
        if not names:
            return NamedTopics({}, reason=_("it names no topic"))
        if self.catalogue.empty:
            return NamedTopics({}, reason=_("no churn notebook links its topics to money"))
        pools, joined = dict[str, Pool](), list[str]()
        reasons, unclear = list[str](), list[str]()
        names_of = dict(zip(self.catalogue["topic_id"], self.catalogue["label"], strict=True))
        for match in match_topics(names, self.catalogue):
            if match.several:
                unclear.append(match.how)
            elif match.topic_id is None:
                reasons.append(match.how)
            else:
                found = self._unit(match.topic_id, names_of)
                if isinstance(found, str):
                    reasons.append(found)
                    continue
                others = [names_of[topic] for topic in found if topic != match.topic_id]
                if others:
                    joined.append(
                        _(
                            "topic '{label}' comes back mixed with {others} when texts are drawn "
                            "anew, so that they are counted together",
                            label=match.label,
                            others=_quoted(others),
                        )
                    )
                pools |= found
        labels = tuple((topic, names_of[topic]) for topic in pools)
        shown = tuple(label for topic, label in labels if topic in self.exploratory)
        owners = [(label, self.owners[topic]) for topic, label in labels if topic in self.owners]
        return NamedTopics(
            pools,
            labels,
            shown,
            tuple(dict.fromkeys(joined)),
            _("; ").join(reasons),
            tuple(unclear),
            tuple(
                _("{owner} answers for topic '{label}'", owner=owner, label=label)
                for label, owner in owners
            ),
        )

    def _unit(self, topic: str, names: Mapping[str, str]) -> dict[str, Pool] | str:
        """Pools of a topic and of those it cannot be told from, or why nothing can be told."""
        members = self.told.get(topic, (topic,))
        if not members:
            return _(
                "topic '{label}' is withheld by the topics notebook: less than half of "
                "it comes back when texts are drawn anew",
                label=names[topic],
            )
        found = dict[str, Pool]()
        for member in members:
            label = names.get(member, member)
            pool = self.pool.get(
                member, _("the churn notebook did not test topic '{label}'", label=label)
            )
            if isinstance(pool, str):
                if member == topic:
                    return pool
                return _(
                    "topic '{label}' cannot be told from '{other}', and {reason}",
                    label=names[topic],
                    other=label,
                    reason=pool,
                )
            found[member] = pool
        return found


def _units(topics: pd.DataFrame | None) -> dict[str, tuple[str, ...]]:
    """Return the topics that each topic is told with, itself first; none when it is withheld."""
    if topics is None or not {"told", "told_with"} <= set(topics.columns):
        return {}
    units: dict[str, tuple[str, ...]] = {}
    for row in topics.to_dict("records"):
        key, others = str(row["topic_id"]), _text(row["told_with"])
        if row["told"] == "withheld":
            units[key] = ()
        elif row["told"] == "together":
            units[key] = (key, *filter(None, others.split(", ")))
    return units


def _owners(topics: pd.DataFrame | None) -> dict[str, str]:
    """Return topic id to who answers for it, of the topics that have an owner."""
    if topics is None or "owner" not in topics:
        return {}
    known = {str(row["topic_id"]): _text(row["owner"]) for row in topics.to_dict("records")}
    return {topic: owner for topic, owner in known.items() if owner}


def _quoted(labels: Sequence[str]) -> str:
    return items((_("'{label}'", label=label) for label in labels), 8)


def named_topics(value: object) -> list[str]:
    """Return the topics that an initiative names: a list, or text with ; or , between them."""
    if value is None or isinstance(value, float) or value is pd.NA:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.replace(",", ";").split(";") if part.strip()]
    return [str(part) for part in np.ravel(np.asarray(value, dtype=object))]
