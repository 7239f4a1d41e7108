"""The registry: what a run of topics hands to the next one, as plain text files.

Bounded: only texts that the model was fitted on are listed (a hash and a sub-topic each), and a
dozen anchor texts a sub-topic stand for its centre, because vectors are fitted anew by every run
and cannot be compared across them.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.events import TopicEvents, event_frame, event_rows, statuses
from insights.errors import DataError

if TYPE_CHECKING:
    from insights.analyses.topics.tracking import Update

__all__ = ["Registry", "digest", "record", "record_given", "text_key"]

FORMAT = 1
_ABOUT = {"run": int, "next_topic": int, "settings": str, "data": str}
LISTED = 100_000  # texts listed at most, those with the lowest hash
_ANCHORS = 12  # texts a sub-topic that stand for its centre
_ANCHOR_LENGTH = 300  # characters of each
_RENAMED = 0.6  # share of a label's records under another label from which it went over into it
_FILES = {
    "topics.csv": ("topic_id", "kind", "label", "keywords", "n", "first_seen", "last_seen",
                   "status", "matched_from", "next_part"),
    "subtopics.csv": ("part_id", "topic_id", "n"),
    "records.csv": ("key", "part_id", "founding"),
    "anchors.csv": ("part_id", "text"),
    "events.csv": ("run", "level", "event", "topic_id", "other_id", "label", "n_before", "n_now",
                   "shared", "jaccard", "cosine", "n_moved", "founding_share", "separation",
                   "separation_before", "comes_back", "detail"),
}  # fmt: skip
_WHOLE = dict.fromkeys(
    ("n", "next_part", "founding", "run", "n_before", "n_now", "shared", "n_moved"), "int64"
)
_REAL = ("jaccard", "cosine", "founding_share", "separation", "separation_before", "comes_back")


def _frame(name: str, rows: Iterable[tuple] = ()) -> pd.DataFrame:
    kinds = {
        column: _WHOLE.get(column, "float64" if column in _REAL else "str")
        for column in _FILES[name]
    }
    return pd.DataFrame(list(rows), columns=list(kinds)).astype(kinds)


@dataclass(frozen=True, kw_only=True, eq=False)
class Registry:
    """Topics as the last run left them; an empty one before the first run.

    Attributes
    ----------
    run
        How many steps were taken; a rerun on the same data is none.
    next_topic
        The next unused number: those of topics that are gone are never used again.
    settings, data
        Fingerprints of the settings that shape topics, and of the texts.
    topics
        topic_id, kind (found, guided, given), label and keywords (the model's), n, first_seen,
        last_seen, status, matched_from, next_part.
    subtopics
        part_id, topic_id, n; only of topics that are not gone.
    records
        key (hash of a text), part_id ('' when unexplained), founding (1 when its topic was
        founded with it), by key.
    anchors
        part_id, text: texts near the middle of a sub-topic.
    events
        The lineage: every change ever accepted, and how the last step found what it kept.
    """

    run: int = 0
    next_topic: int = 0
    settings: str = ""
    data: str = ""
    topics: pd.DataFrame = field(default_factory=lambda: _frame("topics.csv"))
    subtopics: pd.DataFrame = field(default_factory=lambda: _frame("subtopics.csv"))
    records: pd.DataFrame = field(default_factory=lambda: _frame("records.csv"))
    anchors: pd.DataFrame = field(default_factory=lambda: _frame("anchors.csv"))
    events: pd.DataFrame = field(default_factory=lambda: _frame("events.csv"))

    @property
    def empty(self) -> bool:
        """Whether no run left anything."""
        return self.run == 0

    @property
    def known(self) -> dict[str, str]:
        """Status of every topic there ever was; of those that people asked for, 'guided'."""
        return {
            row.topic_id: "guided" if row.kind == "guided" else row.status
            for row in self.topics.itertuples()
        }

    @property
    def last_events(self) -> pd.DataFrame:
        """Events of the last step."""
        return self.events[self.events["run"] == self.run].reset_index(drop=True)

    def lineage(self, events: pd.DataFrame) -> pd.DataFrame:
        """Every change ever accepted, and how the given step found what it kept."""
        changes = self.events[self.events["event"] != "kept"]
        return pd.concat([changes, events], ignore_index=True)

    def files(self) -> dict[str, str]:
        """Return the content of every file by its name; the same registry, the same bytes."""
        about = {"format": FORMAT, **{name: getattr(self, name) for name in _ABOUT}}
        found = {"registry.json": json.dumps(about, indent=1, sort_keys=True) + "\n"}
        for name, columns in _FILES.items():
            frame = getattr(self, name.removesuffix(".csv"))
            found[name] = frame[list(columns)].to_csv(
                index=False, float_format="%.4f", lineterminator="\n"
            )
        return found

    @classmethod
    def of(cls, files: Mapping[str, str]) -> Registry:
        """Read what `files` returned; no file at all is an empty registry.

        Raises
        ------
        DataError
            A file is missing, is no CSV, or lacks a column: says which, and what to do.
        """
        if not files:
            return cls()
        advice = (
            "Restore topics.registry from the last run's folder (topics/state/after), or remove "
            "it to begin anew with topics numbered from 0."
        )
        missing = sorted({"registry.json", *_FILES} - set(files))
        if missing:
            raise DataError(f"topics.registry: {', '.join(missing)} is missing. {advice}")
        try:
            about = json.loads(files["registry.json"])
            frames = {name: _read(name, files[name]) for name in _FILES}
            if about["format"] != FORMAT:
                raise ValueError(f"registry.json: format {about['format']}, readable is {FORMAT}")
            values = {name: kind(about[name]) for name, kind in _ABOUT.items()}
            return cls(**values, **{name.removesuffix(".csv"): frames[name] for name in _FILES})
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"topics.registry: {error}. {advice}") from None


def _read(name: str, text: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except pd.errors.ParserError as error:
        raise ValueError(f"{name}: {error}") from None
    lacking = [column for column in _FILES[name] if column not in frame]
    if lacking:
        raise ValueError(f"{name}: the column {', '.join(lacking)} is missing")
    for column, kind in _frame(name).dtypes.items():
        if kind != "str":
            frame[column] = pd.to_numeric(frame[column]).astype(kind)
    return frame[list(_FILES[name])]


def text_key(text: str) -> str:
    """Return the hash under which a text is listed: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest(items: Sequence[str]) -> str:
    """Return one hash of many items, whatever their order."""
    return hashlib.sha256("\n".join(sorted(items)).encode()).hexdigest()[:16]


def record(
    update: Update,
    last: Registry,
    codebook: Codebook,
    table: pd.DataFrame,
    *,
    texts: Sequence[str],
    vectors: np.ndarray,
    holds: Callable[[str, str], bool],
    excluded: int = 0,
) -> tuple[pd.DataFrame, TopicEvents]:
    """Say what became of each topic, and what the next run starts from.

    Parameters
    ----------
    update
        With a name for every topic and sub-topic of `decided`.
    table
        Contract table `topics` with the model's labels, and columns first_seen and last_seen.
    texts, vectors
        The fitted texts and their vectors, shape (n, d).
    holds
        Whether the records of a topic, by id, hold a label.
    excluded
        How many records the codebook left out.
    """
    was, names = last.topics.set_index("topic_id"), update.decided.topic_ids
    same, guided = update.mode == "same", codebook.book.guided
    status, origin = was["status"].to_dict(), was["matched_from"].to_dict()
    if not same:
        status, origin = statuses(update, names)
        status |= {guide: "kept" for guide in guided if guide in was.index}
    standing = {name for name in was.index if same or status.get(name) == "kept"}
    table = _with_old_labels(table, was.loc[was.index.isin(standing)], holds)
    rows = _topic_rows(table, was, names, status, origin)
    rows["kind"] = np.where(rows["topic_id"].isin(list(guided)), "guided", "found")
    if same:  # no step is taken; only the codebook may have changed
        events, registry = last.last_events, replace(last, topics=_topics(last, rows, []))
    else:
        sizes = (frame["n"].to_dict() for frame in (table.set_index("topic_id"), was))
        found = names[: len(update.found.topic_ids)]
        events = event_frame(event_rows(update, found, *sizes), last, rows)
        registry = _next(update, last, rows, events, texts, vectors)
    return _outcome(
        table, rows, status, origin, codebook,
        run=registry.run, mode=update.mode, events=events, registry=registry, excluded=excluded,
        known=int((update.before.parts >= -1).sum()), moved=update.moved,
    )  # fmt: skip


def record_given(
    documents: pd.DataFrame,
    last: Registry,
    codebook: Codebook,
    table: pd.DataFrame,
    *,
    settings: str,
    excluded: int = 0,
) -> tuple[pd.DataFrame, TopicEvents]:
    """Say what became of labels that people give: by the records that carry them.

    A label that is gone was merged into the one that holds at least .6 of its records now; a new
    label was split off, or is another's new name, when at least .6 of its known records carried
    that one before. Records are known by their feedback_id.

    Parameters
    ----------
    documents, table
        Contract tables `doc_topics` and `topics`.
    settings, excluded
        Fingerprint of the settings that shape topics; records that the codebook left out.
    """
    was = last.topics.set_index("topic_id")
    part = documents["topic_id"].where(documents["topic_id"] != "-1", "")
    keys = pd.DataFrame({"key": documents["feedback_id"].map(text_key), "part_id": part})
    keys = keys.assign(founding=1).sort_values("key", ignore_index=True)
    data = digest([f"{row.key} {row.part_id}" for row in keys.itertuples()])
    both = keys.merge(last.records[["key", "part_id"]], on="key", suffixes=("", "_then"))
    standing = was[~was["status"].isin(["gone", "merged"])]
    flow = pd.crosstab(both["part_id_then"], both["part_id"])
    status, origin, found = _given_flow(flow, table, standing, was.index)
    if same := not last.empty and (last.data, last.settings) == (data, settings):
        status, origin = was["status"].to_dict(), was["matched_from"].to_dict()
    rows = _topic_rows(table, was, standing.index, status, origin).assign(kind="given")
    events, registry = last.last_events, last
    if not same:
        events = event_frame(found, last, rows)
        others = ~last.topics["topic_id"].isin(rows["topic_id"])
        topics = pd.concat([rows.assign(next_part=0), last.topics[others]])
        registry = Registry(
            run=last.run + 1, next_topic=last.next_topic, settings=settings, data=data,
            topics=topics.sort_values("topic_id", ignore_index=True),
            records=keys.head(LISTED), events=last.lineage(events),
        )  # fmt: skip
    return _outcome(
        table, rows, status, origin, codebook,
        run=registry.run, mode="given", events=events, registry=registry, excluded=excluded,
    )  # fmt: skip


def _given_flow(flow, table, standing, ever) -> tuple[dict[str, str], dict[str, str], list[dict]]:
    """Read off where the records of each label went, and where those of new ones came from."""
    n = dict(zip(table["topic_id"], table["n"], strict=True))
    status, origin, events = {}, {}, []
    for name in standing.index:
        out = flow.loc[name] if name in flow.index else pd.Series(dtype=int)
        into = _most(out, name)
        event = "kept" if name in n else "merged" if into in ever else "gone"
        status[name], origin[name] = event, name if event == "kept" else ""
        if event == "merged":
            status[into], origin[into] = "merged", f"{into}, {name}"
        shared = int(out.get(name, 0))
        events.append(
            {"event": event, "topic_id": name, "n_before": standing.at[name, "n"],
             "n_now": n.get(name, 0), "shared": shared,
             "other_id": into if event == "merged" else "", "n_moved": int(out.sum()) - shared}
        )  # fmt: skip
    for name in table.loc[~table["topic_id"].isin(standing.index), "topic_id"]:
        came = flow[name] if name in flow else pd.Series(dtype=int)
        source = _most(came, name)
        status[name], origin[name] = "split" if source in n else "new", source
        events.append({"event": status[name], "topic_id": name, "n_now": n[name],
                       "n_moved": int(came.sum()), "other_id": source})  # fmt: skip
    return status, origin, events


def _most(records: pd.Series, name: str) -> str:
    """Return the other label that at least .6 of the records carry, or nothing."""
    total = records.sum()
    other = str(records.idxmax()) if total else name
    return other if other != name and records.max() / total >= _RENAMED else ""


def _outcome(
    table: pd.DataFrame,
    rows: pd.DataFrame,
    status: Mapping[str, str],
    origin: Mapping[str, str],
    codebook: Codebook,
    **about: Any,
) -> tuple[pd.DataFrame, TopicEvents]:
    """Contract tables of the topics that are there and of those that ended, in people's words."""
    ended = rows[(rows["n"] == 0) & ~rows["topic_id"].isin(table["topic_id"])]
    ended = ended.assign(language_share="", share=0.0, low=0.0, high=0.0)
    columns = [name for name in table.columns if name not in ("first_seen", "last_seen")]
    tables = []
    for frame in (table, ended):
        names = frame["topic_id"]
        frame = frame.assign(
            label=[codebook.label(name) or label
                   for name, label in zip(names, frame["label"], strict=True)],
            status=["merged" if name in codebook.merges else status.get(name, "new")
                    for name in names],
            matched_from=pd.array([origin.get(name) or pd.NA for name in names], "string"),
        )  # fmt: skip
        owners = pd.Series([codebook.owner(name) for name in names], dtype="str")
        tables.append(frame.reindex(columns=columns).reset_index(drop=True).assign(owner=owners))
    topics, ended = tables
    return topics, TopicEvents(n=int(topics["n"].sum()), codebook=codebook, ended=ended, **about)


def _with_old_labels(
    table: pd.DataFrame, was: pd.DataFrame, holds: Callable[[str, str], bool]
) -> pd.DataFrame:
    """Keep the last run's label of a topic while half of its keywords are still the same.

    And while its records hold it, or do not hold the new one either.
    """
    labels = dict(zip(table["topic_id"], table["label"], strict=True))
    for row in table[table["topic_id"].isin(was.index)].itertuples():
        old = was.loc[row.topic_id]
        words = set(old["keywords"].split(", "))
        same = 2 * len(words & set(row.keywords.split(", "))) >= len(words)
        if same and (holds(row.topic_id, old["label"]) or not holds(row.topic_id, row.label)):
            labels[row.topic_id] = old["label"]
    return table.assign(label=list(labels.values()))


def _topic_rows(
    table: pd.DataFrame,
    was: pd.DataFrame,
    names: Iterable[str],
    status: Mapping[str, str],
    origin: Mapping[str, str],
) -> pd.DataFrame:
    """Return the registry's row of every topic that is there, or was until now."""
    there = table.set_index("topic_id")
    rows = []
    for name in dict.fromkeys([*table["topic_id"], *names]):
        sources = [frame.loc[name] for frame in (there, was) if name in frame.index]
        if not sources:  # asked for, and no record was drawn to it
            continue
        days = [source["first_seen"] for source in sources if source["first_seen"]]
        rows.append(
            {
                "topic_id": name,
                "kind": "",
                "label": sources[0]["label"],
                "keywords": sources[0]["keywords"],
                "n": int(there.at[name, "n"]) if name in there.index else 0,
                "first_seen": min(days, default=""),
                "last_seen": sources[0]["last_seen"],
                "status": status.get(name, "new"),
                "matched_from": origin.get(name, ""),
            }
        )
    return pd.DataFrame(rows, columns=list(_FILES["topics.csv"][:-1]))


def _topics(last: Registry, rows: pd.DataFrame, part_ids: Sequence[str]) -> pd.DataFrame:
    """Rows of all topics there ever were, with the next unused number of a sub-topic."""
    others = ~last.topics["topic_id"].isin(rows["topic_id"])
    whole = pd.concat([rows, last.topics[others]], ignore_index=True)
    following = dict(zip(last.topics["topic_id"], last.topics["next_part"], strict=True))
    for name in part_ids:
        topic, number = name.rsplit(".", 1)
        following[topic] = max(int(following.get(topic, 0)), int(number) + 1)
    whole["next_part"] = [int(following.get(name, 0)) for name in whole["topic_id"]]
    return _sorted(whole[list(last.topics.columns)], "topic_id")


def _next(
    update: Update,
    last: Registry,
    rows: pd.DataFrame,
    events: pd.DataFrame,
    texts: Sequence[str],
    vectors: np.ndarray,
) -> Registry:
    """Return what the next run starts from; `rows` has the columns of topics but next_part."""
    found, names = update.found, update.decided.part_ids
    size = np.bincount(found.parts[found.parts >= 0], minlength=len(names))
    alive = [k for k, topic in enumerate(found.topic_of) if topic >= 0 and names[k]]
    subtopics = [(names[k], names[k].rsplit(".", 1)[0], int(size[k])) for k in alive]
    parts = (names[k] if k >= 0 else "" for k in found.parts)
    records = _frame("records.csv", zip(map(text_key, texts), parts, update.founding, strict=True))
    records = records.drop_duplicates("key").sort_values("key", ignore_index=True)
    anchors = []
    for k in np.unique(found.parts[found.parts >= 0]):
        inside = np.flatnonzero(found.parts == k)
        near = np.argsort(-(vectors[inside] @ vectors[inside].mean(axis=0)), kind="stable")
        anchors += [(names[k], texts[i][:_ANCHOR_LENGTH]) for i in inside[near[:_ANCHORS]]]
    topics = _topics(last, rows, [names[k] for k in alive])
    numbers = [int(name) + 1 for name in topics["topic_id"] if str(name).isdigit()]
    return Registry(
        run=last.run + 1,
        next_topic=max([last.next_topic, *numbers]),
        settings=update.settings,
        data=update.data,
        topics=topics,
        subtopics=_sorted(_frame("subtopics.csv", subtopics), "part_id"),
        records=records.head(LISTED),
        anchors=_sorted(_frame("anchors.csv", anchors), "part_id", "text"),
        events=last.lineage(events),
    )


def _sorted(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Sort by an id, in which 10 comes after 2, and by further columns."""

    def natural(name: str) -> tuple:
        return tuple(
            (0, int(word), "") if word.isdigit() else (1, 0, word) for word in name.split(".")
        )

    def key(column: pd.Series) -> pd.Series:
        return column.map(natural) if column.name == columns[0] else column

    return frame.sort_values(list(columns), key=key, ignore_index=True)
