"""Names, statuses and events of a run's topics, and the registry that it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from insights.analyses.topics.codebook import Codebook
from insights.analyses.topics.continuity import Continuity, Held
from insights.analyses.topics.identity import Before
from insights.analyses.topics.lineage import Change
from insights.analyses.topics.registry import Registry, text_key

__all__ = [
    "LISTED",
    "Succession",
    "part_names",
    "registry_rows",
    "shown",
    "succeed",
    "topic_names",
    "typed",
]

_ANCHORS = 12  # texts a sub-topic that stand for its centre
_ANCHOR_LENGTH = 300  # characters of each
LISTED = 100_000  # texts listed at most, those with the lowest hash


@dataclass(frozen=True, eq=False)
class Succession:
    """What a run makes of the topics of the last one.

    Attributes
    ----------
    topics
        Contract table `topics` of the topics that have a record.
    ended
        The same of topics that this step ended, or that the codebook counts as others; n is 0.
    events
        One row a topic that was kept, and one a change; columns of the registry's events.
    registry
        For the next run.
    """

    topics: pd.DataFrame
    ended: pd.DataFrame
    events: pd.DataFrame
    registry: Registry


def succeed(
    identity: Continuity, held: Held, table: pd.DataFrame, *,
    names: Sequence[str], parts: Sequence[str], texts: Sequence[str], vectors: np.ndarray,
    data: str, true: Callable[[str, str], bool],
) -> Succession:  # fmt: skip
    """Say what became of each topic, and write the registry for the next run.

    Parameters
    ----------
    table
        Contract table `topics` with the model's labels, and columns first_seen and last_seen.
    names, parts
        Id of every topic and sub-topic of `held`.
    texts, vectors
        The fitted texts and their vectors, shape (n, d).
    true
        Whether the records of a topic, by id, hold a label.
    """
    before, codebook = identity.registry, identity.codebook
    was = before.topics.set_index("topic_id")
    if held.mode == "same":
        status, origin = was["status"].to_dict(), was["matched_from"].to_dict()
    else:
        status, origin = statuses(held, names)
        status |= {guide: "kept" for guide in codebook.book.guided if guide in was.index}
    table = _with_labels(table, was, status, same=held.mode == "same", true=true)
    rows = registry_rows(table, was, names, status=status, origin=origin, codebook=codebook)
    n = dict(zip(table["topic_id"], table["n"], strict=True))
    if held.mode == "same":
        events = before.events[before.events["run"] == before.run].reset_index(drop=True)
    else:
        labels = dict(zip(rows["topic_id"], rows["label"], strict=True))
        found = [name for name in names if name not in codebook.book.guided]
        events = event_rows(held, found, parts, n=n, before=before, labels=labels)
    registry = next_registry(
        before, held, rows, parts=parts, records=listed_records(texts, held, parts),
        anchors=anchors(texts, vectors, held, parts), events=events,
        settings=identity.settings, data=data,
    )  # fmt: skip
    if held.mode == "same":  # no step was taken; only the codebook may have changed
        registry = replace(before, topics=registry.topics)
    ended = rows[(rows["n"] == 0) & ~rows["topic_id"].isin(table["topic_id"])]
    live, ended = (
        shown(frame, table, codebook=codebook, status=status, origin=origin)
        for frame in (table, ended)
    )
    return Succession(live, ended, events, registry)


def _with_labels(
    table: pd.DataFrame,
    was: pd.DataFrame,
    status: Mapping[str, str],
    *,
    same: bool,
    true: Callable[[str, str], bool],
) -> pd.DataFrame:
    """Keep the last run's label of a topic while half of its keywords are still the same.

    And while its records hold it, or do not hold the new one either.
    """
    labels = []
    for row in table.itertuples():
        label = row.label
        if (same or status.get(row.topic_id) == "kept") and row.topic_id in was.index:
            then, now = (set(text.split(", ")) for text in (was.at[row.topic_id, "keywords"],
                                                            row.keywords))  # fmt: skip
            old = was.at[row.topic_id, "label"]
            holds = true(row.topic_id, old) or not true(row.topic_id, label)
            if 2 * len(then & now) >= len(then) and holds:
                label = old
        labels.append(label)
    return table.assign(label=labels)


def registry_rows(
    table: pd.DataFrame, was: pd.DataFrame, names: Sequence[str], *,
    status: Mapping[str, str], origin: Mapping[str, str], codebook: Codebook,
) -> pd.DataFrame:  # fmt: skip
    """Return the registry's row of every topic that is there, or was until now."""
    there = table.set_index("topic_id")
    rows = []
    for name in dict.fromkeys([*table["topic_id"], *names]):
        now, then = name in there.index, name in was.index
        source = there.loc[name] if now else was.loc[name] if then else None
        if source is None:
            continue  # asked for, and no record was drawn to it
        seen = [was.at[name, "first_seen"]] if then else []
        seen += [there.at[name, "first_seen"]] if now else []
        rows.append(
            {
                "topic_id": name,
                "kind": "guided" if name in codebook.book.guided else "found",
                "label": source["label"],
                "keywords": source["keywords"],
                "n": int(there.at[name, "n"]) if now else 0,
                "first_seen": min([day for day in seen if day], default=""),
                "last_seen": source["last_seen"],
                "status": status.get(name, "new"),
                "matched_from": origin.get(name, ""),
            }
        )
    columns = ["topic_id", "kind", "label", "keywords", "n", "first_seen", "last_seen",
               "status", "matched_from"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def shown(
    rows: pd.DataFrame, like: pd.DataFrame, *,
    codebook: Codebook, status: Mapping[str, str], origin: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """Turn rows into the contract's, with the columns of `like`: labels, status and origin."""
    said = [codebook.label(name) for name in rows["topic_id"]]
    rows = rows.assign(
        label=[told or label for told, label in zip(said, rows["label"], strict=True)],
        status=[
            "merged" if name in codebook.merges else status.get(name, "new")
            for name in rows["topic_id"]
        ],
        matched_from=pd.array([origin.get(name) or pd.NA for name in rows["topic_id"]], "string"),
    )
    for column, empty in (("language_share", ""), ("share", 0.0), ("low", 0.0), ("high", 0.0)):
        if column not in rows:
            rows[column] = empty
    columns = [name for name in like.columns if name not in ("first_seen", "last_seen")]
    return rows.reindex(columns=columns).reset_index(drop=True)


def topic_names(held: Held, codes: np.ndarray, order: np.ndarray, start: int) -> list[str]:
    """Return the id of every topic of `held`; those without one are numbered by size.

    Parameters
    ----------
    codes
        Number in `held` of each topic that has a text.
    order
        Those topics, largest first.
    start
        The next unused number.
    """
    names = list(held.topic_ids)
    unnamed = [int(codes[k]) for k in order if not names[codes[k]]]
    unnamed += [code for code, name in enumerate(names) if not name and code not in unnamed]
    for number, code in enumerate(unnamed, start):
        names[code] = str(number)
    return names


def part_names(held: Held | None, of: Sequence[str], size: np.ndarray) -> list[str]:
    """Return the name of every sub-topic; those without one are numbered by size in their topic.

    Parameters
    ----------
    of
        Topic id of each sub-topic, '' for one that is gone.
    size
        Records of each.
    """
    names = list(held.part_ids) if held is not None else [""] * len(of)
    following: dict[str, int] = {}
    for k in np.lexsort((np.arange(len(of)), -size)):
        if of[k] and not names[k]:
            number = following.get(of[k], 0)
            following[of[k]] = number + 1
            names[k] = f"{of[k]}.{number}"
    return names


def statuses(held: Held, names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return status and origin of every topic by id, as this step found them."""
    status, origin = {}, {}
    old = 0 if held.before is None else int(held.before.topic.max(initial=-1)) + 1
    there = set(held.auto_of.tolist())
    for code, name in enumerate(names):
        if code < old:
            status[name] = "kept" if code in there else "gone"
            origin[name] = name if code in there else ""
        else:
            status[name], origin[name] = "new", ""
    for change in () if held.step is None else held.step.changes:
        group, other = names[change.group], names[change.other] if change.other >= 0 else ""
        if change.kind == "merged":
            status[group], origin[group] = "merged", ""
            if status[other] != "gone":
                status[other] = "merged"
                origin[other] = ", ".join(dict.fromkeys([other, *origin[other].split(", "), group]))
        elif change.kind == "split":
            status[group], origin[group] = "split", other
            status[other] = "split"
        else:
            status[group] = "new"
    return status, origin


def event_rows(
    held: Held, names: Sequence[str], parts: Sequence[str], *, n: Mapping[str, int],
    before: Registry, labels: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """Return one row a topic kept or gone and one a change, with the evidence for it."""
    then = dict(zip(before.topics["topic_id"], before.topics["n"], strict=True))
    status, _ = statuses(held, names)
    rows = []
    merged = {c.group for c in held.step.changes if c.kind == "merged"} if held.step else set()
    for code, name in enumerate(names):
        known = held.before is not None and code <= held.before.topic.max(initial=-1)
        if held.before is None or not known or code in merged:
            if not known and held.mode in ("first", "refitted"):
                rows.append({"event": "new", "topic_id": name, "n_now": n.get(name, 0)})
            continue
        rows.append(
            {
                "event": "gone" if status[name] == "gone" else "kept",
                "topic_id": name,
                "n_before": then.get(name, 0),
                "n_now": n.get(name, 0),
                "cosine": held.cosine[code],
                **_overlap(held, held.before, code),
            }
        )
    for change in () if held.step is None else held.step.changes:
        rows.append(_change(change, names, n, then))
    for change in () if held.step is None else held.step.part_changes:
        rows.append({**_change(change, parts, {}, {}), "level": "sub-topic"})
    rows = [{"level": "topic", "run": before.run + 1, **row} for row in rows]
    frame = pd.DataFrame(rows).reindex(columns=before.events.columns)
    frame["label"] = [labels.get(str(name).split(".")[0], "") for name in frame["topic_id"]]
    return typed(frame, before.events.dtypes)


def typed(frame: pd.DataFrame, kinds: pd.Series) -> pd.DataFrame:
    """Fill what does not apply, give columns their types, and round to what files hold."""
    done = {}
    for column, kind in kinds.items():
        if kind == "float64":
            done[column] = pd.to_numeric(frame[column]).astype(float).round(4)
        else:
            empty = 0 if kind == "int64" else ""
            done[column] = [empty if pd.isna(value) else value for value in frame[column]]
            done[column] = pd.Series(done[column], dtype=kind)
    return pd.DataFrame(done)


def _overlap(held: Held, before: Before, code: int) -> dict[str, float]:
    was = np.append(before.topic, -1)[np.maximum(before.part, -1)]
    was = (was == code) & (before.part >= 0)
    now = (np.append(held.auto_of, -1)[held.auto] == code) & (before.part >= -1)
    both, either = int((was & now).sum()), int((was | now).sum())
    return {"shared": both, "jaccard": both / either if either else np.nan}


def _change(change: Change, names: Sequence[str], n: Mapping, then: Mapping) -> dict:
    group, other = names[change.group], names[change.other] if change.other >= 0 else ""
    return {
        "event": change.kind,
        "topic_id": group,
        "other_id": other,
        "n_before": then.get(group, 0),
        "n_now": n.get(group, 0),
        "n_moved": change.evidence.n,
        "founding_share": change.evidence.founding,
        "separation": change.evidence.separation,
        "separation_before": change.evidence.separation_before,
        "comes_back": change.evidence.comes_back,
    }


def founding(held: Held) -> np.ndarray:
    """Whether each fitted text belongs to what its topic was founded on, from now on."""
    if held.mode in ("first", "refitted") or held.before is None or held.step is None:
        return np.ones(len(held.auto), bool)
    flags = held.before.founding.copy()
    topics = np.append(held.auto_of, -1)[held.auto]
    for changes, of in ((held.step.changes, topics), (held.step.part_changes, held.auto)):
        sides = {side for change in changes for side in (change.group, change.other)} - {-1}
        flags |= np.isin(of, sorted(sides))
    return flags


def listed_records(texts: Sequence[str], held: Held, parts: Sequence[str]) -> pd.DataFrame:
    """Return the registry's records of the fitted texts, by hash."""
    frame = pd.DataFrame(
        {
            "key": [text_key(text) for text in texts],
            "part_id": [parts[k] if k >= 0 else "" for k in held.auto],
            "founding": founding(held).astype("int64"),
        }
    )
    frame = frame.drop_duplicates("key").sort_values("key", ignore_index=True)
    return frame.head(LISTED)


def anchors(
    texts: Sequence[str], vectors: np.ndarray, held: Held, parts: Sequence[str]
) -> pd.DataFrame:
    """Return the texts nearest to the middle of each sub-topic."""
    rows = []
    for k in np.unique(held.auto[held.auto >= 0]):
        mine = np.flatnonzero(held.auto == k)
        middle = vectors[mine].mean(axis=0)
        near = mine[np.argsort(-(vectors[mine] @ middle), kind="stable")[:_ANCHORS]]
        rows += [(parts[k], texts[i][:_ANCHOR_LENGTH]) for i in sorted(near)]
    return pd.DataFrame(rows, columns=["part_id", "text"], dtype="str")


def next_registry(
    before: Registry, held: Held, topics: pd.DataFrame, *,
    parts: Sequence[str], records: pd.DataFrame, anchors: pd.DataFrame, events: pd.DataFrame,
    settings: str, data: str,
) -> Registry:  # fmt: skip
    """Return what the next run starts from; on the same data, what this one started from.

    `topics` has the registry's columns but next_part, one row a topic of `held`.
    """
    alive = [k for k, topic in enumerate(held.auto_of) if topic >= 0 and parts[k]]
    names = [parts[k] for k in alive]
    size = np.bincount(held.auto[held.auto >= 0], minlength=len(parts))
    subtopics = pd.DataFrame(
        {
            "part_id": names,
            "topic_id": [name.rsplit(".", 1)[0] for name in names],
            "n": [int(size[k]) for k in alive],
        }
    ).astype({"part_id": "str", "topic_id": "str", "n": "int64"})
    ended = before.topics[~before.topics["topic_id"].isin(topics["topic_id"])]
    whole = pd.concat([topics, ended], ignore_index=True)
    following = dict(zip(before.topics["topic_id"], before.topics["next_part"], strict=True))
    for name in names:
        topic, number = name.rsplit(".", 1)
        following[topic] = max(int(following.get(topic, 0)), int(number) + 1)
    whole["next_part"] = [int(following.get(name, 0)) for name in whole["topic_id"]]
    numbers = [int(name) for name in whole["topic_id"] if str(name).isdigit()]
    changes = before.events[before.events["event"] != "kept"]
    return Registry(
        run=before.run + 1,
        next_topic=max([before.next_topic, *(number + 1 for number in numbers)]),
        settings=settings,
        data=data,
        topics=whole[list(before.topics.columns)].sort_values(
            "topic_id", key=lambda names: names.map(_natural), ignore_index=True
        ),
        subtopics=subtopics.sort_values(
            "part_id", key=lambda names: names.map(_natural), ignore_index=True
        ),
        records=records,
        anchors=anchors.sort_values(
            ["part_id", "text"],
            key=lambda column: column.map(_natural) if column.name == "part_id" else column,
            ignore_index=True,
        ),
        events=pd.concat([changes, events], ignore_index=True),
    )


def _natural(name: str) -> tuple:
    return tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in name.split("."))
